import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { insertLink } from '../account/one-time-links';
import { endAccess, removeWaysIn } from '../account/take-over';
import { insertUser, normalizeEmail, normalizeName } from '../auth/accounts';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import type { SecurityLog } from '../security/security-log';

export interface Administrator {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** ms since 1970 */
  readonly since: number;
}

export interface Administrators {
  /**
   * Makes whoever has this e-mail one who runs the installation; an account is made where there is none, without a password.
   * `link` opens the account once, for 30 minutes, where it has no way in yet or one is asked for; null elsewhere. Whoever is in
   * the account signs in anew. One whose e-mail nobody has proved may be a stranger's: it loses its ways in (`isCleared`), and
   * the link is the only one. Refuses email_invalid, name_invalid.
   */
  create(request: {
    email: string;
    name: string;
    withLink: boolean;
  }): Promise<AuthResult<{ isNewAccount: boolean; isCleared: boolean; link: string | null }>>;
  /** Takes the right away; the account stays. False when there was none. */
  remove(email: string): Promise<boolean>;
  list(): Promise<readonly Administrator[]>;
}

export interface AdministratorsOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  securityLog: SecurityLog;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
}

/** E2: who runs the installation. Made at the command line only: no call over the network gives or takes this right. */
export function createAdministrators(options: AdministratorsOptions): Administrators {
  const { pool, clock, newId, securityLog, origin } = options;

  const log = (client: PoolClient, userId: string, administrator: boolean): Promise<void> =>
    securityLog.record(
      { kind: 'role_changed', userId, detail: { administrator, by: 'command line' } },
      client,
    );

  return {
    async create({ email: typed, name: typedName, withLink }) {
      const email = normalizeEmail(typed);
      if (email === '') return refused('email_invalid');
      const name = normalizeName(typedName);
      if (name === undefined) return refused('name_invalid');
      return await inTransaction(pool, async (client) => {
        const now = clock.now();
        const at = new Date(now);
        const isNewAccount = await insertUser(client, { userId: newId(), email, name, hash: undefined, at });
        const { userId, isProved } = await lockUser(client, email);
        const isCleared = !isNewAccount && !isProved;
        if (isCleared) await removeWaysIn(client, userId);
        const { rowCount } = await client.query(
          'insert into platform_administrators (user_id, created_at) values ($1, $2) on conflict do nothing',
          [userId, at],
        );
        if (rowCount === 1) await log(client, userId, true);
        // Another process's memory of a session is over within 2 s, before anybody has read this command's answer.
        if (isCleared || rowCount === 1) await endAccess(client, { userId, now });
        const needsLink = withLink || !(await hasWayIn(client, userId));
        const token = needsLink ? await insertLink(client, { purpose: 'recover', userId, email, now }) : null;
        return granted({
          isNewAccount,
          isCleared,
          link: token === null ? null : `${origin}/recover#${token}`,
        });
      });
    },

    remove: (typed) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ user_id: string }>(
          `delete from platform_administrators a using users u
            where u.user_id = a.user_id and lower(u.email) = $1 returning a.user_id`,
          [normalizeEmail(typed)],
        );
        if (rows[0]) await log(client, rows[0].user_id, false);
        return rows.length === 1;
      }),

    async list() {
      const { rows } = await pool.query<{ user_id: string; email: string; name: string; created_at: Date }>(
        `select user_id, u.email, u.name, a.created_at from platform_administrators a join users u using (user_id) order by u.email`,
      );
      return rows.map(({ user_id: userId, email, name, created_at: since }) => ({
        ...{ userId, email, name },
        since: since.getTime(),
      }));
    },
  };
}

async function lockUser(client: PoolClient, email: string): Promise<{ userId: string; isProved: boolean }> {
  const { rows } = await client.query<{ user_id: string; is_proved: boolean }>(
    `select user_id, email_verified_at is not null as is_proved from users where lower(email) = $1 for update`,
    [email],
  );
  return { userId: rows[0]!.user_id, isProved: rows[0]!.is_proved };
}

async function hasWayIn(client: PoolClient, userId: string): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(
    `select exists (select from passwords where user_id = $1) or exists (select from passkeys where user_id = $1)
         or exists (select from external_identities where user_id = $1) as has`,
    [userId],
  );
  return rows[0]!.has;
}
