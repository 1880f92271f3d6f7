/* As the card of an offer and the list are on a phone (rem), between them the gap of the screens that hold them. */
const OFFER = 21.5;
const HEAD = 3.25;
const ROW = 4.25;
const GAP = 1.5;

/** E8: about how high (rem) the places in line stand on a phone, for what keeps their room until they are there. */
export function waitingRoom({
  entries,
  served,
}: {
  readonly entries: readonly { readonly offer: object | null }[];
  readonly served: number;
}): number {
  const offers = entries.filter(({ offer }) => offer !== null).length;
  const rows = entries.length - offers + served;
  const parts = [...Array<number>(offers).fill(OFFER), ...(rows > 0 ? [HEAD + rows * ROW] : [])];
  return parts.reduce((sum, part) => sum + part, 0) + GAP * Math.max(0, parts.length - 1);
}
