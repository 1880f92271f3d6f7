import type { PoolClient } from 'pg';
import { together } from '../db/together';
import type { ClientRow } from './admit';
import type { PreparedPush } from './push';

// Who is no member of the site (or no longer), nor the site itself, gets no row, and so no push.
const LOCK = {
  name: 'arbiter-lock-clients',
  text: `select c.site_id, c.client_id, c.member_id, c.last_seq
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, client_id)
           join clients c using (site_id, client_id)
          where c.member_id = c.site_id
             or exists (select from members m where m.site_id = c.site_id and m.member_id = c.member_id and m.left_at is null)
          order by c.site_id, c.client_id for no key update of c`,
};

// Likewise.
const INSERT = {
  name: 'arbiter-insert-clients',
  text: `insert into clients (site_id, client_id, member_id)
         select k.site_id, k.client_id, k.member_id
           from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k(site_id, client_id, member_id)
          where k.member_id = k.site_id
             or exists (select from members m where m.site_id = k.site_id and m.member_id = k.member_id and m.left_at is null)
          order by k.site_id, k.client_id
         on conflict do nothing`,
};

const ADVANCE = {
  name: 'arbiter-advance-clients',
  text: `update clients c set last_seq = k.last_seq
           from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as k(site_id, client_id, last_seq)
          where c.site_id = k.site_id and c.client_id = k.client_id`,
};

interface LockedRow {
  site_id: string;
  client_id: string;
  member_id: string;
  last_seq: number;
}

/** Key of a client within a batch. */
export function clientKey(of: Pick<PreparedPush, 'siteId' | 'clientId'>): string {
  return `${of.siteId}/${of.clientId}`;
}

/**
 * Locks the clients' rows: first all that exist, in key order, then the new ones, in key order. An uncommitted new row is
 * seen by nobody as existing, so the two orders cannot cross. A client of a member unknown to the site stays missing.
 */
export async function lockClients(
  client: PoolClient,
  pushes: readonly PreparedPush[],
): Promise<Map<string, ClientRow>> {
  const locked = await lock(client, pushes);
  const missing = pushes.filter((push) => !locked.has(clientKey(push)));
  if (missing.length === 0) return locked;
  const [, made] = await together([
    client.query({
      ...INSERT,
      values: [
        missing.map((push) => push.siteId),
        missing.map((push) => push.clientId),
        missing.map((push) => push.member.id),
      ],
    }),
    lock(client, missing),
  ]);
  for (const [key, row] of made) locked.set(key, row);
  return locked;
}

async function lock(client: PoolClient, pushes: readonly PreparedPush[]): Promise<Map<string, ClientRow>> {
  const { rows } = await client.query<LockedRow>({
    ...LOCK,
    values: [pushes.map((push) => push.siteId), pushes.map((push) => push.clientId)],
  });
  return new Map(
    rows.map((row) => [
      clientKey({ siteId: row.site_id, clientId: row.client_id }),
      { memberId: row.member_id, lastSeq: row.last_seq },
    ]),
  );
}

/** Moves the clients' last seq on. The rows are locked already. */
export async function advanceClients(
  client: PoolClient,
  advances: readonly { siteId: string; clientId: string; lastSeq: number }[],
): Promise<void> {
  await client.query({
    ...ADVANCE,
    values: [
      advances.map(({ siteId }) => siteId),
      advances.map(({ clientId }) => clientId),
      advances.map(({ lastSeq }) => lastSeq),
    ],
  });
}
