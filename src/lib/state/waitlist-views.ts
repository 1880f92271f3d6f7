import { isActive, type SlotKind, type WaitlistEntry } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import { contains, type TimeRange } from '#shared/domain/time-range';
import { isInLine } from '#shared/domain/waitlist-rules';
import type { Mark, OutboxView } from './views';

/** E8: a place in line of the signed-in member, as predicted. */
export interface WaitlistView extends TimeRange {
  readonly id: string;
  /** Empty: any. */
  readonly kinds: readonly SlotKind[];
  readonly levels: readonly string[];
  /** Credits; null whatever it costs. */
  readonly maxPrice: number | null;
  readonly takeForMe: boolean;
  /** `waiting` until the server has heard of it. */
  readonly mark: Exclude<Mark, 'certain' | 'refused'>;
  /** What is kept for the member; null while nothing is. */
  readonly offer: SlotOffer | null;
}

export interface SlotOffer {
  readonly slotId: string;
  readonly slotLabel: string;
  readonly level: string;
  readonly kind: SlotKind;
  /** Who receives the price; null: the building. */
  readonly receiverName: string | null;
  /** Credits. */
  readonly price: number;
  /** Until when it can be taken, ms since 1970. */
  readonly expiresAt: number;
}

/** What the member waits for, by start, offers first. An offer whose time is over at `now` (ms since 1970) is none any more. */
export function waitlistViews(
  state: State,
  outbox: readonly OutboxView[],
  { memberId, now }: { memberId: string; now: number },
): WaitlistView[] {
  const joining = new Set(
    outbox.flatMap(({ op, mark, args }) =>
      op === 'waitlist.join@1' && mark === 'waiting' ? [args['entryId']] : [],
    ),
  );
  return [...state.waitlistEntries.values()]
    .filter((entry) => entry.memberId === memberId && isInLine(entry) && entry.end > now)
    .filter(({ offerExpiresAt }) => offerExpiresAt === null || offerExpiresAt > now)
    .map((entry) => viewOf(state, entry, joining.has(entry.id)))
    .toSorted((a, b) => Number(b.offer !== null) - Number(a.offer !== null) || a.start - b.start);
}

/** A place in line that has ended because the member has a slot in that time. */
export interface ServedView extends TimeRange {
  readonly id: string;
  /** Whether that slot is theirs for all of the time. */
  readonly isWhole: boolean;
}

/** How long it is said that a place in line was served (ms), unless its time is over before. */
const SERVED_SHOWN_FOR = 24 * 3_600_000;

/** E8: the places in line that were served within the day before `now` (ms since 1970), by start. */
export function servedViews(
  state: State,
  { memberId, now }: { memberId: string; now: number },
): ServedView[] {
  return [...state.waitlistEntries.values()]
    .filter((entry) => entry.memberId === memberId && entry.state === 'served' && entry.end > now)
    .filter(({ endedAt }) => endedAt !== null && endedAt > now - SERVED_SHOWN_FOR)
    .flatMap(({ id, start, end, reservationId }) => {
      const by = state.reservations.get(reservationId ?? '');
      return by && isActive(by) ? [{ id, start, end, isWhole: contains(by, { start, end }) }] : [];
    })
    .toSorted((a, b) => a.start - b.start);
}

function viewOf(state: State, entry: WaitlistEntry, isJoining: boolean): WaitlistView {
  const { id, start, end, kinds, levels, maxPrice, takeForMe } = entry;
  const mark = isJoining ? 'waiting' : 'confirmed';
  return { id, start, end, kinds, levels, maxPrice, takeForMe, mark, offer: offerOf(state, entry) };
}

function offerOf(state: State, { reservationId, offerExpiresAt }: WaitlistEntry): SlotOffer | null {
  if (reservationId === null || offerExpiresAt === null) return null;
  const reservation = state.reservations.get(reservationId);
  const slot = reservation && state.slots.get(reservation.slotId);
  if (!slot) return null;
  return {
    slotId: slot.id,
    slotLabel: slot.label,
    level: slot.level,
    kind: slot.kind,
    receiverName: slot.ownerName,
    price: reservation.price,
    expiresAt: offerExpiresAt,
  };
}
