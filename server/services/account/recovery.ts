import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { normalizeEmail } from '../auth/accounts';
import { granted, refused, type AuthResult } from '../auth/auth-result';
import { networkOf } from '../auth/network-place';
import type { Sessions } from '../auth/sessions';
import type { Locale, Mails } from '../mail/mail';
import type { SecurityLog } from '../security/security-log';
import { insertLink, takeLink } from './one-time-links';
import { endAccess, removeWaysIn } from './take-over';

export interface Recovery {
  /**
   * Notes that somebody wants a link into the account of this e-mail. Looks for no account, so that neither the answer nor its
   * time tells whether there is one.
   */
  ask(request: { email: string; address: string; userAgent: string }): Promise<void>;
  /**
   * Sends the links that were asked for, where there is an account. Safe from many processes. Answers how many asks. Each is its
   * own transaction: rejects with the first failure, after the others are done.
   */
  answerAsks(): Promise<number>;
  /**
   * Uses a link up: whose account it opens, once the second factor is there, too. Where the e-mail had never been proved before, all
   * other ways in go with it, the second factor and who is in the account: nobody has shown that who made them has this mailbox.
   * Refuses link_over.
   */
  useLink(token: string): Promise<AuthResult<{ userId: string }>>;
  /**
   * To be called when the person is through, right before the new session: ends all other sessions, all links and the password, which
   * is forgotten or in wrong hands, and tells by mail.
   */
  finish(userId: string): Promise<void>;
}

export interface RecoveryOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  mails: Mails;
  securityLog: SecurityLog;
  sessions: Pick<Sessions, 'ended'>;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
}

/** Asks that one run answers at most. */
const AT_ONCE = 50;
/** Milliseconds after which nobody waits for the mail any more; an ask that cannot be answered goes by this, too. */
const ASK_LIFETIME = 30 * 60_000;
const USER_AGENT_LENGTH = 200;

interface Ask {
  email: string;
  network: string;
  user_agent: string;
}

/** The way back in for who has lost the others: a link by mail, good once and for 30 minutes. */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { pool, clock, newId, mails, securityLog, sessions, origin } = options;

  const answer = async (client: PoolClient, ask: Ask): Promise<void> => {
    const { rows } = await client.query<{ user_id: string; email: string; name: string; locale: Locale }>(
      'select user_id, email, name, locale from users where lower(email) = $1',
      [ask.email],
    );
    const user = rows[0];
    if (!user) return;
    const { user_id: userId, email, name, locale } = user;
    const token = await insertLink(client, { purpose: 'recover', userId, email, now: clock.now() });
    const content = { name, link: `${origin}/recover#${token}` };
    await mails.queue({ kind: 'recover', to: email, locale, content }, client);
    const from = { address: ask.network, userAgent: ask.user_agent };
    await securityLog.record({ kind: 'recovery_asked', userId, from }, client);
  };

  /** False when another process has it, or has answered it. */
  const answerOne = async (client: PoolClient, askId: string): Promise<boolean> => {
    const { rows } = await client.query<Ask>(
      `delete from recovery_asks where ask_id in
         (select ask_id from recovery_asks where ask_id = $1 for update skip locked)
       returning email, network, user_agent`,
      [askId],
    );
    if (rows[0]) await answer(client, rows[0]);
    return rows.length === 1;
  };

  return {
    async ask({ email, address, userAgent }) {
      await pool.query(
        'insert into recovery_asks (ask_id, email, network, user_agent, asked_at) values ($1, $2, $3, $4, $5)',
        [
          newId(),
          normalizeEmail(email),
          networkOf(address),
          userAgent.slice(0, USER_AGENT_LENGTH),
          new Date(clock.now()),
        ],
      );
    },

    async answerAsks() {
      await pool.query('delete from recovery_asks where asked_at <= $1', [
        new Date(clock.now() - ASK_LIFETIME),
      ]);
      const { rows: waiting } = await pool.query<{ ask_id: string }>(
        'select ask_id from recovery_asks order by asked_at limit $1',
        [AT_ONCE],
      );
      let answered = 0;
      const failures: unknown[] = [];
      for (const { ask_id: askId } of waiting) {
        try {
          // Not tried again here: there is another run in two seconds.
          if (await inTransaction(pool, (client) => answerOne(client, askId), { retries: 0 })) answered++;
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return answered;
    },

    async useLink(token) {
      const used = await inTransaction(pool, async (client) => {
        const now = clock.now();
        const link = await takeLink(client, { token, purposes: ['recover'], now });
        if (!link) return null;
        const { userId } = link;
        const isFirstProof = await proveEmail(client, { userId, now });
        if (!isFirstProof) return { userId, ended: [] };
        await removeWaysIn(client, userId);
        return { userId, ended: await endAccess(client, { userId, now }) };
      });
      if (!used) return refused('link_over');
      sessions.ended(used.ended);
      return granted({ userId: used.userId });
    },

    async finish(userId) {
      const ended = await inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ email: string; name: string; locale: Locale }>(
          'select email, name, locale from users where user_id = $1 for update',
          [userId],
        );
        if (!rows[0]) return [];
        await client.query('delete from passwords where user_id = $1', [userId]);
        const { email, name, locale } = rows[0];
        const content = { name, what: 'recovered' } as const;
        await mails.queue({ kind: 'ways_in_changed', to: email, locale, content }, client);
        return await endAccess(client, { userId, now: clock.now() });
      });
      sessions.ended(ended);
    },
  };
}

/**
 * Whether this link is what first proves the account's e-mail; locks the user's row. The link came to the account's address: a change
 * of the address ends the links that were sent before it, so it is the present one that is proved.
 */
async function proveEmail(
  client: PoolClient,
  { userId, now }: { userId: string; now: number },
): Promise<boolean> {
  await client.query('select from users where user_id = $1 for update', [userId]);
  const { rowCount } = await client.query(
    'update users set email_verified_at = $2 where user_id = $1 and email_verified_at is null',
    [userId, new Date(now)],
  );
  return rowCount === 1;
}
