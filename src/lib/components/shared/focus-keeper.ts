import { tick } from 'svelte';

/**
 * For what goes when a button in it is pressed: the focus goes on to the heading of the page, or of the dialog it was in, where it
 * would fall to the body and a keyboard begin again at the top bar. Not where something else has taken it by then.
 */
export function focusKeeper(element: HTMLElement): () => void {
  const dialog = element.closest('dialog');
  let holds = false;
  const takes = (): void => void (holds = true);
  // Also fired, without a next one, for what is taken out of the document while it has the focus.
  const loses = ({ relatedTarget }: FocusEvent): void => void (holds = relatedTarget === null);
  element.addEventListener('focusin', takes);
  element.addEventListener('focusout', loses);
  return () => {
    element.removeEventListener('focusin', takes);
    element.removeEventListener('focusout', loses);
    if (holds) void tick().then(() => focusHeading(dialog));
  };
}

/** Puts the focus on the heading of the page, or of this dialog while it is open; not where something has it. */
export function focusHeading(dialog: HTMLDialogElement | null = null): void {
  const { activeElement, body } = document;
  if (activeElement !== null && activeElement !== body) return;
  const heading = dialog?.open ? dialog.querySelector('h2') : document.querySelector('main h1');
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
