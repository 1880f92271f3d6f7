import { isActive, type Reservation } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import { canShow } from '#shared/domain/pass-holder';
import { priceOf } from '#shared/domain/price';
import type { State } from '#shared/domain/state';
import type { TimeRange } from '#shared/domain/time-range';
import type { OutboxRow } from '$lib/client-db/database';
import { isHousekeeping, isReplayed, isUndecided } from '$lib/sync/wish-status';
import { compareLabels } from './label-order';
import { refusalIn } from './refusal';
import type { Mark, OutboxView, Refusal, ReservationView, SlotView } from './views';

/** The occupied time of every slot, by start. */
export function occupancyOf(state: State): Map<string, TimeRange[]> {
  const bySlot = new Map<string, TimeRange[]>();
  for (const reservation of state.reservations.values()) {
    if (!isActive(reservation)) continue;
    const { slotId, start, end } = reservation;
    const busy = bySlot.get(slotId);
    if (busy) busy.push({ start, end });
    else bySlot.set(slotId, [{ start, end }]);
  }
  for (const busy of bySlot.values()) busy.sort((a, b) => a.start - b.start);
  return bySlot;
}

/** The predicted slots, by label. */
export function slotViews(state: State, outbox: readonly OutboxRow[], memberId: string): SlotView[] {
  const busy = occupancyOf(state);
  const changing = new Set(outbox.filter(isUndecided).flatMap(sharedSlot));
  return [...state.slots.values()]
    .map((slot) => ({
      ...slot,
      mine: slot.ownerId === memberId,
      busy: busy.get(slot.id) ?? [],
      lendWaiting: changing.has(slot.id),
    }))
    .toSorted((a, b) => compareLabels(a.label, b.label));
}

function sharedSlot(row: Intent): string[] {
  const changesLent =
    row.op === 'share.open@1' || row.op === 'share.close@1' || row.op === 'share.close_free@1';
  return changesLent ? [row.args.slotId] : [];
}

type PulledReservation = TimeRange &
  Pick<Reservation, 'id' | 'state'> & { readonly offered?: boolean | undefined };

type CreateRow = OutboxRow & Extract<Intent, { op: 'reservation.create@1' | 'reservation.lease@1' }>;

/**
 * The member's own reservations, by start: the predicted ones, and those refused that nobody has dismissed. `pulled` are
 * the rows as the server has them.
 */
