import type { OtherSite } from '$lib/state/other-sites';

type Waiting = Pick<OtherSite, 'siteName' | 'unsent'>;

/** One number of changes, as a title's beginning: "One change", "3 changes". */
export function changesWords(count: number): string {
  return count === 1 ? 'One change' : `${count} changes`;
}

/** What waits for a building that is not the open one: staying signed in alone does not send it. */
export function elsewhereWords({ siteName, unsent }: Waiting): string {
  const where = siteName === undefined ? 'another of your buildings' : siteName;
  const [verb, they] = unsent === 1 ? ['waits', 'It is'] : ['wait', 'They are'];
  return `${changesWords(unsent)} ${verb} for ${where}. ${they} sent only while that building is open.`;
}

/** B5: what was lost of a building that was not the open one. */
export function lostElsewhereWords({ siteName, unsent }: Waiting): string {
  return `${changesWords(unsent)} at ${siteName ?? 'another of your buildings'}`;
}
