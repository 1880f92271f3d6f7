import type { Pool, PoolClient } from 'pg';
import { countOtherWaysIn } from './ways-in';

/** A passkey as its user sees it. Times in epoch ms. */
export interface Passkey {
  /** base64url, as WebAuthn gives it. */
  readonly credentialId: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** What is needed to check an assertion. */
export interface StoredCredential {
  readonly credentialId: string;
  readonly userId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly counter: number;
  readonly transports: string[];
}

export interface NewCredential extends StoredCredential {
  readonly backedUp: boolean;
  readonly name: string;
  readonly createdAt: number;
}

interface PasskeyColumns {
  credential_id: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

/** The passkeys of a user, the oldest first. */
export async function selectPasskeys(pool: Pool, userId: string): Promise<Passkey[]> {
  const { rows } = await pool.query<PasskeyColumns>(
    `select credential_id, name, created_at, last_used_at from passkeys where user_id = $1
      order by created_at, credential_id`,
    [userId],
  );
  return rows.map((row) => ({
    credentialId: row.credential_id,
    name: row.name,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_used_at?.getTime() ?? null,
  }));
}

export async function selectCredential(
  pool: Pool,
  credentialId: string,
): Promise<StoredCredential | undefined> {
  const { rows } = await pool.query<{
    user_id: string;
    public_key: Uint8Array;
    counter: number;
    transports: string[];
  }>('select user_id, public_key, counter, transports from passkeys where credential_id = $1', [
    credentialId,
  ]);
  const row = rows[0];
  if (!row) return undefined;
  const { user_id: userId, counter, transports } = row;
  return { credentialId, userId, publicKey: new Uint8Array(row.public_key), counter, transports };
}

/** Answers false when the credential id is registered already, to whomever. */
export async function insertCredential(
  pool: Pick<Pool, 'query'>,
  credential: NewCredential,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into passkeys (credential_id, user_id, public_key, counter, transports, backed_up, name, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      credential.credentialId,
      credential.userId,
      credential.publicKey,
      credential.counter,
      credential.transports,
      credential.backedUp,
      credential.name,
      new Date(credential.createdAt),
    ],
  );
  return rowCount === 1;
}

/**
 * Records a use. Answers false when another use has brought the counter as far in the meantime (two assertions of a
 * cloned authenticator at once), or the passkey is gone. An authenticator that does not count says 0 always.
 */
export async function recordUse(
  pool: Pool,
  use: { credentialId: string; counter: number; backedUp: boolean; at: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update passkeys set counter = $2, backed_up = $3, last_used_at = $4
      where credential_id = $1 and (counter < $2 or (counter = 0 and $2 = 0))`,
    [use.credentialId, use.counter, use.backedUp, new Date(use.at)],
  );
  return rowCount === 1;
}

export async function renamePasskey(
  pool: Pool,
  { userId, credentialId, name }: { userId: string; credentialId: string; name: string },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update passkeys set name = $3 where user_id = $1 and credential_id = $2',
    [userId, credentialId, name],
  );
  return rowCount === 1;
}

/**
 * Removes a passkey unless it is the last way in. The user's row is locked, so that of two removals at once the second
 * sees what the first left.
 */
export async function deletePasskey(
  client: PoolClient,
  { userId, credentialId }: { userId: string; credentialId: string },
): Promise<'removed' | 'not_found' | 'last_way_in'> {
  const { rowCount } = await client.query(
    'select from passkeys where user_id = $1 and credential_id = $2 for update',
    [userId, credentialId],
  );
  if (rowCount === 0) return 'not_found';
  if ((await countOtherWaysIn(client, userId, { kind: 'passkey', credentialId })) === 0) return 'last_way_in';
  await client.query('delete from passkeys where user_id = $1 and credential_id = $2', [
    userId,
    credentialId,
  ]);
  return 'removed';
}
