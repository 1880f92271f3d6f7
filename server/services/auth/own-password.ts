import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { AuthResult } from './auth-result';
import { granted, refused } from './auth-result';
import type { PasswordHasher } from './passwords';
import { findPasswordProblem } from './passwords';
import { countOtherWaysIn } from './ways-in';

/** What somebody does with their own password, after proving who they are. */
export interface OwnPassword {
  /** The first password, or another one. Refuses password_short, password_long, password_common. */
  set(request: { userId: string; password: string }): Promise<AuthResult<null>>;
  /** Refuses password_last_way_in. An account without a password has nothing to remove, which is no error. */
  remove(userId: string): Promise<AuthResult<null>>;
}

export function createOwnPassword(options: {
  pool: Pool;
  clock: Clock;
  passwords: PasswordHasher;
}): OwnPassword {
  const { pool, clock, passwords } = options;
  return {
    async set({ userId, password }) {
      const problem = findPasswordProblem(password);
      if (problem) return refused(problem);
      const hash = await passwords.hash(password);
      await pool.query(
        `insert into passwords (user_id, hash, changed_at) values ($1, $2, $3)
         on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at`,
        [userId, hash, new Date(clock.now())],
      );
      return granted(null);
    },

    async remove(userId) {
      const isRemoved = await inTransaction(pool, async (client) => {
        if ((await countOtherWaysIn(client, userId, { kind: 'password' })) === 0) return false;
        await client.query('delete from passwords where user_id = $1', [userId]);
        return true;
      });
      return isRemoved ? granted(null) : refused('password_last_way_in');
    },
  };
}
