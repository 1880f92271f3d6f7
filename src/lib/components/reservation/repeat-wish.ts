import type { Alternative } from '#shared/protocol/push';
import type { ReservationState } from '$lib/state/reservation-state.svelte';
import type { OutboxView } from '$lib/state/views';

export type WishToRepeat = Pick<OutboxView, 'op' | 'args'>;

/**
 * A4: the same wish for a slot that is free: a change moves the reservation there, a lease is kept there, anything else
 * is reserved, each at the price that stands with it. Resolves with the reservation's id; rejects as their actions do.
 */
export async function repeatWish(
  reservations: Pick<ReservationState, 'change' | 'lease' | 'reserve'>,
  wish: WishToRepeat | null,
  { slotId, start, end, cost: most }: Alternative,
): Promise<string> {
  const reservationId = wish?.args['reservationId'];
  if (wish?.op === 'reservation.change@1' && typeof reservationId === 'string') {
    await reservations.change(reservationId, { slotId, start, end, most });
    return reservationId;
  }
  if (wish?.op === 'reservation.lease@1') return reservations.lease(slotId, start, end, most);
  return reservations.reserve(slotId, start, end, most);
}

/** What the button of an alternative says before the slot's name. */
export function alternativeVerb(wish: WishToRepeat | null): 'Take' | 'Keep' | 'Move to' {
  if (wish?.op === 'reservation.change@1') return 'Move to';
  return wish?.op === 'reservation.lease@1' ? 'Keep' : 'Take';
}

/** What stands above the alternatives to what was refused with `code`. */
export function alternativesLead(code: string): string {
  return code === 'price_changed' ? 'At the new price, one tap:' : 'Free instead, one tap:';
}
