import type { Pool } from 'pg';
import type { Locale, MailContents, Mails } from '../mail/mail';

/** Tells people by mail that something about the ways into their account has changed: it may not have been them. */
export type WaysInNotice = (userId: string, what: MailContents['ways_in_changed']['what']) => Promise<void>;

/** Queues the notice to the account's address, in its language. An unknown user gets none. */
export function createWaysInNotice({ pool, mails }: { pool: Pool; mails: Mails }): WaysInNotice {
  return async (userId, what) => {
    const { rows } = await pool.query<{ email: string; name: string; locale: Locale }>(
      'select email, name, locale from users where user_id = $1',
      [userId],
    );
    const user = rows[0];
    if (!user) return;
    const { email: to, name, locale } = user;
    await mails.queue({ kind: 'ways_in_changed', to, locale, content: { name, what } });
  };
}
