import type { Pool } from 'pg';

/** Clients that a session keeps, beside those with a pass key: a browser has one a site, and a new one when its storage was lost. */
export const CLIENTS_KEPT = 20;

/** A queue as which a session has synced. `sessionId` is the `session.lastingId`. */
export interface SessionClient {
  readonly sessionId: string;
  readonly siteId: string;
  readonly clientId: string;
}

/**
 * Notes the client at the session, at `now` (epoch ms), where the client is of the session's user; else nothing. Answers whether
 * it is new there.
 */
export async function insertClient(
  pool: Pool,
  { sessionId, siteId, clientId }: SessionClient,
  now: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into session_clients (session_sha256, site_id, client_id, noted_at)
     select s.token_sha256, c.site_id, c.client_id, $4
       from sessions s
       join clients c on c.site_id = $2 and c.client_id = $3
       join members m on m.site_id = c.site_id and m.member_id = c.member_id and m.user_id = s.user_id
      where s.session_id = $1 for key share of s
     on conflict do nothing`,
    [sessionId, siteId, clientId, new Date(now)],
  );
  return rowCount === 1;
}

/** Forgets a session's clients but the latest CLIENTS_KEPT, first of all those with a key: these must go with the session. */
export async function dropOldClients(pool: Pool, sessionId: string): Promise<void> {
  await pool.query(
    `with own as (
       select c.*, exists (select from holder_keys h
                            where h.site_id = c.site_id and h.client_id = c.client_id and h.revoked_at is null) as holds_key
         from sessions s join session_clients c on c.session_sha256 = s.token_sha256 where s.session_id = $1),
     old as (select * from own order by holds_key desc, noted_at desc, site_id, client_id offset ${CLIENTS_KEPT})
     delete from session_clients d using old
      where d.session_sha256 = old.session_sha256 and d.site_id = old.site_id and d.client_id = old.client_id
        and not old.holds_key`,
    [sessionId],
  );
}
