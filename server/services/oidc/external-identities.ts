import type { Pool, PoolClient } from 'pg';
import type { ProvedIdentity } from './oidc-client';

/** An account elsewhere that signs its user in here. Times in epoch ms. */
export interface ExternalIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** As the provider told it when it was linked; for a person to tell two accounts apart. */
  readonly email: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

type IdentityKey = Pick<ProvedIdentity, 'issuer' | 'subject'>;

/** Whose identity it is; undefined when nobody has it here. Notes the use at `now`. */
export async function findIdentityUser(
  pool: Pool,
  { issuer, subject }: IdentityKey,
  now: number,
): Promise<string | undefined> {
  const { rows } = await pool.query<{ user_id: string }>(
    'update external_identities set last_used_at = $3 where issuer = $1 and subject = $2 returning user_id',
    [issuer, subject, new Date(now)],
  );
  return rows[0]?.user_id;
}

/** Links it to the user. False when it is somebody else's; linking one's own again changes nothing. */
export async function insertIdentity(
  client: Pool | PoolClient,
  { identity, userId, now }: { identity: ProvedIdentity; userId: string; now: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into external_identities (issuer, subject, user_id, email, created_at, last_used_at)
     values ($1, $2, $3, $4, $5, $5)
     on conflict (issuer, subject) do update set last_used_at = excluded.last_used_at
       where external_identities.user_id = excluded.user_id`,
    [identity.issuer, identity.subject, userId, identity.email, new Date(now)],
  );
  return rowCount === 1;
}

/** A user's identities, the oldest first. */
export async function selectIdentities(pool: Pool, userId: string): Promise<ExternalIdentity[]> {
  const { rows } = await pool.query<{
    issuer: string;
    subject: string;
    email: string;
    created_at: Date;
    last_used_at: Date | null;
  }>(
    `select issuer, subject, email, created_at, last_used_at from external_identities where user_id = $1
      order by created_at, issuer, subject`,
    [userId],
  );
  return rows.map((row) => ({
    issuer: row.issuer,
    subject: row.subject,
    email: row.email,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_used_at?.getTime() ?? null,
  }));
}

/** Removes a user's own identity; false when there is none such. */
export async function deleteIdentity(
  client: PoolClient,
  userId: string,
  { issuer, subject }: IdentityKey,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'delete from external_identities where user_id = $1 and issuer = $2 and subject = $3',
    [userId, issuer, subject],
  );
  return rowCount === 1;
}
