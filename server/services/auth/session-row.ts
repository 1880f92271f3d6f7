import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';

export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
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
  readonly user: SessionUser;
  readonly member: SessionMember | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastSeenAt: number;
  /** Null when nobody has proved in it to be the account's owner. */
  readonly verifiedAt: number | null;
}

interface Columns {
  token_sha256: Buffer;
  user_id: string;
  email: string;
  user_name: string;
  created_at: Date;
  expires_at: Date;
  last_seen_at: Date;
  verified_at: Date | null;
  site_id: string | null;
  site_name: string | null;
  member_id: string | null;
  member_name: string | null;
  role: Role | null;
}

const SELECT_SESSIONS = `
  select s.token_sha256, u.user_id, u.email, u.name as user_name, s.created_at, s.expires_at, s.last_seen_at,
         s.verified_at,
         m.site_id, i.name as site_name, m.member_id, m.name as member_name, m.role
    from sessions s
    join users u on u.user_id = s.user_id
    left join members m on m.site_id = s.site_id and m.user_id = s.user_id
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
}

/** Locked in one order, so that two processes that renew the same sessions cannot wait for each other. */
const RENEW_SESSIONS = `
  with locked as (
    select token_sha256 from sessions where token_sha256 = any($1::bytea[]) order by token_sha256 for update)
  update sessions s set expires_at = greatest(s.expires_at, n.expires_at), last_seen_at = n.seen_at
    from locked join (select distinct on (token_sha256) * from unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[])
           as given (token_sha256, expires_at, seen_at) order by token_sha256, expires_at desc) n using (token_sha256)
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
    ],
  });
  return new Set(rows.map((row) => row.token_sha256.toString('base64url')));
}

function toSession(row: Columns): SessionRow {
  return {
    user: { id: row.user_id, email: row.email, name: row.user_name },
    member: toMember(row),
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    lastSeenAt: row.last_seen_at.getTime(),
    verifiedAt: row.verified_at?.getTime() ?? null,
  };
}

function toMember(row: Columns): SessionMember | null {
  const { member_id: id, site_id: siteId, site_name: siteName, member_name: name, role } = row;
  if (id === null || siteId === null || siteName === null || name === null || role === null) return null;
  return { id, siteId, siteName, role, name };
}
