import { isActive, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import type { State } from './state';
import { add, overlaps, subtract, type TimeRange } from './time-range';

/** How far ahead a window may be lent: a year, in milliseconds. Weekly rules reach further by making windows ahead. */
export const LENDING_HORIZON = 366 * 24 * 3_600_000;

/** The shortest window that may be lent: a minute, in milliseconds. */
const SHORTEST_LENT_WINDOW = 60_000;

/** The most windows of one slot that may be lent at a time. */
export const MOST_LENT_WINDOWS = 200;

/** C1: lends an own slot for `[start, end)`, in addition to what is lent already. */
export function decideOpen(
  state: State,
  args: DomainArgs['share.open@1'],
  context: DecisionContext,
): Decision {
  const slot = state.slots.get(args.slotId);
  const problem = shareProblem(slot, args, context);
  if (problem || !slot) return problem ?? refused('slot_not_found', {});
  if (args.end > context.now + LENDING_HORIZON)
    return refused('window_too_far', { horizon: LENDING_HORIZON });
  if (args.end - args.start < SHORTEST_LENT_WINDOW)
    return refused('window_too_short', { shortest: SHORTEST_LENT_WINDOW });
  return lentBecomes(slot, add(notOver(slot.lent, context.now), args), args);
}

/** C2: takes `[start, end)` back from what is lent, unless a reservation that is not over lies in it. */
export function decideClose(
  state: State,
  args: DomainArgs['share.close@1'],
  context: DecisionContext,
): Decision {
  const slot = state.slots.get(args.slotId);
  const problem = shareProblem(slot, args, context);
  if (problem || !slot) return problem ?? refused('slot_not_found', {});
  const lent = notOver(slot.lent, context.now);
  if (!lent.some((range) => overlaps(range, args))) return refused('window_not_lent', {});
  const reserved = [...state.reservations.values()].find(
    (reservation) =>
      reservation.slotId === slot.id &&
      isActive(reservation) &&
      reservation.end > context.now &&
      overlaps(reservation, args),
  );
  if (reserved) {
    return refused('window_reserved', {
      reservationId: reserved.id,
      start: reserved.start,
      end: reserved.end,
    });
  }
  return lentBecomes(slot, subtract(lent, args), args);
}

function shareProblem(slot: Slot | undefined, window: TimeRange, context: DecisionContext): Decision | null {
  if (!slot) return refused('slot_not_found', {});
  if (slot.ownerId === null) return refused('slot_without_owner', {});
  if (slot.ownerId !== context.actor.id && context.actor.role !== 'manager') {
    return refused('slot_forbidden', {});
  }
  if (window.end <= window.start) return refused('window_invalid', {});
  if (window.end <= context.now) return refused('window_past', { now: context.now });
  return null;
}

/** Windows that have ended are forgotten: nobody can reserve in them, and a slot's list must not grow for ever. */
function notOver(lent: readonly TimeRange[], now: number): TimeRange[] {
  return lent.filter((range) => range.end > now);
}

/** The outcome says the window that was asked for and not the whole list: outcomes are kept for good. */
function lentBecomes(slot: Slot, lent: readonly TimeRange[], { start, end }: TimeRange): Decision {
  // A slot that has more from before is not made worse by what joins windows or takes them back.
  if (lent.length > MOST_LENT_WINDOWS && lent.length > slot.lent.length) {
    return refused('too_many_windows', { limit: MOST_LENT_WINDOWS });
  }
  return { status: 'applied', changes: [{ table: 'slots', row: { ...slot, lent } }], data: { start, end } };
}
