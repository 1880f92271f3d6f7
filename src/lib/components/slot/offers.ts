import { freeRanges, freeUntil, isFree, nextFree, type Lendable } from '#shared/domain/availability';
import type { TimeRange } from '#shared/domain/time-range';

/*
 * What Find says about each slot for the window that was picked: facts here, words in offer-words.ts.
 */

const DAY = 24 * 3_600_000;

/** What has to be known of a slot; a SlotView fits. */
export interface OfferedSlot extends Lendable {
  readonly id: string;
  readonly label: string;
  readonly ownerName: string | null;
  readonly mine: boolean;
  readonly busy: readonly TimeRange[];
}

/** Why a slot stops being free: somebody has reserved it, the owner wants it back, or nothing in sight. */
export type EndOfFree =
  | { readonly reason: 'reserved' | 'lent_until'; readonly at: number }
  | { readonly reason: 'open'; readonly at: null };

export type Offer<S extends OfferedSlot> =
  | { readonly slot: S; readonly free: true; readonly end: EndOfFree }
  /** Not free for all of the window. */
  | {
      readonly slot: S;
      readonly free: false;
      /** Until when it is free from the window's start; null when it is not free then. */
      readonly partly: EndOfFree | null;
      /** The first window of the same length within a day; null when there is none. */
      readonly next: TimeRange | null;
    };

/** A3, C4: every slot but the member's own, free ones and others, each in the order given. `now` in ms since 1970. */
export function offersFor<S extends OfferedSlot>(
  slots: readonly S[],
  window: TimeRange,
  now: number,
): { free: Extract<Offer<S>, { free: true }>[]; others: Extract<Offer<S>, { free: false }>[] } {
  const free: Extract<Offer<S>, { free: true }>[] = [];
  const others: Extract<Offer<S>, { free: false }>[] = [];
  for (const slot of slots) {
    if (slot.mine) continue;
    if (isFree(slot, slot.busy, window)) {
      free.push({ slot, free: true, end: endOfFree(slot, window.start)! });
    } else {
      others.push({
        slot,
        free: false,
        partly: endOfFree(slot, window.start),
        next: nextWindow(slot, window, now),
      });
    }
  }
  return { free, others: others.toSorted((a, b) => soonest(a) - soonest(b)) };
}

function soonest(offer: { readonly next: TimeRange | null }): number {
  return offer.next?.start ?? Number.POSITIVE_INFINITY;
}

/** When and why the slot stops being free, looking a day ahead of `at`; null when it is not free at `at`. */
export function endOfFree(slot: OfferedSlot, at: number): EndOfFree | null {
  const horizon = at + DAY;
  const until = freeUntil(slot, slot.busy, at, horizon);
  if (until === null) return null;
  if (until === horizon) return { reason: 'open', at: null };
  const reserved = slot.busy.some((range) => range.start === until);
  return { reason: reserved ? 'reserved' : 'lent_until', at: until };
}

function nextWindow(slot: OfferedSlot, window: TimeRange, now: number): TimeRange | null {
  const from = Math.max(window.start, now - (now % 60_000));
  return nextFree(slot, slot.busy, { start: from, end: window.end + DAY }, window.end - window.start);
}

/** The parts of a span in which the slot is free, reserved, and neither. */
export function dayOf(slot: OfferedSlot, span: TimeRange): { free: TimeRange[]; reserved: TimeRange[] } {
  const clipped = slot.busy
    .filter((range) => range.start < span.end && span.start < range.end)
    .map((range) => ({ start: Math.max(range.start, span.start), end: Math.min(range.end, span.end) }));
  return { free: freeRanges(slot, slot.busy, span), reserved: clipped };
}
