import { isActive, type Reservation } from './entities';
import type { Op } from './intent';
import type { ReservationTold } from './notice-kinds';
import type { News, Telling } from './notices-of';
import type { Change, State } from './state';

/** What a member asked for and looks for the answer to; of the rest a refusal stands with its wish in the outbox alone. */
const awaitedOps: ReadonlySet<Op> = new Set<Op>([
  'reservation.create@1',
  'reservation.lease@1',
  'reservation.confirm@1',
  'reservation.change@1',
  'reservation.cancel@1',
  'share.open@1',
  'share.close@1',
  'share.close_free@1',
  'waitlist.join@1',
  'waitlist.accept@1',
  'visitor.issue@1',
]);

/** Those that bring somebody a reservation. */
const bookingOps: ReadonlySet<Op> = new Set<Op>([
  'reservation.create@1',
  'reservation.lease@1',
  'reservation.confirm@1',
  'reservation.change@1',
  'waitlist.accept@1',
]);

/** A refused wish that had waited, and one that had waited too long: its device may show it to nobody for hours. */
export function refusalNews({ state, decided, context, waited }: Telling): News[] {
  const { intent, intentId, decision } = decided;
  if (!waited || decision.status === 'applied' || !awaitedOps.has(intent.op)) return [];
  const args: Readonly<Record<string, unknown>> = { ...intent.args };
  if (!isOfWhatIsThere(state, intent.op, args)) return [];
  const reservationId = textOrNull(args['reservationId']);
  const known = reservationId === null ? undefined : state.reservations.get(reservationId);
  // Of a reservation that is somebody else's nothing is said.
  const own = known?.memberId === context.actor.id ? known : undefined;
  const slotId = textOrNull(args['slotId']) ?? own?.slotId ?? null;
  return [
    {
      memberId: context.actor.id,
      kind: 'refused',
      about: intentId,
      data: {
        ...{ intentId, op: intent.op, reservationId },
        code: decision.status === 'expired' ? 'intent_expired' : decision.code,
        slotLabel: slotId === null ? null : (state.slots.get(slotId)?.label ?? null),
        start: numberOrNull(args['start']) ?? own?.start ?? null,
        end: numberOrNull(args['end']) ?? own?.end ?? null,
      },
    },
  ];
}

/** Those whose `reservationId` is of what they would have made. */
const makingOps: ReadonlySet<Op> = new Set<Op>(['reservation.create@1', 'reservation.lease@1']);

/**
 * Of ids that nothing has nothing can be said, and anybody can make up as many as they like. What was refused while it was to be
 * made is told once, not again with each wish that was built on it.
 */
function isOfWhatIsThere(state: State, op: Op, args: Readonly<Record<string, unknown>>): boolean {
  const slotId = textOrNull(args['slotId']);
  const reservationId = makingOps.has(op) ? null : textOrNull(args['reservationId']);
  const entryId = op === 'waitlist.accept@1' ? textOrNull(args['entryId']) : null;
  return (
    (slotId === null || state.slots.has(slotId)) &&
    (reservationId === null || state.reservations.has(reservationId)) &&
    (entryId === null || state.waitlistEntries.has(entryId))
  );
}

/** What who has reserved is told: that it is booked after all, and what others do to it. */
export function holderNews(
  reservations: readonly Reservation[],
  changes: readonly Change[],
  told: Telling,
): News[] {
  const { actor } = told.context;
  const isWaitedFor = (id: string): boolean =>
    changes.some((change) => change.table === 'waitlistEntries' && change.row.reservationId === id);
  return reservations.flatMap((row): News[] => {
    if (row.memberId === null) return [];
    const before = told.state.reservations.get(row.id);
    if (row.memberId === actor.id) return bookedNews(row, told);
    // Made for somebody who waits in line, and told with the entry.
    if (!before) return isWaitedFor(row.id) ? [] : bookedForNews(row, told);
    return [...changedNews(before, row, told), ...moveNews(before, row, told)];
  });
}

function bookedNews(row: Reservation, { state, decided, waited }: Telling): News[] {
  const { intent, intentId } = decided;
  if (!waited || !bookingOps.has(intent.op) || !isActive(row) || row.offered) return [];
  const data = { ...toldOf(state, row), cost: row.cost };
  return [{ memberId: row.memberId!, kind: 'confirmed', about: intentId, data }];
}

