/** What the person chose for this device; `system` follows the device's own setting. */
export type Theme = 'system' | 'light' | 'dark';

// The key and the colours are also in static/theme.js, which runs before the first paint.
const key = 'undercroft-theme';
const groundColours = { light: '#f5f2ec', dark: '#121413' } as const;

/** The chosen theme; `system` where nothing was chosen or storage is blocked. */
export function chosenTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

/** Shows the theme at once and remembers it on this device where storage allows. */
export function chooseTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;

  // The browser's own bars; each of the two metas serves one system setting.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const system = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = groundColours[theme === 'system' ? system : theme];
  }

  try {
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: the choice lasts until the app is closed.
  }
}
