import type { Slot, WaitlistEntry } from './entities';
import type { SitePolicy } from './policy';
import type { TimeRange } from './time-range';

/*
 * E8: what the rules of waiting in line have in common; the server's dispatcher asks them too, so that it makes few offers that
 * the rules refuse.
 */

/** How many places in line a member may have at a time. */
export const ENTRIES_AT_A_TIME = 5;

/** Of a window that has begun, what must be left for a slot to be worth its price (ms). */
const LEAST_LEFT = 15 * 60_000;

/**
 * Until when (ms since 1970) a slot for the window is still offered: to a quarter of an hour before its end, though always to its
 * start; where a slot must be asked for ahead, until then.
 */
export function waitsUntil({ leadTime }: Pick<SitePolicy, 'leadTime'>, { start, end }: TimeRange): number {
  return leadTime > 0 ? start - leadTime : Math.max(start, end - LEAST_LEFT);
}

/** Whether a slot is booked at once instead of offered: as agreed, as long as at least half of the window is left. */
export function isTakenAtOnce(
  { takeForMe, start, end }: Pick<WaitlistEntry, 'takeForMe' | 'start' | 'end'>,
  now: number,
): boolean {
  return takeForMe && now <= start + (end - start) / 2;
}

/** Whether a slot at this price is what is waited for. */
export function isWanted(
  { kinds, levels, maxPrice }: Pick<WaitlistEntry, 'kinds' | 'levels' | 'maxPrice'>,
  { kind, level }: Pick<Slot, 'kind' | 'level'>,
  price: number,
): boolean {
  return (
    (kinds.length === 0 || kinds.includes(kind)) &&
    (levels.length === 0 || levels.includes(level)) &&
    (maxPrice === null || price <= maxPrice)
  );
}

/** Whether the place in line is not over yet. */
export function isInLine({ state }: Pick<WaitlistEntry, 'state'>): boolean {
  return state === 'waiting' || state === 'offered';
}
