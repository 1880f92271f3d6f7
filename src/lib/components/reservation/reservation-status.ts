import type { ReservationState } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import type { Mark } from '$lib/state/views';
import { formatDuration, type TimeFormat } from '../time/format';

/*
 * What a reservation means to its holder right now. Every screen asks here, so that all of them say the same.
 */

/** What has to be known; a ReservationView fits. */
export interface Standing {
  readonly start: number;
  readonly end: number;
  readonly state: ReservationState;
  readonly mark: Mark;
  readonly cancelWaiting: boolean;
  readonly changeWaiting: boolean;
  /** While a change waits: the window that holds until it is decided. */
  readonly agreed: TimeRange | null;
  readonly passHere: boolean;
  /** Of the wish that made it, until the server's rows are here. */
  readonly seq: number | null;
}

export type Stage = 'refused' | 'cancelled' | 'ended' | 'current' | 'upcoming';

/**
 * Which stage it is in at `now` (ms since 1970). `held` counts as having the slot, and so does a cancellation that still
 * waits: until the server has it, the reservation and its pass are good, and it may come too late.
 */
export function stageOf(reservation: Standing, now: number): Stage {
  if (reservation.mark === 'refused' && reservation.state === 'cancelled') return 'refused';
  if (reservation.state === 'expired') return 'cancelled';
  if (reservation.state === 'cancelled' && !reservation.cancelWaiting) return 'cancelled';
  if (reservation.state === 'completed' || reservation.state === 'no_show') return 'ended';
  const { start, end } = standingWindow(reservation);
  if (end <= now) return 'ended';
  return start <= now ? 'current' : 'upcoming';
}

/** What was agreed and what is wished together: a change that waits may come too late, and takes nothing away till then. */
function standingWindow({ start, end, agreed }: Standing): TimeRange {
  if (agreed === null) return { start, end };
  return { start: Math.min(start, agreed.start), end: Math.max(end, agreed.end) };
}

/**
 * The one the member cares about first: what runs now, else what comes next; one that is being cancelled only when there
 * is no other. `reservations` by start.
 */
export function foremost<R extends Standing>(reservations: readonly R[], now: number): R | null {
  const all = reservations.filter((reservation) => isAhead(reservation, now));
  const kept = all.filter(({ cancelWaiting }) => !cancelWaiting);
  const ahead = kept.length > 0 ? kept : all;
  return ahead.find((reservation) => stageOf(reservation, now) === 'current') ?? ahead[0] ?? null;
}

/** Whether it still gives the member a slot, now or later. */
export function isAhead(reservation: Standing, now: number): boolean {
  const stage = stageOf(reservation, now);
  return stage === 'current' || stage === 'upcoming';
}

/**
 * X3: whether it is a lease that nobody has booked yet and that can be booked here without signal: the server has given
 * it, and its pass is on this device.
 */
export function isKept(reservation: Standing, now: number): boolean {
  return isGiven(reservation) && isAhead(reservation, now);
}

/** Lease and pass come down together, and with them the wish leaves the outbox. */
function isGiven(reservation: Standing): boolean {
  return isLeased(reservation) && reservation.passHere;
}

/** Whether the server has given a lease to this member, on whichever device. */
function isLeased({ state, mark, seq }: Standing): boolean {
  return state === 'held' && mark === 'confirmed' && seq === null;
}

/** C3: whether it can be cancelled: before the start, and a lease until it ends. */
export function canCancel(reservation: Standing, now: number): boolean {
  if (reservation.cancelWaiting) return false;
  // Another device may be booking a lease without signal: only the one that has its pass gives it back.
  if (reservation.state === 'held')
    return isAhead(reservation, now) && (isGiven(reservation) || !isLeased(reservation));
  return stageOf(reservation, now) === 'upcoming';
}

/** C3: whether another window or slot can be asked for; one that the server has not confirmed is cancelled instead. */
export function canChange(reservation: Standing, now: number): boolean {
  const settled = reservation.state === 'confirmed' && reservation.mark !== 'waiting';
  return settled && !reservation.cancelWaiting && isAhead(reservation, now);
}

/** K3: the mark a reservation carries on every screen; `label` where the usual word would mislead. */
export function shownMark(reservation: Standing): { readonly mark: Mark; readonly label?: string } {
  if (reservation.cancelWaiting) return { mark: 'waiting', label: 'Waiting to cancel' };
  if (reservation.changeWaiting) return { mark: 'waiting', label: 'Waiting to change' };
  if (reservation.state === 'held') {
    if (!isLeased(reservation)) return { mark: 'waiting' };
    return { mark: 'confirmed', label: reservation.passHere ? 'Kept for you' : 'Kept on another device' };
  }
  return { mark: reservation.mark };
}

/** `1 hr 5 min left`, `Starts in 20 min`, `Starts tomorrow 09:00`, `Ended`, `Cancelled`. */
export function stageWords(reservation: Standing, now: number, format: TimeFormat): string {
  switch (stageOf(reservation, now)) {
    case 'current':
      return `${formatDuration(reservation.end - now)} left`;
    case 'upcoming':
      return reservation.start - now < 12 * 3_600_000
        ? `Starts in ${formatDuration(reservation.start - now)}`
        : `Starts ${format.moment(reservation.start, now)}`;
    case 'ended':
      return reservation.state === 'no_show' ? 'Ended, not used' : 'Ended';
    case 'cancelled':
      return reservation.state === 'expired' ? 'Not booked in time' : 'Cancelled';
    case 'refused':
      return 'Not reserved';
  }
}

/** What the mark means for this reservation, as a sentence. */
export function markWords(reservation: Standing): string {
  if (reservation.cancelWaiting) return 'Your cancellation is waiting to be sent.';
  if (reservation.changeWaiting) {
    return 'Your change is waiting to be sent. Until the server has confirmed it, what was agreed before holds.';
  }
  if (reservation.state === 'held') {
    if (isLeased(reservation) && !reservation.passHere) {
      return 'Kept on another of your devices. Book it or give it back there.';
    }
    return isGiven(reservation)
      ? 'Kept for you, not booked yet. Booking works without signal.'
      : 'Waiting for the server. The slot is kept for you once its pass is on this device.';
  }
  switch (reservation.mark) {
    case 'waiting':
      return 'Waiting to be sent. The slot is yours once the server has confirmed it.';
    case 'certain':
      return 'Certain. The slot is yours; the server hears of it when there is signal.';
    case 'confirmed':
      return 'Confirmed. The slot is yours.';
    case 'refused':
      return 'Refused. This slot was not reserved for you.';
  }
}
