import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Pool, PoolClient } from 'pg';
import { buildStatusList } from '#shared/pass/status-list';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import { createSharedIssue } from './shared-issue';
import type { SigningKeys } from './signing-keys';

/** Seconds for which a list is fresh; a guard's device says so when it is older. */
const TTL_SECONDS = 900;

export interface StatusLists {
  /**
   * Sees to it that the site has a signed status list that is younger than half its time to live and long enough for every
   * pass given so far: of a pass beyond its end a guard's device can only say "provisional". With `force` that it has one
   * that tells every status committed before this call. Calls at the same time share the work.
   */
  ensureFresh(siteId: string, options?: { force?: boolean }): Promise<void>;
}

/** Issues the signed lists of what is revoked or suspended at each site. */
export function createStatusLists(options: {
  pool: Pool;
  clock: Clock;
  signingKeys: Pick<SigningKeys, 'keyFor'>;
}): StatusLists {
  const { pool, clock, signingKeys } = options;

  async function isFresh(siteId: string): Promise<boolean> {
    const { rows } = await pool.query<{ issued_at: Date; ttl_seconds: number; is_long_enough: boolean }>(
      `select l.issued_at, l.ttl_seconds, l.length >= s.next_status_index as is_long_enough
         from status_lists l join sites s using (site_id) where site_id = $1`,
      [siteId],
    );
    const list = rows[0];
    return (
      list?.is_long_enough === true && clock.now() - list.issued_at.getTime() < (list.ttl_seconds * 1000) / 2
    );
  }

  async function issue(siteId: string): Promise<void> {
    const issuedAt = Math.floor(clock.now() / 1000) * 1000;
    await inTransaction(pool, (client) => issueWithin(client, siteId, issuedAt), { idempotent: true });
  }

  async function issueWithin(client: PoolClient, siteId: string, issuedAt: number): Promise<void> {
    // Lists of one site are issued one after the other, in any process, so that an older reading never replaces a newer.
    await client.query(`select pg_advisory_xact_lock(hashtextextended('undercroft status list ' || $1, 0))`, [
      siteId,
    ]);
    const { rows } = await client.query<{ status_index: number; status: 'revoked' | 'suspended' }>(
      `select status_index, status from passes where site_id = $1 and status <> 'valid' order by status_index`,
      [siteId],
    );
    // Read after the passes: an index below it belongs to every one of them.
    const site = await client.query<{ length: number }>(
      'select next_status_index as length from sites where site_id = $1',
      [siteId],
    );
    const length = site.rows[0]?.length;
    if (length === undefined) throw new Error(`there is no site ${siteId}`);
    const key = await signingKeys.keyFor(siteId, issuedAt);
    const signed = await buildStatusList({
      keyId: key.keyId,
      sign: key.sign,
      deflate: promisify(deflate),
      site: siteId,
      issued: issuedAt / 1000,
      ttl: TTL_SECONDS,
      length,
      states: rows.map((row) => [row.status_index, row.status] as const),
    });
    await client.query(
      `insert into status_lists (site_id, issued_at, ttl_seconds, length, signed) values ($1, $2, $3, $4, $5)
       on conflict (site_id) do update
          set issued_at = excluded.issued_at, ttl_seconds = excluded.ttl_seconds, length = excluded.length,
              signed = excluded.signed`,
      [siteId, new Date(issuedAt), TTL_SECONDS, length, Buffer.from(signed)],
    );
  }

  const issueShared = createSharedIssue(issue);

  return {
    async ensureFresh(siteId, { force = false } = {}) {
      if (!force && (await isFresh(siteId))) return;
      await issueShared(siteId);
    },
  };
}
