import { app } from '$lib/state/app-state.svelte';

/**
 * X1: moves the passes of these reservations to this device, one wish each, after making sure once who asks. False when the
 * person would rather not prove it; rejects with a RefusalError. What was refused before is asked for again.
 */
export async function movePasses(reservationIds: readonly string[]): Promise<boolean> {
  // Only here: whoever draws a pass at a cold start must not wait for it.
  const { withVerification } = await import('$lib/auth/verification');
  const wanted = new Set<unknown>(reservationIds);
  const concerning = app.outbox.wishes.filter(
    (wish) => wish.op === 'pass.bind@1' && wanted.has(wish.args['reservationId']),
  );
  for (const { seq, mark } of concerning) if (mark === 'refused') await app.outbox.dismiss(seq);
  const waiting = new Set(
    concerning.filter(({ mark }) => mark === 'waiting').map(({ args }) => args['reservationId']),
  );
  const left = reservationIds.filter((id) => !waiting.has(id));
  return withVerification(async () => {
    while (left[0] !== undefined) {
      await app.passes.bind(left[0]);
      left.shift();
    }
  });
}
