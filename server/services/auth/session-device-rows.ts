import type { Pool } from 'pg';
import { browserWords } from './browser-words';

/** A session as its owner sees it. Times in ms since 1970. */
export interface DeviceRow {
  /** The `session.lastingId`. */
  readonly id: string;
  /** What its owner calls it; empty for no name. */
  readonly name: string;
  /** "Firefox on Windows"; empty when the user agent says nothing known. */
  readonly words: string;
  /** Where it was used last, as `placeOf` writes it; empty when not known. */
  readonly network: string;
  readonly createdAt: number;
  /** To some minutes. */
  readonly lastSeenAt: number;
  /** When it is over if nobody uses it. */
  readonly expiresAt: number;
  readonly by: string;
  /** The queues it has synced as, at any site. */
  readonly clientIds: readonly string[];
  /** Whether one of them holds a pass key that counts. */
  readonly holdsKey: boolean;
}

/** Sessions of a user: all, or one, or all but one, by its `lastingId`. */
export interface SessionChoice {
  readonly userId: string;
  readonly only?: string;
  readonly allBut?: string;
}

/** Of a session `s`; takes the values of `chosenValues`. */
const CHOSEN_SESSIONS =
  's.user_id = $1 and ($2::uuid is null or s.session_id = $2) and ($3::uuid is null or s.session_id <> $3)';

/** The first three values of a statement with CHOSEN_SESSIONS. */
function chosenValues({ userId, only, allBut }: SessionChoice): [string, string | null, string | null] {
  return [userId, only ?? null, allBut ?? null];
}

/** These sessions, the latest used first. */
export async function selectDevices(pool: Pool, choice: SessionChoice): Promise<DeviceRow[]> {
  const { rows } = await pool.query<{
    session_id: string;
    name: string;
    user_agent: string;
    network: string;
    created_at: Date;
    last_seen_at: Date;
    expires_at: Date;
    signed_in_by: string;
    client_ids: string[];
    holds_key: boolean;
  }>(
    `select s.session_id, s.name, s.user_agent, s.network, s.created_at, s.last_seen_at, s.signed_in_by,
            least(s.expires_at, s.ends_at) as expires_at,
            array(select c.client_id::text from session_clients c where c.session_sha256 = s.token_sha256) as client_ids,
            exists (select from session_clients c join holder_keys h using (site_id, client_id)
                      join members m on m.site_id = h.site_id and m.member_id = h.member_id
                     where c.session_sha256 = s.token_sha256 and h.revoked_at is null and m.user_id = s.user_id) as holds_key
       from sessions s where ${CHOSEN_SESSIONS} order by s.last_seen_at desc, s.created_at desc`,
    chosenValues(choice),
  );
  return rows.map((row) => ({
    id: row.session_id,
    name: row.name,
    words: browserWords(row.user_agent),
    network: row.network,
    createdAt: row.created_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    by: row.signed_in_by,
    clientIds: row.client_ids,
    holdsKey: row.holds_key,
  }));
}

/** A pass key of a member, by the queue that registered it. */
export interface HeldKey {
  readonly siteId: string;
  readonly memberId: string;
  readonly clientId: string;
}

/** The pass keys that count of these sessions' queues, at all sites where their user is a member; the latest bound first. */
export async function selectHeldKeys(pool: Pool, choice: SessionChoice): Promise<HeldKey[]> {
  const { rows } = await pool.query<HeldKey>(
    `select distinct on (h.bound_at, h.site_id, h.client_id)
            h.site_id as "siteId", h.member_id as "memberId", h.client_id as "clientId"
       from sessions s
       join session_clients c on c.session_sha256 = s.token_sha256
       join holder_keys h on h.site_id = c.site_id and h.client_id = c.client_id
       join members m on m.site_id = h.site_id and m.member_id = h.member_id and m.left_at is null
      where ${CHOSEN_SESSIONS} and m.user_id = s.user_id and h.revoked_at is null
      order by h.bound_at desc, h.site_id, h.client_id`,
    chosenValues(choice),
  );
  return rows;
}

/** The SHA-256s, as base64url, of the tokens that these sessions have at this moment. */
export async function selectTokenIds(pool: Pool, choice: SessionChoice): Promise<string[]> {
  const { rows } = await pool.query<{ token_sha256: Buffer }>(
    `select s.token_sha256 from sessions s where ${CHOSEN_SESSIONS}`,
    chosenValues(choice),
  );
  return rows.map((row) => row.token_sha256.toString('base64url'));
}

/**
 * Takes these sessions away, all at once and whatever their tokens are by then: the devices wipe what they hold when they come back.
 * `now` in epoch ms. Answers the SHA-256s of the tokens, as base64url.
 */
export async function moveToRevoked(pool: Pool, choice: SessionChoice, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ token_sha256: Buffer }>(
    `with gone as (delete from sessions s where ${CHOSEN_SESSIONS} returning s.token_sha256, s.user_id),
     marked as (
       insert into revoked_sessions (token_sha256, user_id, revoked_at)
       select token_sha256, user_id, $4 from gone on conflict do nothing)
     select token_sha256 from gone`,
    [...chosenValues(choice), new Date(now)],
  );
  return rows.map((row) => row.token_sha256.toString('base64url'));
}
