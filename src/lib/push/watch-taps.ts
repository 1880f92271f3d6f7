import { pathOfTap } from './tapped-notification';

/**
 * Goes where a tapped notification leads, unless something on screen would be lost; the worker then opens another window.
 * Returns what ends it.
 */
export function watchTaps(go: (path: string) => void): () => void {
  // Typed as always there; it is not where storage is blocked.
  const serviceWorker = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const onMessage = ({ data, ports }: MessageEvent): void => {
    const path = pathOfTap(data, Date.now());
    if (path === null) return;
    const goes = !isHeld();
    ports[0]?.postMessage(goes);
    if (goes) go(path);
  };
  serviceWorker?.addEventListener('message', onMessage);
  return () => serviceWorker?.removeEventListener('message', onMessage);
}

/** Whether what is on screen should stay: an open dialog, codes shown once, what is typed and not saved, and the gate, where a car waits. */
function isHeld(): boolean {
  const isGate = location.pathname.startsWith('/gate');
  return isGate || document.querySelector('dialog[open], [data-shown-once], [data-unsaved]') !== null;
}
