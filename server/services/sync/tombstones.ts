import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';

const DAY = 24 * 3_600_000;
/** How long a device may be away (ms) and still be told what has gone; after that it loads its scopes anew. */
export const TOMBSTONES_KEPT = 90 * DAY;
/** Rows of one statement: some 30 ms, so that no writer of the same rows waits long. */
const BATCH = 5_000;

export interface Pruned {
  readonly removed: number;
  /** The oldest transaction whose tombstones are still here; '0' when none was ever removed. */
  readonly below: string;
}

/**
 * Removes tombstones that are older than 90 days at `now` (epoch ms), in batches. For a job that runs now and then: each
 * run notes which transactions are over by now, and only what was over in a note of 90 days ago goes. The horizon is
 * committed before the first row goes, so that no device misses one in between. Runs at the same time do no harm.
 */
export async function pruneTombstones(pool: Pool, now: number): Promise<Pruned> {
  const below = await moveHorizon(pool, now);
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `delete from sync_row where ctid = any(array(
         select ctid from sync_row where deleted and xid < $1::xid8 limit $2)) and deleted and xid < $1::xid8`,
      [below, BATCH],
    );
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return { removed, below };
  }
}

async function moveHorizon(pool: Pool, now: number): Promise<string> {
  return inTransaction(
    pool,
    async (client) => {
      const kept = new Date(now - TOMBSTONES_KEPT);
      await client.query(
        `insert into sync_clock (at, oldest) values ($1, pg_snapshot_xmin(pg_current_snapshot())) on conflict do nothing`,
        [new Date(now)],
      );
      const { rows } = await client.query<{ pruned_below: string }>(
        `update epoch set pruned_below = greatest(pruned_below, coalesce(
           (select oldest from sync_clock where at <= $1 order by at desc limit 1), '0'::xid8)) returning pruned_below::text`,
        [kept],
      );
      // Of the notes that are old enough, only the newest will ever be asked for again.
      await client.query(
        'delete from sync_clock where at < (select max(at) from sync_clock where at <= $1)',
        [kept],
      );
      return rows[0]?.pruned_below ?? '0';
    },
    { idempotent: true },
  );
}
