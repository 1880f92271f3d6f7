import { invitationBounds } from '#shared/protocol/invitation';

/** How long an invitation may last, for a person to choose; days. */
export const lifetimes = [
  { value: 1, label: '1 day' },
  { value: 7, label: '1 week' },
  { value: 14, label: '2 weeks' },
  { value: 30, label: '30 days' },
  { value: 90, label: '90 days' },
] as const;

/** The flats of a sheet, one a line; blanks around them, empty lines and those that came before are left out. */
export function flatsOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}

/** What is wrong with the flats of a sheet, and how to mend it; undefined when nothing is. */
export function problemInFlats(flats: readonly string[]): string | undefined {
  if (flats.length < invitationBounds.codes.min) return 'Write at least one flat.';
  if (flats.length > invitationBounds.codes.max)
    return `A sheet has at most ${invitationBounds.codes.max} codes. Make several.`;
  return flats.some((flat) => flat.length > 80) ? 'A flat has at most 80 characters.' : undefined;
}
