import type { Pool } from 'pg';
import { createSessionToken, hashSessionToken } from './session-token';

/** What the first factor of a sign-in was. */
export type FirstFactor = 'password' | 'oidc' | 'recover';

export interface SignInStep {
  readonly userId: string;
  readonly firstFactor: FirstFactor;
}

/** Milliseconds for the second factor: time to find the phone, or the drawer with the recovery codes. */
export const STEP_LIFETIME = 10 * 60_000;
/** Codes that may be tried in a step. Three of a million codes are right at a time. */
export const STEP_ATTEMPTS = 5;

/**
 * Table sign_in_steps: sign-ins that have their first factor. A step is known by the SHA-256 of a token of 160 random bits,
 * as a session is. `now` is epoch ms.
 */
export async function insertStep(pool: Pool, step: SignInStep & { now: number }): Promise<string> {
  const token = createSessionToken();
  await pool.query(
    `with swept as (delete from sign_in_steps where user_id = $2 and expires_at <= $5)
     insert into sign_in_steps (token_sha256, user_id, first_factor, expires_at) values ($1, $2, $3, $4)`,
    [
      hashSessionToken(token),
      step.userId,
      step.firstFactor,
      new Date(step.now + STEP_LIFETIME),
      new Date(step.now),
    ],
  );
  return token;
}

/** Whose step it is, while it may be tried; undefined afterwards, and for a token that is none. */
export async function selectStep(pool: Pool, token: string, now: number): Promise<SignInStep | undefined> {
  const hash = hashSessionToken(token);
  if (!hash) return undefined;
  const { rows } = await pool.query<{ user_id: string; first_factor: FirstFactor }>(
    `select user_id, first_factor from sign_in_steps where token_sha256 = $1 and expires_at > $2 and attempts < $3`,
    [hash, new Date(now), STEP_ATTEMPTS],
  );
  return rows[0] && { userId: rows[0].user_id, firstFactor: rows[0].first_factor };
}

/** Counts a try before it is made, so that many at once cannot slip through. Undefined when there is none left. */
export async function countAttempt(pool: Pool, token: string, now: number): Promise<SignInStep | undefined> {
  const { rows } = await pool.query<{ user_id: string; first_factor: FirstFactor }>(
    `update sign_in_steps set attempts = attempts + 1
      where token_sha256 = $1 and expires_at > $2 and attempts < $3 returning user_id, first_factor`,
    [hashSessionToken(token) ?? new Uint8Array(), new Date(now), STEP_ATTEMPTS],
  );
  return rows[0] && { userId: rows[0].user_id, firstFactor: rows[0].first_factor };
}

/** Takes the step away; false when another request has been let in with it. */
export async function takeStep(pool: Pool, token: string): Promise<boolean> {
  const { rowCount } = await pool.query('delete from sign_in_steps where token_sha256 = $1', [
    hashSessionToken(token) ?? new Uint8Array(),
  ]);
  return rowCount === 1;
}
