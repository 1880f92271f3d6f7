import type { Pool } from 'pg';

/** For so long it can be looked up what became of a place in line, milliseconds: what was decided stays in the journal. */
export const ENDED_KEPT = 90 * 86_400_000;
/** At a time, so that no statement holds many rows for long: the trigger writes as many tombstones. */
const BATCH = 5000;

const PRUNE = `delete from waitlist_entries where (site_id, entry_id) in (
  select site_id, entry_id from waitlist_entries where ended_at < $1
   order by site_id, entry_id limit $2 for update skip locked)`;

/** E8: forgets places in line that ended long ago; `now` in ms since 1970. Resolves with how many. */
export async function pruneEntries(pool: Pick<Pool, 'query'>, now: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const { rowCount } = await pool.query(PRUNE, [new Date(now - ENDED_KEPT), BATCH]);
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return pruned;
  }
}
