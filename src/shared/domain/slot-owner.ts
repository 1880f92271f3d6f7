import { isActive, type LendingRule, type Slot } from './entities';
import type { Change, State } from './state';
import { normalize, overlaps } from './time-range';

/**
 * The slot as somebody else's, or the site's: nothing of what the former owner decided about it holds any more. Where it gets an
 * owner, whoever has reserved it keeps that: what is reserved from `now` on is lent.
 */
export function ownedBy(
  state: State,
  slot: Slot,
  owner: { readonly id: string; readonly name: string } | null,
  now: number,
): Slot {
  const reserved = [...state.reservations.values()].filter(
    (reservation) => reservation.slotId === slot.id && isActive(reservation) && reservation.end > now,
  );
  return {
    ...slot,
    ownerId: owner?.id ?? null,
    ownerName: owner?.name ?? null,
    lent: owner ? normalize(reserved) : [],
    opened: [],
    closed: [],
    // What was to follow from rules that have ended is not to come any more.
    rulesRevision: slot.rulesRevision + 1,
    followedRevision: slot.rulesRevision + 1,
    followedUntil: null,
  };
}

/** C1: the end of all weekly rules of a slot. */
export function removedRules(state: State, slotId: string, now: number): Change[] {
  return rulesOf(state, slotId).map((row) => ({ table: 'lendingRules', row: { ...row, removedAt: now } }));
}

/** The weekly rules that a slot has, among those loaded. */
export function rulesOf(state: State, slotId: string): LendingRule[] {
  return [...state.lendingRules.values()].filter((rule) => rule.slotId === slotId && rule.removedAt === null);
}

/** Whether somebody has reserved the slot from `now` on, or parks there. */
export function isReserved(state: State, slotId: string, now: number): boolean {
  return [...state.reservations.values()].some(
    (reservation) =>
      reservation.slotId === slotId &&
      isActive(reservation) &&
      overlaps(reservation, { start: now, end: Infinity }),
  );
}
