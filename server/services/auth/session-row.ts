import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';

export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** E2: runs the installation. */
  readonly isAdministrator: boolean;
}

/** The user at the session's site. `name` is the one the site knows. */
export interface SessionMember {
  readonly id: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly role: Role;
  readonly name: string;
}

/** A session with whose it is, as it was when it was read. Times in epoch ms. */
export interface SessionRow {
  /** The same for as long as the session lasts, whatever its token. */
  readonly lastingId: string;
  readonly user: SessionUser;
  readonly member: SessionMember | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastSeenAt: number;
  /** The end that no use moves. */
  readonly endsAt: number;
  /** Null when nobody has proved in it to be the account's owner. */
  readonly verifiedAt: number | null;
}

interface Columns {
  token_sha256: Buffer;
  session_id: string;
  user_id: string;
  email: string;
  user_name: string;
  is_administrator: boolean;
  created_at: Date;
  expires_at: Date;
  last_seen_at: Date;
  ends_at: Date;
  verified_at: Date | null;
  site_id: string | null;
  site_name: string | null;
  member_id: string | null;
  member_name: string | null;
  role: Role | null;
}

const SELECT_SESSIONS = `
  select s.token_sha256, s.session_id, u.user_id, u.email, u.name as user_name,
         exists (select from platform_administrators a where a.user_id = u.user_id) as is_administrator,
         s.created_at, s.expires_at, s.last_seen_at, s.ends_at, s.verified_at,
         m.site_id, i.name as site_name, m.member_id, m.name as member_name, m.role
    from sessions s
    join users u on u.user_id = s.user_id
    left join members m on m.site_id = s.site_id and m.user_id = s.user_id and m.left_at is null
    left join sites i on i.site_id = m.site_id
   where s.token_sha256 = any($1::bytea[])`;

/**
 * The sessions of these SHA-256s, expired or not, each under its SHA-256 as base64url; unknown ones are left out.
 * Look-ups by unique key in one prepared statement.
 */
export async function selectSessions(
  pool: Pool,
  tokenSha256s: readonly Uint8Array[],
): Promise<Map<string, SessionRow>> {
  const { rows } = await pool.query<Columns>({
    name: 'select-sessions',
    text: SELECT_SESSIONS,
    values: [tokenSha256s],
  });
  return new Map(rows.map((row) => [row.token_sha256.toString('base64url'), toSession(row)]));
}

export interface SessionRenewal {
  readonly tokenSha256: Uint8Array;
  /** Epoch ms; a later end that the row has already stays. */
  readonly expiresAt: number;
  readonly seenAt: number;
  /** Where it was used, as `placeOf` writes it; empty leaves what is noted. */
  readonly network: string;
}

/** Locked in one order, so that two processes that renew the same sessions cannot wait for each other. */
const RENEW_SESSIONS = `
  with locked as (
    select token_sha256 from sessions where token_sha256 = any($1::bytea[]) order by token_sha256 for update)
  update sessions s set expires_at = least(s.ends_at, greatest(s.expires_at, n.expires_at)), last_seen_at = n.seen_at,
         network = coalesce(nullif(n.network, ''), s.network)
    from locked join (select distinct on (token_sha256) *
                        from unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::text[])
                          as given (token_sha256, expires_at, seen_at, network)
                       order by token_sha256, expires_at desc) n using (token_sha256)
   where s.token_sha256 = locked.token_sha256
  returning s.token_sha256`;

/** Writes all of them in one statement. Answers the SHA-256s, as base64url, of those that are still there. */
export async function renewSessions(
  pool: Pool,
  renewals: readonly SessionRenewal[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ token_sha256: Buffer }>({
    name: 'renew-sessions',
    text: RENEW_SESSIONS,
    values: [
      renewals.map(({ tokenSha256 }) => tokenSha256),
      renewals.map(({ expiresAt }) => new Date(expiresAt)),
      renewals.map(({ seenAt }) => new Date(seenAt)),
      renewals.map(({ network }) => network),
    ],
  });
  return new Set(rows.map((row) => row.token_sha256.toString('base64url')));
}

