import type { Pool, PoolClient } from 'pg';
import { createSessionToken, hashSessionToken } from '../auth/session-token';

export type LinkPurpose = 'verify_email' | 'change_email' | 'recover';

const MINUTE = 60_000;

/** Milliseconds for which a link is good. The mails say it in words: server/services/mail/mail-words-*.ts. */
export const LINK_LIFETIME: Readonly<Record<LinkPurpose, number>> = {
  verify_email: 24 * 60 * MINUTE,
  change_email: 2 * 60 * MINUTE,
  recover: 30 * MINUTE,
};

export interface OneTimeLink {
  readonly purpose: LinkPurpose;
  readonly userId: string;
  /** The address that it was sent to, and that using it therefore proves. */
  readonly email: string;
}

interface AskedLink {
  readonly token: string;
  readonly purposes: readonly LinkPurpose[];
  /** Epoch ms. */
  readonly now: number;
}

interface LinkRow {
  purpose: LinkPurpose;
  user_id: string;
  email: string;
}

/**
 * Table one_time_links: what is sent by mail and good once. A link is known by the SHA-256 of a token of 160 random bits, as a
 * session is. `now` is epoch ms.
 */
export async function insertLink(
  client: Pool | PoolClient,
  { purpose, userId, email, now }: OneTimeLink & { now: number },
): Promise<string> {
  const token = createSessionToken();
  await client.query(
    `insert into one_time_links (token_sha256, purpose, user_id, email, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [hashSessionToken(token), purpose, userId, email, new Date(now), new Date(now + LINK_LIFETIME[purpose])],
  );
  return token;
}

/** A link that `takeLink` would use up now; undefined when there is none. */
export async function findLink(
  client: Pool | PoolClient,
  { token, purposes, now }: AskedLink,
): Promise<OneTimeLink | undefined> {
  const hash = hashSessionToken(token);
  if (!hash) return undefined;
  const { rows } = await client.query<LinkRow>(
    `select purpose, user_id, email from one_time_links
      where token_sha256 = $1 and purpose = any($2::text[]) and used_at is null and expires_at > $3`,
    [hash, purposes, new Date(now)],
  );
  return rows[0] && linkOf(rows[0]);
}

/** Uses a link up; undefined when it is none, not for this, used, or over. Of two at the same time one gets it. */
export async function takeLink(
  client: Pool | PoolClient,
  { token, purposes, now }: AskedLink,
): Promise<OneTimeLink | undefined> {
  const hash = hashSessionToken(token);
  if (!hash) return undefined;
  const { rows } = await client.query<LinkRow>(
    `update one_time_links set used_at = $3
      where token_sha256 = $1 and purpose = any($2::text[]) and used_at is null and expires_at > $3
     returning purpose, user_id, email`,
    [hash, purposes, new Date(now)],
  );
  return rows[0] && linkOf(rows[0]);
}

function linkOf({ purpose, user_id: userId, email }: LinkRow): OneTimeLink {
  return { purpose, userId, email };
}

/** What was sent to a user for one of these purposes opens nothing any more. */
export async function endLinks(
  client: Pool | PoolClient,
  { userId, purposes }: { userId: string; purposes: readonly LinkPurpose[] },
): Promise<void> {
  await client.query('delete from one_time_links where user_id = $1 and purpose = any($2::text[])', [
    userId,
    purposes,
  ]);
}

/** Deletes links that have been over for a day. Answers how many. */
export async function pruneLinks(pool: Pool, now: number): Promise<number> {
  const { rowCount } = await pool.query('delete from one_time_links where expires_at <= $1', [
    new Date(now - 24 * 60 * MINUTE),
  ]);
  return rowCount ?? 0;
}
