import { isActive, type Reservation, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { lentBecomes, notOver, ownerProblem, sharedParts, shareProblem, takenBack, unlent } from './share';
import type { State } from './state';
import { normalize, overlaps, subtract, type TimeRange } from './time-range';

/** C1: how long an owner waits before asking the same person again, in milliseconds. */
export const ASK_AGAIN_AFTER = 30 * 60_000;

/**
 * C1: what the slot lends becomes what was opened by hand and what its weekly rules give, less what was taken back by hand. What is
 * reserved stays lent, whatever the rules say now. The windows are those of one revision of the rules; of another they are refused.
 */
export function decideFollowRules(
  state: State,
  { slotId, revision, windows, until }: DomainArgs['share.follow_rules@1'],
  { now }: DecisionContext,
): Decision {
  const slot = state.slots.get(slotId);
  if (!slot) return refused('slot_not_found', {});
  if (slot.ownerId === null) return refused('slot_without_owner', {});
  if (slot.rulesRevision !== revision) {
    return refused('rules_changed', { revision: slot.rulesRevision });
  }
  if (windows.some((window) => window.end <= window.start)) return refused('window_invalid', {});
  const opened = notOver(slot.opened, now);
  const closed = notOver(slot.closed, now);
  const wanted = closed.reduce<TimeRange[]>(
    (lent, range) => subtract(lent, range),
    normalize([...opened, ...windows]),
  );
  const kept = reservedOf(state, slot, now).flatMap((reservation) => sharedParts(slot.lent, reservation));
  const row: Slot = {
    ...slot,
    lent: notOver(normalize([...wanted, ...kept]), now),
    opened,
    closed,
    followedRevision: revision,
    followedUntil: until,
  };
  return { status: 'applied', changes: [{ table: 'slots', row }], data: { revision } };
}

/**
 * C1: the owner is home early and takes back of `[start, end)` what nobody has reserved; what somebody has stays lent for that
 * reservation alone, and ends with it (see `lendingAfter`). `undo`: lends no more what was just lent by hand,
 * which is no exception to a weekly rule.
 */
export function decideCloseFree(
  state: State,
  args: DomainArgs['share.close_free@1'],
  context: DecisionContext,
): Decision {
  const slot = state.slots.get(args.slotId);
  const problem = shareProblem(slot, args, context);
  if (problem || !slot) return problem ?? refused('slot_not_found', {});
  const lent = notOver(slot.lent, context.now);
  if (!lent.some((range) => overlaps(range, args))) return refused('window_not_lent', {});
  const reserved = reservedOf(state, slot, context.now).filter((one) => overlaps(one, args));
  const free = reserved.reduce<TimeRange[]>(
    (left, one) => subtract(left, one),
    [{ start: args.start, end: args.end }],
  );
  if (!free.some((part) => lent.some((range) => overlaps(range, part)))) {
    const [first] = reserved.toSorted((a, b) => a.start - b.start);
    if (!first) return refused('window_not_lent', {});
    return refused('window_reserved', { reservationId: first.id, start: first.start, end: first.end });
  }
  if (args.undo) return lentBecomes(slot, unlent(slot, free, context.now), args);
  const becomes = takenBack(slot, [{ start: args.start, end: args.end }], context.now);
  return lentBecomes(slot, { ...becomes, lent: free.reduce(subtract, lent) }, args);
}

/** C1: the owner needs the slot while somebody's time on it runs, and asks them to move; at most every half hour. */
export function decideAskToMove(
  state: State,
  { reservationId }: DomainArgs['visit.ask_to_move@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  const problem = ownerProblem(state.slots.get(reservation.slotId), context);
  if (problem) return problem;
  const { now } = context;
  const isRunning = isActive(reservation) && reservation.start <= now && now < reservation.end;
  if (!isRunning || reservation.offered) return refused('nobody_parked', {});
  const { askedToMoveAt } = reservation;
  if (askedToMoveAt !== null && now < askedToMoveAt + ASK_AGAIN_AFTER) {
    return refused('asked_already', { again: askedToMoveAt + ASK_AGAIN_AFTER });
  }
  const row: Reservation = { ...reservation, askedToMoveAt: now };
  return { status: 'applied', changes: [{ table: 'reservations', row }], data: {} };
}

/** The reservations of a slot that are not over, among those loaded. */
function reservedOf(state: State, slot: Slot, now: number): Reservation[] {
  return [...state.reservations.values()].filter(
    (reservation) => reservation.slotId === slot.id && isActive(reservation) && reservation.end > now,
  );
}