export function reservationViews(
  state: State,
  outbox: readonly OutboxRow[],
  {
    memberId,
    clientId,
    pulled,
  }: { memberId: string; clientId: string; pulled: readonly PulledReservation[] },
): ReservationView[] {
  const shown = outbox.filter((row) => !row.dismissed);
  const creates = new Map(shown.filter(isCreate).map((row) => [row.args.reservationId, row]));
  // What the server has is there, whatever a wish that was sent twice was told (`reservation_exists`).
  const createOf = (id: string) => {
    const row = creates.get(id);
    return row && (isReplayed(row) || !known.has(id)) ? row : null;
  };
  const undecided = shown.filter(isUndecided);
  const waiting: WaitingWishes = {
    cancel: reservationsIn(undecided, 'reservation.cancel@1'),
    change: reservationsIn(undecided, 'reservation.change@1'),
    confirm: reservationsIn(undecided, 'reservation.confirm@1'),
    accept: acceptedIn(undecided, state),
  };
  const leases = new Set(
    pulled.filter(({ state, offered }) => state === 'held' && offered !== true).map(({ id }) => id),
  );
  const windows = new Map(pulled.map(({ id, start, end }) => [id, { start, end }]));
  const booked = reservationsIn(outbox.filter(isReplayed), 'reservation.confirm@1');
  const isBooked = ({ id, state }: Reservation) => state !== 'held' && (!leases.has(id) || booked.has(id));
  const here = passesHere(state, clientId);
  // What is only offered stands with the places in line.
  const own = [...state.reservations.values()].filter((row) => row.memberId === memberId && !row.offered);
  const known = new Set(own.map(({ id }) => id));
  // A wish that the rules refuse by now is still on its way and must not vanish from the screen.
  const others = [...creates.values()].filter((row) => !known.has(row.args.reservationId));
  return [...own, ...others.map((row) => wished(state, row, memberId))]
    .map((reservation) => ({
      ...reservationView(state, reservation, createOf(reservation.id), waiting),
      booked: isBooked(reservation),
      passHere: here.has(reservation.id),
      agreed: waiting.change.has(reservation.id) ? (windows.get(reservation.id) ?? null) : null,
    }))
    .toSorted((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
}

/** The reservations whose valid pass this device can show. */
function passesHere(state: State, clientId: string): Set<string> {
  const key = state.holderKeys.get(clientId)?.key ?? null;
  const passes = [...state.passes.values()].filter((pass) => pass.status === 'valid' && canShow(key, pass));
  return new Set(passes.flatMap(({ reservationId }) => reservationId ?? []));
}

function isCreate(row: OutboxRow): row is CreateRow {
  return row.op === 'reservation.create@1' || row.op === 'reservation.lease@1';
}

/** The reservations that a wish to cancel, change, book or accept is on its way for. */
type WaitingWishes = Readonly<Record<'cancel' | 'change' | 'confirm' | 'accept', ReadonlySet<string>>>;

/** E8: those made of offers that this device has taken and the server has not heard of. */
function acceptedIn(rows: readonly OutboxRow[], state: State): Set<string> {
  const entries = rows.flatMap((row) => (row.op === 'waitlist.accept@1' ? [row.args.entryId] : []));
  return new Set(entries.flatMap((id) => state.waitlistEntries.get(id)?.reservationId ?? []));
}

function reservationsIn(rows: readonly OutboxRow[], op: Intent['op']): Set<string> {
  return new Set(
    rows.flatMap((row) =>
      row.op === op && 'reservationId' in row.args ? [row.args.reservationId ?? ''] : [],
    ),
  );
}

function wished(state: State, { op, args, status, deviceTime }: CreateRow, memberId: string): Reservation {
  // What a price has risen to nobody pays unasked.
  const price = Math.min(priceOf(state.site.policy, state.site.timeZone, args), args.most ?? Infinity);
  const isLease = op === 'reservation.lease@1' && isReplayed({ status });
  return {
    id: args.reservationId,
    slotId: args.slotId,
    memberId,
    start: args.start,
    end: args.end,
    state: isLease ? 'held' : isReplayed({ status }) ? 'confirmed' : 'cancelled',
    holdExpiresAt: isLease ? args.end : null,
    charge: 0,
    price,
    cost: price,
    receiverAccountId: state.slots.get(args.slotId)?.ownerId ?? state.site.id,
    createdAt: deviceTime,
    endedAt: null,
    offered: false,
    askedToMoveAt: null,
  };
}

function reservationView(
  state: State,
  reservation: Reservation,
  create: CreateRow | null,
  waiting: WaitingWishes,
): Omit<ReservationView, 'booked' | 'passHere' | 'agreed'> {
  const { id, slotId, start, end, cost, charge, receiverAccountId } = reservation;
  const slot = state.slots.get(slotId);
  return {
    id,
    slotId,
    slotLabel: slot?.label ?? '',
    level: slot?.level ?? '',
    receiverName: slot && receiverAccountId === slot.ownerId ? slot.ownerName : null,
    start,
    end,
    state: reservation.state,
    cost,
    charge,
    mark: waiting.accept.has(id)
      ? 'waiting'
      : reservationMark(create, waiting.confirm.has(id) && reservation.state !== 'cancelled'),
    refusal: create ? refusalOfRow(create) : null,
    seq: create?.seq ?? null,
    cancelWaiting: waiting.cancel.has(id),
    changeWaiting: waiting.change.has(id),
  };
}

/** X3: what is booked on a lease that the server has given is certain before the server hears of it. */
function reservationMark(create: CreateRow | null, bookWaiting: boolean): Mark {
  const mark = create ? markOf(create) : 'confirmed';
  return bookWaiting && mark === 'confirmed' ? 'certain' : mark;
}

/** K3: `confirmed` once the server has said so, also while its rows are still on their way. */
export function markOf(row: Pick<OutboxRow, 'status'>): Mark {
  if (isUndecided(row)) return 'waiting';
  return row.status === 'applied' ? 'confirmed' : 'refused';
}

function refusalOfRow(row: OutboxRow): Refusal | null {
  return row.outcome && markOf(row) === 'refused' ? refusalIn(row.outcome) : null;
}

/**
 * What a person still has to know about: not confirmed, or refused and not dismissed; oldest first. `now` by the estimate of the
 * server's clock, which is the device's and `serverOffset` (ms).
 */
export function outboxViews(
  outbox: readonly OutboxRow[],
  { serverOffset, now }: { serverOffset: number; now: number },
): OutboxView[] {
  return outbox
    .filter((row) => row.status !== 'applied' && !row.dismissed && !isHousekeeping(row))
    .map((row) => ({
      seq: row.seq,
      id: row.id,
      op: row.op,
      args: { ...row.args },
      createdAt: row.deviceTime + serverOffset,
      mark: markOf(row),
      // What was sent may have been decided in time.
      late: row.status === 'waiting' && row.expiresAt !== null && row.expiresAt <= now,
      refusal: refusalOfRow(row),
    }))
    .toSorted((a, b) => a.createdAt - b.createdAt || a.seq - b.seq);
}