function bookedForNews(row: Reservation, { state, decided }: Telling): News[] {
  if (row.memberId === null || !isActive(row) || row.offered) return [];
  const data = { ...toldOf(state, row), cost: row.cost };
  return [{ memberId: row.memberId, kind: 'confirmed', about: decided.intentId, data }];
}

function changedNews(before: Reservation, row: Reservation, { state, decided, context }: Telling): News[] {
  // An offer that ends is told with its entry, and nothing is lost with it.
  if (row.memberId === null || !isActive(before) || before.offered) return [];
  const isCancelled = row.state === 'cancelled';
  if (!isCancelled && !(isActive(row) && isElsewhere(before, row))) return [];
  const { actor } = context;
  const isOwner = state.slots.get(before.slotId)?.ownerId === actor.id;
  return [
    {
      memberId: row.memberId,
      kind: 'changed',
      about: `${row.id}:${decided.intentId}`,
      data: {
        ...toldOf(state, row),
        change: isCancelled ? 'cancelled' : 'moved',
        by: isOwner ? 'owner' : actor.role === 'system' ? 'site' : 'manager',
        formerLabel: labelOf(state, before.slotId),
        ...{ formerStart: before.start, formerEnd: before.end },
        refund: before.cost - row.cost,
      },
    },
  ];
}

function moveNews(before: Reservation, row: Reservation, { state }: Telling): News[] {
  const { memberId, askedToMoveAt } = row;
  if (memberId === null || askedToMoveAt === null || askedToMoveAt === before.askedToMoveAt) return [];
  const about = `${row.id}:${String(askedToMoveAt)}`;
  return [{ memberId, kind: 'asked_to_move', about, data: toldOf(state, row) }];
}

/** What an owner is told of who comes to the slot, and who does not after all. What one does oneself is no news. */
export function ownerNews(reservations: readonly Reservation[], told: Telling): News[] {
  const { state, context } = told;
  const ownerOf = (slotId: string, memberId: string | null): string | null => {
    const ownerId = state.slots.get(slotId)?.ownerId ?? null;
    return ownerId === memberId || ownerId === context.actor.id ? null : ownerId;
  };
  return reservations.flatMap((row): News[] => {
    const before = state.reservations.get(row.id);
    const was = before && occupies(before) ? before : null;
    const news: News[] = [];
    const host = ownerOf(row.slotId, row.memberId);
    if (host !== null && occupies(row) && (!was || isElsewhere(was, row))) {
      const about = `${row.id}:${row.slotId}:${String(row.start)}:${String(row.end)}`;
      const data = { ...toldOf(state, row), credits: row.cost };
      news.push({ memberId: host, kind: 'slot_reserved', about, data });
    }
    // Whoever came and went, and a lease that nobody booked in its time, leave nothing free that was not.
    const isFreed = was && was.end > context.now && (row.state === 'cancelled' || row.slotId !== was.slotId);
    const former = isFreed ? ownerOf(was.slotId, was.memberId) : null;
    if (was && former !== null) {
      const about = `${row.id}:${was.slotId}:${String(was.start)}:${String(was.end)}`;
      const credits = row.slotId === was.slotId ? row.cost : 0;
      news.push({ memberId: former, kind: 'slot_freed', about, data: { ...toldOf(state, was), credits } });
    }
    return news;
  });
}

/** A reservation as its notice keeps it. */
export function toldOf(
  state: State,
  { id, slotId, start, end }: Pick<Reservation, 'id' | 'slotId' | 'start' | 'end'>,
): ReservationTold {
  return { reservationId: id, slotId, slotLabel: labelOf(state, slotId), start, end };
}

function labelOf(state: State, slotId: string): string {
  return state.slots.get(slotId)?.label ?? '';
}

/** Whether it is there for its owner to know of: an offer that nobody has accepted is not. */
function occupies(reservation: Reservation): boolean {
  return isActive(reservation) && !reservation.offered;
}

function isElsewhere(a: Reservation, b: Reservation): boolean {
  return a.slotId !== b.slotId || a.start !== b.start || a.end !== b.end;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
