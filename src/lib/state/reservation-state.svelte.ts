import { reservationViews } from './build-views';
import type { AppCore } from './app-core';
import type { ReservationView } from './views';

/** Milliseconds. */
const LEASE_WISH_LASTS = 120_000;

/** A4: the member's own reservations. Wishes resolve when they are kept and reject with a RefusalError. */
export class ReservationState {
  readonly #core: AppCore;
  readonly #all = $derived.by(() => {
    const state = this.#core.predicted();
    if (!state) return [];
    return reservationViews(state, this.#core.outboxRows(), {
      memberId: this.#core.memberId(),
      clientId: this.#core.meta().clientId ?? '',
      pulled: this.#core.base().reservation,
    });
  });

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** The member's own, by start; those refused and not dismissed included. */
  get all(): readonly ReservationView[] {
    return this.#all;
  }

  /** A4: returns the reservation's id. `most`: the credits agreed to, of which no more are ever charged. */
  async reserve(slotId: string, start: number, end: number, most?: number): Promise<string> {
    const reservationId = this.#core.newId();
    const args = { reservationId, slotId, start, end, ...agreed(most) };
    await this.#core.wish({ op: 'reservation.create@1', args }, end);
    return reservationId;
  }

  /**
   * X3: asks the server to keep a slot, to be booked later, also without signal. Returns the reservation's id. It is not
   * asked for any more after two minutes: a lease that begins when nobody waits for it helps nobody. `most` as of `reserve`.
   */
  async lease(slotId: string, start: number, end: number, most?: number): Promise<string> {
    const reservationId = this.#core.newId();
    const args = { reservationId, slotId, start, end, ...agreed(most) };
    const expiresAt = Math.min(end, this.#core.now() + LEASE_WISH_LASTS);
    await this.#core.wish({ op: 'reservation.lease@1', args }, expiresAt);
    return reservationId;
  }

  /** X3: books a lease; certain at once. `most`: the credits that it was taken at. */
  book(reservationId: string, most?: number): Promise<void> {
    return this.#core.wish({ op: 'reservation.confirm@1', args: { reservationId, ...agreed(most) } }, null);
  }

  /** C3: another window or slot for a reservation, in one step. `most`: the credits that it may come to in all. */
  change(
    reservationId: string,
    { most, ...to }: { slotId: string; start: number; end: number; most?: number },
  ): Promise<void> {
    const args = { reservationId, ...to, ...agreed(most) };
    return this.#core.wish({ op: 'reservation.change@1', args }, to.end);
  }

  cancel(reservationId: string): Promise<void> {
    return this.#core.wish({ op: 'reservation.cancel@1', args: { reservationId } }, null);
  }
}

function agreed(most: number | undefined): { most?: number } {
  return most === undefined ? {} : { most };
}
