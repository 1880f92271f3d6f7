import { isActive, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import type { State } from './state';
import { add, normalize, overlaps, subtract, type TimeRange } from './time-range';

/** How far ahead a window may be lent: a year, in milliseconds. Weekly rules reach further by making windows ahead. */
export const LENDING_HORIZON = 366 * 24 * 3_600_000;

/** The shortest window that may be lent: a minute, in milliseconds. */
const SHORTEST_LENT_WINDOW = 60_000;

/** The most windows of one slot that may be opened by hand, and that may be taken back by hand, at a time. */
export const MOST_LENT_WINDOWS = 200;

/**
 * C1: lends an own slot for `[start, end)`, in addition to what is lent already. `again`: what was taken back by hand there is an
 * exception to the weekly rules no more, and nothing is opened by hand: so it ends when the rules do.
 */
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
  if (args.again && hasHadRules(slot)) return lentBecomes(slot, lentAgain(slot, args, context.now), args);
  const becomes = {
    lent: add(notOver(slot.lent, context.now), args),
    opened: add(notOver(slot.opened, context.now), args),
    closed: subtract(notOver(slot.closed, context.now), args),
  };
  return lentBecomes(slot, becomes, args);
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
  return lentBecomes(slot, takenBack(slot, [args], context.now), args);
}

/** What a slot lends, and why. */
type Lending = Pick<Slot, 'lent' | 'opened' | 'closed'> & Partial<Pick<Slot, 'rulesRevision'>>;

/**
 * The slot's lending without these ranges. They are kept as taken back by hand, so that no weekly rule lends them again: unless the
 * slot never had a rule, for what was taken back before is no exception to a rule of later.
 */
export function takenBack(slot: Slot, ranges: readonly TimeRange[], now: number): Lending {
  const without = (from: readonly TimeRange[]) =>
    ranges.reduce<TimeRange[]>((left, range) => subtract(left, range), notOver(from, now));
  const closed = notOver(slot.closed, now);
  return {
    lent: without(slot.lent),
    opened: without(slot.opened),
    closed: hasHadRules(slot) ? normalize([...closed, ...ranges]) : closed,
  };
}

/**
 * The slot's lending without these ranges, where the lending of them by hand is undone: no exception to a rule remains of it. Rules that
 * were made meanwhile and lend there are followed anew.
 */
export function unlent(slot: Slot, ranges: readonly TimeRange[], now: number): Lending {
  const { lent, opened } = takenBack(slot, ranges, now);
  return { lent, opened, closed: notOver(slot.closed, now), ...followedAnew(slot) };
}

/** The slot's lending with the exceptions in `range` gone. What its rules do not lend there goes once they are followed. */
function lentAgain(slot: Slot, range: TimeRange, now: number): Lending {
  const closed = notOver(slot.closed, now);
  return {
    lent: normalize([...notOver(slot.lent, now), ...sharedParts(closed, range)]),
    opened: notOver(slot.opened, now),
    closed: subtract(closed, range),
    ...followedAnew(slot),
  };
}

/** With another revision the windows that the site's job is making now are refused, and made anew. */
function followedAnew(slot: Slot): Partial<Pick<Slot, 'rulesRevision'>> {
  return hasHadRules(slot) ? { rulesRevision: slot.rulesRevision + 1 } : {};
}

/** The parts of `window` that the ranges cover. */
export function sharedParts(ranges: readonly TimeRange[], window: TimeRange): TimeRange[] {
  return ranges
    .filter((range) => overlaps(range, window))
    .map((range) => ({ start: Math.max(range.start, window.start), end: Math.min(range.end, window.end) }));
}

/** C1: whether weekly rules of its owner make, or once made, what the slot lends. */
export function hasHadRules({ rulesRevision, followedRevision, followedUntil }: Slot): boolean {
  return followedUntil !== null || rulesRevision !== followedRevision;
}

/** C1: only the owner or a manager may change what a slot lends, and only of one that has an owner. */
export function ownerProblem(slot: Slot | undefined, { actor }: DecisionContext): Refused | null {
  if (!slot) return refused('slot_not_found', {});
  if (slot.ownerId === null) return refused('slot_without_owner', {});
  if (slot.ownerId !== actor.id && actor.role !== 'manager') return refused('slot_forbidden', {});
  return null;
}

/** Whether a window of a slot may be opened or taken back by this person, now; null when nothing stands against it. */
export function shareProblem(
  slot: Slot | undefined,
  window: TimeRange,
  context: DecisionContext,
): Refused | null {
  const problem = ownerProblem(slot, context);
  if (problem) return problem;
  if (window.end <= window.start) return refused('window_invalid', {});
  if (window.end <= context.now) return refused('window_past', { now: context.now });
  return null;
}

/** Windows that have ended are forgotten: nobody can reserve in them, and a slot's list must not grow for ever. */
export function notOver(ranges: readonly TimeRange[], now: number): TimeRange[] {
  return ranges.filter((range) => range.end > now);
}

/** The outcome says the window that was asked for and not the whole list: outcomes are kept for good. */
export function lentBecomes(slot: Slot, lending: Lending, { start, end }: TimeRange): Decision {
  // A slot that has more from before is not made worse by what joins windows or takes them back.
  const isTooMany = (['opened', 'closed'] as const).some(
    (list) => lending[list].length > MOST_LENT_WINDOWS && lending[list].length > slot[list].length,
  );
  if (isTooMany) return refused('too_many_windows', { limit: MOST_LENT_WINDOWS });
  const row: Slot = { ...slot, ...lending };
  return { status: 'applied', changes: [{ table: 'slots', row }], data: { start, end } };
}
