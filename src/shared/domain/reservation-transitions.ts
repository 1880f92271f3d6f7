import type { ReservationState } from './entities';

/** What happens to a reservation after it was made. */
export type ReservationEvent =
  /** Its holder books the lease. What is booked stays so: told twice, from two devices or late, it is no error. */
  | 'confirm'
  | 'cancel'
  /** It gets another window or slot. */
  | 'change'
  /** A guard let its holder in. */
  | 'let_in'
  /** Its time is over. */
  | 'ended'
  /** Its time is over, nobody was let in on it, and the site looks. */
  | 'not_shown';

/**
 * The state after an event; null where the event is refused. Total: every state × event is listed, and the compiler finds
 * a gap. A lease booked offline in time arrives when it may have expired: its window was kept for it, so it still counts
 * (X3). A scan is a fact and never refused; one that arrives late takes back a no-show.
 */
export const reservationTransitions: Readonly<
  Record<ReservationState, Readonly<Record<ReservationEvent, ReservationState | null>>>
> = {
  held: {
    confirm: 'confirmed',
    cancel: 'cancelled',
    change: null,
    let_in: 'confirmed',
    ended: 'expired',
    not_shown: 'expired',
  },
  confirmed: {
    confirm: 'confirmed',
    cancel: 'cancelled',
    change: 'confirmed',
    let_in: 'confirmed',
    ended: 'completed',
    not_shown: 'no_show',
  },
  cancelled: {
    confirm: null,
    cancel: null,
    change: null,
    let_in: 'cancelled',
    ended: null,
    not_shown: null,
  },
  completed: {
    confirm: 'completed',
    cancel: null,
    change: null,
    let_in: 'completed',
    ended: null,
    not_shown: null,
  },
  expired: {
    confirm: 'completed',
    cancel: null,
    change: null,
    let_in: 'completed',
    ended: null,
    not_shown: null,
  },
  no_show: {
    confirm: 'no_show',
    cancel: null,
    change: null,
    let_in: 'completed',
    ended: null,
    not_shown: null,
  },
};
