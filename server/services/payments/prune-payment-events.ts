import type { Pool } from 'pg';

/**
 * For so long a webhook that comes again is known, milliseconds: providers stop sending within days, and later ones find that the
 * purchase is decided.
 */
export const EVENTS_KEPT = 60 * 86_400_000;
/** At a time, so that no statement holds many rows for long. */
const BATCH = 5000;

const PRUNE = `delete from payment_events where (provider, event_id) in (
  select provider, event_id from payment_events where received_at < $1 limit $2 for update skip locked)`;

/** B8: forgets webhooks that were taken in long ago; `now` in ms since 1970. Resolves with how many. */
export async function prunePaymentEvents(pool: Pick<Pool, 'query'>, now: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const { rowCount } = await pool.query(PRUNE, [new Date(now - EVENTS_KEPT), BATCH]);
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return pruned;
  }
}
