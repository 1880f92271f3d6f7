import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';

export type ChallengePurpose = 'register' | 'authenticate' | 'verify' | 'join';

export interface PasskeyChallenge {
  readonly challengeId: string;
  readonly challenge: Uint8Array<ArrayBuffer>;
}

export interface PasskeyChallenges {
  /**
   * A new challenge of 32 random bytes; `userId` is who may answer it, null for a sign-in and for who has no account yet.
   */
  create(purpose: ChallengePurpose, userId: string | null): Promise<PasskeyChallenge>;
  /** Takes a challenge away and gives it as base64url; nothing when it was used, is over or was made for another. */
  take(challengeId: string, purpose: ChallengePurpose, userId: string | null): Promise<string | undefined>;
}

/** Milliseconds. WebAuthn §16.1 recommends 5 minutes where the user has to be verified. */
export const CHALLENGE_LIFETIME = 5 * 60_000;
const CHALLENGE_BYTES = 32;
/** Each new challenge removes some that nobody answered: more than one, so that they do not add up. */
const SWEEP_AT_MOST = 20;

/** WebAuthn challenges: each is good for one answer within five minutes, whichever process asked. */
export function createPasskeyChallenges(options: {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
}): PasskeyChallenges {
  const { pool, clock, newId } = options;
  return {
    async create(purpose, userId) {
      const challenge = new Uint8Array(randomBytes(CHALLENGE_BYTES));
      const challengeId = newId();
      const now = clock.now();
      await pool.query(
        `with swept as (
           delete from passkey_challenges where challenge_id in (
             select challenge_id from passkey_challenges where expires_at <= $6
              order by challenge_id limit ${SWEEP_AT_MOST} for update skip locked)
         )
         insert into passkey_challenges (challenge_id, challenge, purpose, user_id, expires_at) values ($1, $2, $3, $4, $5)`,
        [
          challengeId,
          Buffer.from(challenge).toString('base64url'),
          purpose,
          userId,
          new Date(now + CHALLENGE_LIFETIME),
          new Date(now),
        ],
      );
      return { challengeId, challenge };
    },

    async take(challengeId, purpose, userId) {
      const { rows } = await pool.query<{ challenge: string; expires_at: Date }>(
        `delete from passkey_challenges
          where challenge_id = $1 and purpose = $2 and user_id is not distinct from $3
          returning challenge, expires_at`,
        [challengeId, purpose, userId],
      );
      const taken = rows[0];
      return taken && taken.expires_at.getTime() > clock.now() ? taken.challenge : undefined;
    },
  };
}
