import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import { hasCode } from '../../platform/error-code';
import { normalizeEmail } from '../auth/accounts';
import { granted, refused, type AuthResult } from '../auth/auth-result';
import type { Sessions } from '../auth/sessions';
import type { Locale, Mails } from '../mail/mail';
import { endLinks, findLink, insertLink, takeLink, type LinkPurpose } from './one-time-links';

export interface EmailAddress {
  /** Sends the link that proves the user's address; nothing when it is proved already, or there is no such user. */
  sendVerification(userId: string): Promise<void>;
  /**
   * Sends a link to the new address; only using it changes anything. Answers the same when the address has an account: its
   * owner is told by mail. Refuses email_invalid.
   */
  askForChange(request: { userId: string; email: string }): Promise<AuthResult<null>>;
  /**
   * What a link of these two mails was for, done, for the account in whose session it is opened (`userId`, null signed out): to any
   * other the owner of the mailbox would lend their address unseen ("pre-hijacking"). Refuses link_over; link_elsewhere,
   * and then the link stays good; email_taken when somebody was quicker.
   */
  useLink(request: {
    token: string;
    userId: string | null;
  }): Promise<AuthResult<{ userId: string; email: string; isChanged: boolean }>>;
}

export interface EmailAddressOptions {
  pool: Pool;
  clock: Clock;
  mails: Mails;
  sessions: Pick<Sessions, 'forget'>;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
}

interface UserRow {
  email: string;
  name: string;
  locale: Locale;
  is_verified: boolean;
}

const PURPOSES: readonly LinkPurpose[] = ['verify_email', 'change_email'];
const UNIQUE_VIOLATION = '23505';

/** Whose an address is, proved by a link that only its mailbox gets. */
export function createEmailAddress({
  pool,
  clock,
  mails,
  sessions,
  origin,
}: EmailAddressOptions): EmailAddress {
  const linkOf = (token: string) => `${origin}/verify-email#${token}`;

  return {
    async sendVerification(userId) {
      await inTransaction(pool, async (client) => {
        const user = await findUser(client, userId);
        if (!user || user.is_verified) return;
        const { email, name, locale } = user;
        const token = await insertLink(client, { purpose: 'verify_email', userId, email, now: clock.now() });
        const content = { name, link: linkOf(token) };
        await mails.queue({ kind: 'verify_email', to: email, locale, content }, client);
      });
    },

    async askForChange(request) {
      const { userId } = request;
      const email = normalizeEmail(request.email);
      if (email === '') return refused('email_invalid');
      await inTransaction(pool, async (client) => {
        const user = await findUser(client, userId);
        if (!user || user.email === email) return;
        const { name, locale } = user;
        await endLinks(client, { userId, purposes: ['change_email'] });
        // Also when the address is taken, so that both take the same time: nobody is told that token.
        const token = await insertLink(client, { purpose: 'change_email', userId, email, now: clock.now() });
        const owner = await findOwner(client, email);
        if (owner) {
          const content = { name: owner.name, link: `${origin}/sign-in` };
          await mails.queue({ kind: 'already_registered', to: email, locale: owner.locale, content }, client);
        } else {
          const content = { name, link: linkOf(token) };
          await mails.queue({ kind: 'change_email', to: email, locale, content }, client);
        }
      });
      return granted(null);
    },

    async useLink(request) {
      const result = await inTransaction(pool, (client) => useLink(client, request)).catch(
        (error: unknown) => {
          if (hasCode(error, UNIQUE_VIOLATION)) return refused('email_taken');
          throw error;
        },
      );
      // Sessions carry the address; other processes follow within their memory of 2 s.
      if (result.ok) sessions.forget();
      return result;
    },
  };

  async function useLink(client: PoolClient, asking: { token: string; userId: string | null }) {
    const now = clock.now();
    const asked = { token: asking.token, purposes: PURPOSES, now };
    const found = await findLink(client, asked);
    if (!found) return refused('link_over');
    if (found.userId !== asking.userId) return refused('link_elsewhere');
    const link = await takeLink(client, asked);
    if (!link) return refused('link_over');
    const { userId, email } = link;
    const { rows } = await client.query<UserRow>(`${SELECT_USER} for update`, [userId]);
    const user = rows[0];
    if (!user) return refused('link_over');
    if (link.purpose === 'verify_email') {
      // The address may have changed since the mail was sent: this link proves the former one.
      if (user.email !== email) return refused('link_over');
      await client.query(
        'update users set email_verified_at = coalesce(email_verified_at, $2) where user_id = $1',
        [userId, new Date(now)],
      );
      return granted({ userId, email, isChanged: false });
    }
    await client.query('update users set email = $2, email_verified_at = $3 where user_id = $1', [
      userId,
      email,
      new Date(now),
    ]);
    // A link into the account that lies in the former mailbox must not outlive the change.
    await endLinks(client, { userId, purposes: ['recover', 'verify_email'] });
    const { email: former, name, locale } = user;
    const content = { name, newEmail: email };
    await mails.queue({ kind: 'email_changed', to: former, locale, content }, client);
    return granted({ userId, email, isChanged: true });
  }
}

const SELECT_USER =
  'select email, name, locale, email_verified_at is not null as is_verified from users where user_id = $1';

async function findUser(client: PoolClient, userId: string): Promise<UserRow | undefined> {
  return (await client.query<UserRow>(SELECT_USER, [userId])).rows[0];
}

async function findOwner(
  client: PoolClient,
  email: string,
): Promise<{ name: string; locale: Locale } | undefined> {
  const { rows } = await client.query<{ name: string; locale: Locale }>(
    'select name, locale from users where lower(email) = $1',
    [email],
  );
  return rows[0];
}
