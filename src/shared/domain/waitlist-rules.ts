import { isActive, type Reservation, type Slot, type WaitlistEntry } from './entities';
import type { SitePolicy } from './policy';
import { contains, overlaps, type TimeRange } from './time-range';

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

/** For how long after an offer that was not taken its member is offered nothing for that time again (ms). */
export const OFFERED_LATELY = 3_600_000;

/**
 * Until when (ms since 1970) who joins the line for this window is passed over; null: nobody. Whose own entries, among these, ended a
 * moment ago with an offer for that time untaken waits a while: else leaving and joining again would keep a slot for hours for nothing.
 */
export function restsAfterOffer(
  own: Iterable<Pick<WaitlistEntry, 'start' | 'end' | 'state' | 'reservationId' | 'endedAt'>>,
  window: TimeRange,
  now: number,
): number | null {
  const ends = [...own]
    .filter((entry) => isLetGo(entry) && overlaps(entry, window))
    .map(({ endedAt }) => (endedAt ?? 0) + OFFERED_LATELY);
  const until = Math.max(0, ...ends);
  return until > now ? until : null;
}

function isLetGo({ state, reservationId }: Pick<WaitlistEntry, 'state' | 'reservationId'>): boolean {
  return reservationId !== null && (state === 'left' || state === 'declined' || state === 'lapsed');
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

/**
 * Whether the member waits no more because of this reservation. One that shares time with what is waited for serves it, whatever its
 * kind or level: nothing is offered for a time in which one has a slot. Once something is offered only one that covers all of the window
 * does: a part of it may be booked elsewhere, and the offer still be taken.
 */
export function isServedBy(
  entry: Pick<WaitlistEntry, 'memberId' | 'start' | 'end' | 'state'>,
  reservation: Pick<Reservation, 'memberId' | 'start' | 'end' | 'state' | 'offered'>,
): boolean {
  if (reservation.memberId !== entry.memberId || !isActive(reservation) || reservation.offered) return false;
  return entry.state === 'offered' ? contains(reservation, entry) : overlaps(reservation, entry);
}
