import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { AuthResult } from './auth-result';
import { granted, refused } from './auth-result';
import type { PasswordHasher } from './passwords';

export interface Accounts {
  /** Whether the user has a password to prove themselves with; false also for an unknown user. */
  hasPassword(userId: string): Promise<boolean>;
  /** Whether this is the user's password. Refuses credentials_wrong, in the same time when there is none. */
  checkPassword(request: { userId: string; password: string }): Promise<AuthResult<null>>;
  /** Whose e-mail and password these are. Refuses credentials_wrong, whichever of the two is wrong, in the same time. */
  signIn(credentials: { email: string; password: string }): Promise<AuthResult<{ userId: string }>>;
}

export interface AccountsOptions {
  pool: Pool;
  passwords: PasswordHasher;
}

const emailSchema = z.string().trim().toLowerCase().max(254).pipe(z.email());
const NAME_LENGTH_MAX = 80;

/** Users who come with an e-mail and a password. E-mails are kept in lower case, without blanks around them. */
export function createAccounts({ pool, passwords }: AccountsOptions): Accounts {
  return {
    async hasPassword(userId) {
      const { rowCount } = await pool.query('select from passwords where user_id = $1', [userId]);
      return rowCount === 1;
    },
    async checkPassword({ userId, password }) {
      const { rows } = await pool.query<{ hash: string }>('select hash from passwords where user_id = $1', [
        userId,
      ]);
      const isRight = await passwords.verify(rows[0]?.hash, password);
      return isRight ? granted(null) : refused('credentials_wrong');
    },
    async signIn({ email, password }) {
      const { rows } = await pool.query<{ user_id: string; hash: string }>(
        'select user_id, hash from users join passwords using (user_id) where lower(email) = $1',
        [normalizeEmail(email)],
      );
      const isRight = await passwords.verify(rows[0]?.hash, password);
      return isRight && rows[0] ? granted({ userId: rows[0].user_id }) : refused('credentials_wrong');
    },
  };
}

/** The one spelling under which an e-mail is looked up, counted and kept. Of a text that is none, something harmless. */
export function normalizeEmail(email: string): string {
  const parsed = emailSchema.safeParse(email);
  return parsed.success ? parsed.data : '';
}

/** A name as it is kept, or nothing when it has not 1 to 80 characters. */
export function normalizeName(name: string): string | undefined {
  const trimmed = name.trim();
  const length = [...trimmed].length;
  return length >= 1 && length <= NAME_LENGTH_MAX && !/\p{Cc}/u.test(trimmed) ? trimmed : undefined;
}

/** A user, with a password or without; answers false when the e-mail has an account already. */
export async function insertUser(
  client: PoolClient,
  user: { userId: string; email: string; name: string; hash: string | undefined; at: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into users (user_id, email, name, created_at) values ($1, $2, $3, $4) on conflict (lower(email)) do nothing`,
    [user.userId, user.email, user.name, user.at],
  );
  if (rowCount === 0) return false;
  if (user.hash === undefined) return true;
  await client.query('insert into passwords (user_id, hash, changed_at) values ($1, $2, $3)', [
    user.userId,
    user.hash,
    user.at,
  ]);
  return true;
}
