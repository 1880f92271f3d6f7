import type { Attachment } from 'svelte/attachments';

/**
 * Ties a `<dialog>` to a flag: shows it modally while `isOpen()`, closes it otherwise, and calls `onClosed` when the
 * browser closed it (Escape, the back gesture, a click on the scrim). The focus goes back to what had it before, also
 * when the browser's own return fails because the dialog left the document while open.
 */
export function showModal(isOpen: () => boolean, onClosed: () => void): Attachment<HTMLDialogElement> {
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

    const closed = (): void => {
      if (isOpen()) onClosed();
      opener?.focus();
      opener = null;
    };
    // The dialog has no padding of its own, so a click that hits the dialog itself hit the scrim.
    const clicked = (event: MouseEvent): void => {
      if (event.target === dialog) dialog.close();
    };
    dialog.addEventListener('close', closed);
    dialog.addEventListener('click', clicked);
    return () => {
      dialog.removeEventListener('close', closed);
      dialog.removeEventListener('click', clicked);
      opener?.focus();
    };
  };
}
