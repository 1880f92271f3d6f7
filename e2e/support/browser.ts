/**
 * Playwright 1.65's own, said again since Chromium heeds the last list alone, and then what an unseen address bar would draw for
 * itself at each start: 0.5 s of processor time a phone.
 */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'PreloadTopChromeWebUI',
];

/** Of every browser under test; what a camera needs comes on top. */
export const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  `--disable-features=${DISABLED_FEATURES.join(',')}`,
];

/** The Chromium that scripts/test.mjs has found; without it Playwright's own. */
export function browserPath(): { executablePath?: string } {
  const executablePath = process.env['CHROMIUM_PATH'];
  return executablePath === undefined ? {} : { executablePath };
}
