import { tick } from 'svelte';

/**
 * Puts the focus on the first field of `form` that is marked as wrong, once the screen has marked it. A group of choices is marked by
 * `data-invalid` on what surrounds them, a single field by `aria-invalid`. Nothing happens where nothing is wrong.
 */
export async function focusInvalid(form: HTMLElement | null | undefined): Promise<void> {
  // What was just found wrong is marked by the next render only.
  await tick();
  form?.querySelector<HTMLElement>('[aria-invalid=true], [data-invalid] :is(input, select, button)')?.focus();
}
