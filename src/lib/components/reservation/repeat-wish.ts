import type { Alternative } from '#shared/protocol/push';
import type { App } from '$lib/state/app-state.svelte';
import type { OutboxView } from '$lib/state/views';

export type WishToRepeat = Pick<OutboxView, 'op' | 'args'>;

/**
 * A4: the same wish for a slot that is free: a change moves the reservation there, a lease is kept there, anything else
 * is reserved. Resolves with the reservation's id; rejects as the app's actions do.
 */
export async function repeatWish(
  app: Pick<App, 'change' | 'lease' | 'reserve'>,
  wish: WishToRepeat | null,
  { slotId, start, end }: Alternative,
): Promise<string> {
  const reservationId = wish?.args['reservationId'];
  if (wish?.op === 'reservation.change@1' && typeof reservationId === 'string') {
    await app.change(reservationId, { slotId, start, end });
    return reservationId;
  }
  if (wish?.op === 'reservation.lease@1') return app.lease(slotId, start, end);
  return app.reserve(slotId, start, end);
}

/** What the button of an alternative says before the slot's name. */
export function alternativeVerb(wish: WishToRepeat | null): 'Take' | 'Keep' | 'Move to' {
  if (wish?.op === 'reservation.change@1') return 'Move to';
  return wish?.op === 'reservation.lease@1' ? 'Keep' : 'Take';
}
