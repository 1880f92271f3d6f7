import { isActive, type Account, type Reservation, type Slot } from './entities';
import { refused, type DecisionContext, type Refused } from './intent';
import { LONGEST_RESERVATION, type SitePolicy } from './policy';
import { isQuiet, isQuietEnd } from './quiet-hours';
import { lastUseKey, type State } from './state';
import { covers, overlaps, type TimeRange } from './time-range';

/*
 * What the rules of making, leasing and changing a reservation have in common. Each answers a refusal, or null when
 * nothing stands against it.
 */

/** A reservation as it is asked for. */
export interface Wanted extends TimeRange {
  readonly reservationId: string;
  readonly slotId: string;
}

/** What a site says about windows. */
export interface WindowRules {
  readonly policy: Pick<SitePolicy, 'maximumLength' | 'horizon' | 'leadTime' | 'quietHours'>;
  readonly timeZone: string;
}

/** C3: the site's rules about windows. What `before` has already (when it is changed) is not asked about again. */
export function windowProblem(
  { policy, timeZone }: WindowRules,
  window: TimeRange,
  now: number,
  before?: TimeRange,
): Refused | null {
  const { horizon, leadTime, quietHours } = policy;
  const maximumLength = Math.min(policy.maximumLength, LONGEST_RESERVATION);
  if (window.end <= window.start) return refused('window_invalid', {});
  if (window.end <= now) return refused('window_past', { now });
  const length = window.end - window.start;
  if (length > maximumLength && !(before && length <= before.end - before.start)) {
    return refused('window_too_long', { maximumLength });
  }
  if (window.end > now + horizon && !(before && window.end <= before.end))
    return refused('window_too_far', { horizon });
  if (leadTime > 0 && window.start !== before?.start && window.start < now + leadTime) {
    return refused('window_too_soon', { leadTime });
  }
  if (!quietHours) return null;
  const comes = window.start !== before?.start && isQuiet(quietHours, window.start, timeZone);
  const goes = window.end !== before?.end && isQuietEnd(quietHours, window.end, timeZone);
  return comes || goes ? refused('window_quiet', { ...quietHours }) : null;
}

/** C3: whether the member has as many reservations as the site allows. */
export function countProblem(state: State, context: DecisionContext): Refused | null {
  const limit = state.site.policy.reservationsAtATime;
  return runningOf(state, context).length >= limit ? refused('too_many_reservations', { limit }) : null;
}

/** C5: whether the member has `cost` credits. */
export function creditsProblem(state: State, cost: number, { actor }: DecisionContext): Refused | null {
  const balance = balanceOf(state, actor.id);
  return balance < cost ? refused('credits_short', { balance, cost }) : null;
}

/** C1, C3, C6, A4: whether the slot is on offer to the member and free for the window. */
export function slotProblem(
  state: State,
  slot: Slot,
  wanted: Wanted,
  context: DecisionContext,
  before?: Reservation,
): Refused | null {
  if (slot.ownerId === context.actor.id) return refused('own_slot', {});
  if (slot.ownerId !== null && !covers(slot.lent, wanted)) return refused('slot_not_lent', {});
  const until = before?.slotId === slot.id ? null : coolingUntil(state, slot, context);
  if (until !== null) return refused('mutual_cooling_off', { until });
  const other = activeReservationsOf(state, slot.id).find(
    (reservation) => reservation.id !== wanted.reservationId && overlaps(reservation, wanted),
  );
  return other ? refused('slot_taken', { start: other.start, end: other.end }) : null;
}

/** The member's reservations that are not over, leases included; what is only offered to them (E8) is none yet. */
export function runningOf(state: State, { actor, now }: DecisionContext): Reservation[] {
  return [...state.reservations.values()].filter(
    (reservation) =>
      reservation.memberId === actor.id &&
      isActive(reservation) &&
      !reservation.offered &&
      reservation.end > now,
  );
}

/** The active reservations of a slot among those loaded. */
function activeReservationsOf(state: State, slotId: string): Reservation[] {
  return [...state.reservations.values()].filter(
    (reservation) => reservation.slotId === slotId && isActive(reservation),
  );
}

/** C5: the account a slot's cost goes to: its owner's, else the site's own. */
export function receiverOf(state: Pick<State, 'site'>, slot: Pick<Slot, 'ownerId'>): Account['id'] {
  return slot.ownerId ?? state.site.id;
}

export function balanceOf(state: State, accountId: string): number {
  return state.accounts.get(accountId)?.balance ?? 0;
}

/** C6: until when the member may not use this owner's slots, because the owner has just used the member's; or null. */
function coolingUntil(state: State, slot: Slot, { actor, now }: DecisionContext): number | null {
  const { coolingOff } = state.site.policy;
  if (slot.ownerId === null || coolingOff === 0) return null;
  const last = state.lastUses.get(lastUseKey(slot.ownerId, actor.id));
  return last !== undefined && last + coolingOff > now ? last + coolingOff : null;
}
