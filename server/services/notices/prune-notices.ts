import type { Pool } from 'pg';

const DAY = 86_400_000;
/** For so long what was read can be looked up again, milliseconds. */
export const READ_KEPT = 90 * DAY;
/** Who has not opened the app for half a year looks for nothing of before then. */
export const UNREAD_KEPT = 180 * DAY;
/** At a time, so that no statement holds many rows for long: the triggers write as many tombstones. */
const BATCH = 5000;

const PRUNE = `delete from notices where (site_id, notice_id) in (
  select site_id, notice_id from notices
   where created_at < $1 and (read_at is not null or created_at < $2)
   order by created_at limit $3 for update skip locked)`;

/** B4: takes old notices from their members' copies; `now` in ms since 1970. Resolves with how many. */
export async function pruneNotices(pool: Pool, now: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const { rowCount } = await pool.query(PRUNE, [
      new Date(now - READ_KEPT),
      new Date(now - UNREAD_KEPT),
      BATCH,
    ]);
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return pruned;
  }
}
