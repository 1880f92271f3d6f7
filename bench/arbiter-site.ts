import type { Pool } from 'pg';
import { newId } from '../server/platform/ids';
import { createSessionToken, hashSessionToken } from '../server/services/auth/session-token';

export interface BenchMember {
  readonly id: string;
  readonly clientId: string;
  readonly token: string;
  /** The last seq used, counted up by the bench. */
  seq: number;
}

export interface BenchSite {
  readonly id: string;
  readonly members: BenchMember[];
  readonly slotIds: string[];
}

const CREDITS = 1_000_000;

/**
 * Fills the demo site of a fresh product with members and slots, and opens its policy so that only the arbiter's
 * work limits the rate: credits enough, far ahead, and any number at a time.
 */
export async function makeBenchSite(
  pool: Pool,
  size: { members: number; slots: number },
): Promise<BenchSite> {
  const site = await pool.query<{ site_id: string; issuance_account_id: string }>(
    `update sites set policy = policy || '{"reservationsAtATime": 100, "horizon": 31536000000}'
     returning site_id, issuance_account_id`,
  );
  const row = site.rows[0];
  if (!row) throw new Error('no site to fill');
  const members = await makeMembers(pool, row, 'driver', size.members);
  // Every slot has an owner of its own, so that no one account receives all credits: a hot row would be all we measure.
  const owners = await makeMembers(pool, row, 'owner', size.slots);
  const slotIds = owners.map(newId);
  await pool.query(
    `insert into slots (site_id, slot_id, label, owner_id, lent, opened)
     select $1, slot_id, 'B-' || number, owner_id, lent, lent
       from unnest($2::uuid[], $3::uuid[]) with ordinality as given (slot_id, owner_id, number),
            tstzmultirange(tstzrange(now(), now() + interval '9 years', '[)')) as lent`,
    [row.site_id, slotIds, owners.map((owner) => owner.id)],
  );
  await pool.query('analyze');
  return { id: row.site_id, members, slotIds };
}

/** As registering and signing in leaves them, without the password hashing of a thousand sign-ins. */
async function makeMembers(
  pool: Pool,
  site: { site_id: string; issuance_account_id: string },
  name: string,
  count: number,
): Promise<BenchMember[]> {
  const members = Array.from({ length: count }, () => ({
    id: newId(),
    clientId: newId(),
    token: createSessionToken(),
    seq: 0,
  }));
  const ids = members.map(({ id }) => id);
  const movementIds = members.map(newId);
  const hashes = members.map(({ token }) => Buffer.from(hashSessionToken(token)!));
  // A user's id is here its member's, which nothing forbids and which keeps the statements short.
  await pool.query(
    `insert into users (user_id, email, name)
     select id, $2 || number || '@bench.test', $2 || number from unnest($1::uuid[]) with ordinality as given (id, number)`,
    [ids, name],
  );
  await pool.query(
    `insert into members (site_id, member_id, user_id, role, name)
     select $1, id, id, 'resident', $3 || number from unnest($2::uuid[]) with ordinality as given (id, number)`,
    [site.site_id, ids, name],
  );
  await pool.query(
    `insert into accounts (site_id, account_id, kind) select $1, unnest($2::uuid[]), 'member'`,
    [site.site_id, ids],
  );
  await pool.query(
    `insert into movements (site_id, movement_id, kind, created_at) select $1, unnest($2::uuid[]), 'grant', now()`,
    [site.site_id, movementIds],
  );
  await pool.query(
    `insert into entries (site_id, movement_id, account_id, amount)
     select $1, movement_id, account_id, amount
       from unnest($2::uuid[], $3::uuid[]) as given (movement_id, member_id),
            lateral (values (member_id, $5::bigint), ($4::uuid, -$5::bigint)) as entry (account_id, amount)`,
    [site.site_id, movementIds, ids, site.issuance_account_id, CREDITS],
  );
  await pool.query(
    `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at)
     select hash, id, $1, now(), now() + interval '30 days', now() from unnest($2::bytea[], $3::uuid[]) as given (hash, id)`,
    [site.site_id, hashes, ids],
  );
  return members;
}
