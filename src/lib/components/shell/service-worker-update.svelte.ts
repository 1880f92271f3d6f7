import { dev } from '$app/environment';
import type { Workbox } from 'workbox-window';

const checkEvery = 60 * 60 * 1000; // ms
const reloadedKey = 'undercroft-reloaded-at';
const reloadAtMostEvery = 30 * 1000; // ms

/**
 * Registers the service worker and knows when a newer version of the app has been fetched and waits. The newer one
 * takes over only when the person agrees (`accept`), and then the page is loaded anew with it.
 */
class ServiceWorkerUpdate {
  #waiting = $state(false);
  #workbox: Workbox | null = null;
  #accepted = false;

  /** A newer version lies ready on this device. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Registers the worker and keeps looking for updates: hourly, and when the app comes back to the front. */
  async watch(): Promise<void> {
    if (dev || !('serviceWorker' in navigator)) return;
    window.addEventListener('vite:preloadError', reloadOnce);

    const { Workbox } = await import('workbox-window');
    const workbox = new Workbox('/service-worker.js');
    this.#workbox = workbox;
    workbox.addEventListener('waiting', () => (this.#waiting = true));
    // Fires on the very first installation too; then nothing has changed and nothing must be reloaded.
    workbox.addEventListener('controlling', () => {
      if (this.#accepted) location.reload();
    });
    // Where it cannot be registered (storage blocked, signal lost just now) the app still runs; the next start tries again.
    const registered = await workbox.register().then(
      () => true,
      () => false,
    );
    if (!registered) return;

    const check = (): void => {
      // A failed check means no signal or no server: the next one will do.
      if (document.visibilityState === 'visible') workbox.update().catch(() => undefined);
    };
    setInterval(check, checkEvery);
    document.addEventListener('visibilitychange', check);
  }

  /** Lets the waiting version take over and loads the page with it. */
  async accept(): Promise<void> {
    this.#accepted = true;
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration?.waiting) this.#workbox?.messageSkipWaiting();
    else location.reload(); // Another tab was faster, or the server alone asked for the update.
  }
}

/**
 * A part of the app could not be loaded: another tab has put a newer version in place and the old parts are gone. The
 * newer shell brings its own; what is waiting to be sent is in IndexedDB. Not in a loop when the part is missing for good.
 */
function reloadOnce(event: Event): void {
  const reloadedAt = Number(sessionStorage.getItem(reloadedKey) ?? 0);
  if (Date.now() - reloadedAt < reloadAtMostEvery) return;
  event.preventDefault();
  sessionStorage.setItem(reloadedKey, String(Date.now()));
  location.reload();
}

export const serviceWorkerUpdate = new ServiceWorkerUpdate();
