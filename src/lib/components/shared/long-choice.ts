/** One thing to choose. */
export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** So many a select holds: one of 10,000 takes seconds to draw. */
export const MOST_CHOICES = 50;

/**
 * What of a long list a select holds: at most `MOST_CHOICES` that have `text` in their label, those that begin with it first, each in
 * the list's order; and the chosen one, whatever is typed.
 */
export function choicesShown(
  choices: readonly Choice[],
  { text, chosen }: { readonly text: string; readonly chosen: string },
): Choice[] {
  const wanted = text.trim().toLowerCase();
  const [first, further]: [Choice[], Choice[]] = [[], []];
  for (const choice of choices) {
    const at = choice.label.toLowerCase().indexOf(wanted);
    if (at === 0) first.push(choice);
    else if (at > 0 && further.length < MOST_CHOICES) further.push(choice);
    if (first.length === MOST_CHOICES) break;
  }
  const shown = [...first, ...further].slice(0, MOST_CHOICES);
  if (chosen === '' || shown.some(({ id }) => id === chosen)) return shown;
  const other = choices.find(({ id }) => id === chosen);
  return other ? [other, ...shown] : shown;
}
