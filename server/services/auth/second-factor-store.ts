import type { Pool, PoolClient } from 'pg';

/** Table second_factors and recovery_codes. Times in epoch ms. */
export interface StoredSecondFactor {
  readonly sealedSecret: Uint8Array;
  readonly isConfirmed: boolean;
}

export async function selectSecondFactor(
  pool: Pool | PoolClient,
  userId: string,
): Promise<StoredSecondFactor | undefined> {
  const { rows } = await pool.query<{ sealed_secret: Uint8Array; is_confirmed: boolean }>(
    'select sealed_secret, confirmed_at is not null as is_confirmed from second_factors where user_id = $1',
    [userId],
  );
  return rows[0] && { sealedSecret: rows[0].sealed_secret, isConfirmed: rows[0].is_confirmed };
}

/** Keeps a secret that is yet to be confirmed, in place of such a one; false when a confirmed one is there. */
export async function insertUnconfirmed(
  pool: Pool,
  { userId, sealedSecret, now }: { userId: string; sealedSecret: Uint8Array; now: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into second_factors (user_id, sealed_secret, created_at) values ($1, $2, $3)
     on conflict (user_id) do update set sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0
      where second_factors.confirmed_at is null`,
    [userId, sealedSecret, new Date(now)],
  );
  return rowCount === 1;
}

/** From now on it is asked for; false when it is confirmed already, or another secret has taken its place. */
export async function confirmSecondFactor(
  client: PoolClient,
  confirmed: { userId: string; sealedSecret: Uint8Array; step: number; now: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update second_factors set confirmed_at = $4, last_step = $3
      where user_id = $1 and sealed_secret = $2 and confirmed_at is null`,
    [confirmed.userId, confirmed.sealedSecret, confirmed.step, new Date(confirmed.now)],
  );
  return rowCount === 1;
}

/** Notes that the code of this time step was used; false when it, or a later one, was used before (RFC 6238 §5.2). */
export async function takeTimeStep(
  pool: Pool,
  { userId, step }: { userId: string; step: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update second_factors set last_step = $2 where user_id = $1 and last_step < $2 and confirmed_at is not null`,
    [userId, step],
  );
  return rowCount === 1;
}

/** Takes the factor and its recovery codes away; false when none was confirmed. */
export async function deleteSecondFactor(client: PoolClient, userId: string): Promise<boolean> {
  const { rows } = await client.query<{ was_on: boolean }>(
    'delete from second_factors where user_id = $1 returning confirmed_at is not null as was_on',
    [userId],
  );
  await client.query('delete from recovery_codes where user_id = $1', [userId]);
  await client.query('delete from sign_in_steps where user_id = $1', [userId]);
  return rows[0]?.was_on ?? false;
}

/** Keeps new recovery codes in place of the old ones. */
export async function replaceRecoveryCodes(
  client: PoolClient,
  { userId, hashes }: { userId: string; hashes: readonly Uint8Array[] },
): Promise<void> {
  await client.query('delete from recovery_codes where user_id = $1', [userId]);
  await client.query(
    'insert into recovery_codes (user_id, code_sha256) select $1, hash from unnest($2::bytea[]) as given (hash)',
    [userId, hashes],
  );
}

/** Uses a recovery code up; false when it is none of this user, or was used. */
export async function takeRecoveryCode(
  pool: Pool,
  { userId, hash, now }: { userId: string; hash: Uint8Array; now: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update recovery_codes set used_at = $3 where user_id = $1 and code_sha256 = $2 and used_at is null',
    [userId, hash, new Date(now)],
  );
  return rowCount === 1;
}

export async function countRecoveryCodes(pool: Pool, userId: string): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(
    'select count(*)::int4 as left from recovery_codes where user_id = $1 and used_at is null',
    [userId],
  );
  return rows[0]?.left ?? 0;
}
