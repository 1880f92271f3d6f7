/** Chromium's event, which TypeScript's DOM does not know: https://developer.mozilla.org/docs/Web/API/BeforeInstallPromptEvent */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

export type InstallPlatform = 'ios' | 'android' | 'desktop';

/**
 * Keeps the browser's offer to install the app until the person asks for it. The offer comes once, soon after the
 * page loads, so `watch` has to be called at the start, on whatever screen that is.
 */
class InstallPrompt {
  #offer = $state.raw<BeforeInstallPromptEvent | null>(null);
  #installed = $state(false);

  /** The browser can install the app right now, with one question. */
  get offered(): boolean {
    return this.#offer !== null;
  }

  /** The app runs from the home screen, or was installed since the page loaded. */
  get installed(): boolean {
    return this.#installed;
  }

  /** Starts listening; returns what stops it. */
  watch(): () => void {
    const standalone = window.matchMedia('(display-mode: standalone)');
    this.#installed =
      standalone.matches || (navigator as Navigator & { standalone?: boolean }).standalone === true;

    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener(
      'beforeinstallprompt',
      (event) => {
        event.preventDefault();
        this.#offer = event as BeforeInstallPromptEvent;
      },
      { signal },
    );
    window.addEventListener(
      'appinstalled',
      () => {
        this.#offer = null;
        this.#installed = true;
      },
      { signal },
    );
    standalone.addEventListener('change', () => (this.#installed = standalone.matches), { signal });
    return () => listening.abort();
  }

  /** Asks the browser's question. An offer can be used once; after a "no" the browser may make another. */
  async install(): Promise<void> {
    const offer = this.#offer;
    this.#offer = null;
    await offer?.prompt();
  }
}

export const installPrompt = new InstallPrompt();

/** Whose steps to show for installing by hand. An iPad says it is a Mac, but a Mac has no touch screen. */
export function installPlatform(userAgent: string, maxTouchPoints: number): InstallPlatform {
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'ios';
  if (/Macintosh/.test(userAgent) && maxTouchPoints > 1) return 'ios';
  return /Android/.test(userAgent) ? 'android' : 'desktop';
}
