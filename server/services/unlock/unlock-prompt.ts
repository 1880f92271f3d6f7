import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { normalizeEmail } from '../auth/accounts';
import type { SignInLimits } from '../auth/sign-in-limits';
import type { Push } from '../push/push';

/** Waking the phones of whoever a browser says it belongs to. */
export interface UnlockPrompt {
  /** Whose e-mail it is; null for nobody's. */
  findAsked(email: string): Promise<string | null>;
  /**
   * Wakes the user's browsers, unless that has been done too often, or the user has refused one within the last hour: then
   * the code still works. Nobody waits for it, so that
   * the asking browser cannot tell from its answer's time whether there is anybody to wake. Never rejects.
   */
  send(request: {
    userId: string;
    /** Of the asking browser. */
    address: string;
    requestId: string;
    browser: string;
    /** ms since 1970 */
    expiresAt: number;
    /** Whole seconds. */
    ttl: number;
  }): Promise<void>;
}

/** Milliseconds. Requests are kept for an hour after their end, so it cannot be longer. */
const SILENT_AFTER_REFUSAL = 3_600_000;

export function createUnlockPrompt(options: {
  pool: Pool;
  push: Pick<Push, 'send'>;
  clock: Clock;
  limits: SignInLimits;
  logger: Logger;
}): UnlockPrompt {
  const { pool, push, clock, limits, logger } = options;

  /** A refusal by somebody else, who has the code, silences nobody. */
  const hasRefusedLately = async (userId: string): Promise<boolean> => {
    const { rowCount } = await pool.query(
      `select from unlock_requests where asked_user_id = $1 and decided_by = $1 and state = 'refused' and decided_at > $2
        limit 1`,
      [userId, new Date(clock.now() - SILENT_AFTER_REFUSAL)],
    );
    return rowCount === 1;
  };

  return {
    async findAsked(email) {
      const { rows } = await pool.query<{ user_id: string }>(
        'select user_id from users where lower(email) = $1',
        [normalizeEmail(email)],
      );
      return rows[0]?.user_id ?? null;
    },

    async send({ userId, address, requestId, browser, expiresAt, ttl }) {
      try {
        // A person who is asked again and again says yes in the end, so they are not.
        if (await hasRefusedLately(userId)) return;
        const who = { address, account: userId };
        if (!(await limits.admit('unlockPrompt', who)).ok) return;
        if (!(await limits.admit('unlockPromptDaily', who)).ok) return;
        const message = { kind: 'unlock', requestId, browser, expiresAt } as const;
        await push.send(userId, message, { ttl, urgency: 'high' });
      } catch (error) {
        logger.warn('a prompt to unlock could not be sent', { error });
      }
    },
  };
}
