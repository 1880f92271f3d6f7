import type { Slot } from './entities';
import { normalize, overlaps, subtract, type TimeRange } from './time-range';

/** What availability needs to know of a slot. */
export type Lendable = Pick<Slot, 'ownerId' | 'lent'>;

/** C4: the parts of `window` in which the slot is on offer and not busy, in order. `busy` need not be sorted. */
export function freeRanges(slot: Lendable, busy: readonly TimeRange[], window: TimeRange): TimeRange[] {
  const offered = slot.ownerId === null ? [window] : slot.lent.flatMap((range) => clip(range, window));
  return busy.reduce((free, taken) => subtract(free, taken), normalize(offered));
}

/** A3: whether the slot is on offer and not busy for all of `window`. */
export function isFree(slot: Lendable, busy: readonly TimeRange[], window: TimeRange): boolean {
  const [first] = freeRanges(slot, busy, window);
  return first?.start === window.start && first.end === window.end;
}

/** C4: the end of the free range that contains `at`, looking up to `horizon`; null when the slot is not free then. */
export function freeUntil(
  slot: Lendable,
  busy: readonly TimeRange[],
  at: number,
  horizon: number,
): number | null {
  const [first] = freeRanges(slot, busy, { start: at, end: horizon });
  return first?.start === at ? first.end : null;
}

/** The first range of `length` milliseconds inside `window` in which the slot is free; null when there is none. */
export function nextFree(
  slot: Lendable,
  busy: readonly TimeRange[],
  window: TimeRange,
  length: number,
): TimeRange | null {
  const fitting = freeRanges(slot, busy, window).find((range) => range.end - range.start >= length);
  return fitting ? { start: fitting.start, end: fitting.start + length } : null;
}

/** A slot with the time in which it is taken. */
export interface OccupiedSlot extends Lendable {
  readonly id: string;
  readonly label: string;
  readonly level: string;
  readonly busy: readonly TimeRange[];
}

/**
 * A4: up to `limit` slots that are free for all of `window` and not the member's own, those on the wanted slot's
 * level first, then by label. The server answers by the same order.
 */
export function alternativesTo<S extends OccupiedSlot>(
  slots: readonly S[],
  wanted: { readonly slotId: string; readonly level: string },
  window: TimeRange,
  memberId: string,
  limit = 3,
): S[] {
  const byNearness = (a: S, b: S) =>
    Number(b.level === wanted.level) - Number(a.level === wanted.level) || compareLabels(a.label, b.label);
  return slots
    .filter(
      (slot) => slot.id !== wanted.slotId && slot.ownerId !== memberId && isFree(slot, slot.busy, window),
    )
    .toSorted(byNearness)
    .slice(0, limit);
}

/** By code unit, as Postgres orders text under the C locale: device and server give one order. */
function compareLabels(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function clip(range: TimeRange, window: TimeRange): TimeRange[] {
  if (!overlaps(range, window)) return [];
  return [{ start: Math.max(range.start, window.start), end: Math.min(range.end, window.end) }];
}
