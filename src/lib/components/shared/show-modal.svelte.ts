import type { Attachment } from 'svelte/attachments';

interface ModalOptions {
  /** Whether a click beside what the dialog holds closes it; not where it fills the screen, and has no scrim. */
  readonly closesByScrim?: boolean;
  /** Whether what the person did, by an event's time (performance.now, ms), may close it. */
  readonly mayClose?: (at: number) => boolean;
}

/**
 * Ties a `<dialog>` to a flag: shows it modally while `isOpen()`, closes it otherwise, and calls `onClosed` when the
 * browser closed it (Escape, the back gesture, a click on the scrim). The focus goes back to what had it before, also
 * when the browser's own return fails because the dialog left the document while open.
 */
export function showModal(
  isOpen: () => boolean,
  onClosed: () => void,
  { closesByScrim = true, mayClose = () => true }: ModalOptions = {},
): Attachment<HTMLDialogElement> {
  return (dialog) => {
    let opener: HTMLElement | null = null;

    $effect(() => {
      if (isOpen() && !dialog.open) {
        opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
        dialog.showModal();
      } else if (!isOpen() && dialog.open) {
        dialog.close();
      }
    });

    const cancelled = (event: Event): void => {
      if (!mayClose(event.timeStamp)) event.preventDefault();
    };
    const closed = (event: Event): void => {
      // Browsers let nobody hold a dialog open against the second Escape.
      if (isOpen() && !mayClose(event.timeStamp)) {
        dialog.showModal();
        return;
      }
      if (isOpen()) onClosed();
      opener?.focus();
      opener = null;
    };
    // The dialog has no padding of its own, so a click that hits the dialog itself hit the scrim.
    const clicked = (event: MouseEvent): void => {
      if (closesByScrim && event.target === dialog) dialog.close();
    };
    dialog.addEventListener('cancel', cancelled);
    dialog.addEventListener('close', closed);
    dialog.addEventListener('click', clicked);
    return () => {
      dialog.removeEventListener('cancel', cancelled);
      dialog.removeEventListener('close', closed);
      dialog.removeEventListener('click', clicked);
      opener?.focus();
    };
  };
}