/** Where a new session of the user begins: the site joined first, with the role there; nulls without one. */
export async function selectStanding(
  pool: Pool,
  userId: string,
): Promise<{ siteId: string | null; role: Role | null; isAdministrator: boolean }> {
  const { rows } = await pool.query<{ site_id: string | null; role: Role | null; is_administrator: boolean }>(
    {
      name: 'select-standing',
      text: `select m.site_id, m.role,
                  exists (select from platform_administrators a where a.user_id = u.user_id) as is_administrator
             from users u left join members m on m.user_id = u.user_id and m.left_at is null
            where u.user_id = $1 order by m.joined_at, m.member_id limit 1`,
      values: [userId],
    },
  );
  const found = rows[0];
  return {
    siteId: found?.site_id ?? null,
    role: found?.role ?? null,
    isAdministrator: found?.is_administrator ?? false,
  };
}

const USER_AGENT_LENGTH = 200;

/** Stores a session that begins now, proved by how it was signed in. Times in epoch ms. */
export async function insertSession(
  pool: Pool,
  session: {
    tokenSha256: Uint8Array;
    userId: string;
    siteId: string | null;
    now: number;
    expiresAt: number;
    endsAt: number;
    by: string;
    network: string;
    userAgent: string;
  },
): Promise<void> {
  await pool.query({
    name: 'insert-session',
    text: `insert into sessions (token_sha256, user_id, site_id, created_at, last_seen_at, verified_at, expires_at, ends_at,
                                 signed_in_by, network, user_agent)
           -- B2: a browser that a phone has let in has proved nothing itself.
           values ($1, $2, $3, $4, $4, case when $7 = 'unlock' then null else $4::timestamptz end, $5, $6, $7, $8, $9)`,
    values: [
      session.tokenSha256,
      session.userId,
      session.siteId,
      new Date(session.now),
      new Date(session.expiresAt),
      new Date(session.endsAt),
      session.by,
      session.network,
      session.userAgent.slice(0, USER_AGENT_LENGTH),
    ],
  });
}

/**
 * Ends all sessions of a user from `now` on (epoch ms), but that of `except` (SHA-256). The rows stay until they are pruned, so that
 * a device that is lost can still be taken away, key and all (B5); no use moves their end again, nobody is proved in them and
 * nothing wakes them. Answers the SHA-256s of the tokens.
 */
export async function expireSessions(
  client: Pick<PoolClient, 'query'>,
  { userId, now, except = null }: { userId: string; now: number; except?: Uint8Array | null },
): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ token_sha256: Buffer }>(
    `with over as (
       update sessions set ends_at = $2, expires_at = least(expires_at, $2), verified_at = null
        where user_id = $1 and ends_at > $2 and ($3::bytea is null or token_sha256 <> $3)
       returning token_sha256),
     unwoken as (delete from push_subscriptions where session_sha256 in (select token_sha256 from over))
     select token_sha256 from over`,
    [userId, new Date(now), except],
  );
  return rows.map((row) => row.token_sha256);
}

function toSession(row: Columns): SessionRow {
  return {
    lastingId: row.session_id,
    user: {
      id: row.user_id,
      email: row.email,
      name: row.user_name,
      isAdministrator: row.is_administrator,
    },
    member: toMember(row),
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    endsAt: row.ends_at.getTime(),
    verifiedAt: row.verified_at?.getTime() ?? null,
  };
}

function toMember(row: Columns): SessionMember | null {
  const { member_id: id, site_id: siteId, site_name: siteName, member_name: name, role } = row;
  if (id === null || siteId === null || siteName === null || name === null || role === null) return null;
  return { id, siteId, siteName, role, name };
}
