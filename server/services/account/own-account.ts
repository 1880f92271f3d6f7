import type { Pool } from 'pg';
import type { AccountSummary } from '#shared/protocol/account';
import type { Clock } from '../../platform/clock';
import type { Locale } from '../mail/mail';

export interface OwnAccount {
  /** What Settings shows of an account. Rejects for an unknown user: a session has one. */
  summary(userId: string): Promise<AccountSummary>;
  /** The language of the user's mails. */
  setLocale(request: { userId: string; locale: Locale }): Promise<void>;
}

export interface OwnAccountOptions {
  pool: Pool;
  clock: Clock;
  /** Where mails go on this server. */
  mailDelivery: AccountSummary['mailDelivery'];
}

interface Row {
  email: string;
  is_verified: boolean;
  name: string;
  locale: Locale;
  has_password: boolean;
  passkeys: number;
  identities: number;
  new_email: string | null;
}

const SELECT_SUMMARY = `
  select u.email, u.email_verified_at is not null as is_verified, u.name, u.locale,
         exists (select from passwords p where p.user_id = u.user_id) as has_password,
         (select count(*)::int4 from passkeys k where k.user_id = u.user_id) as passkeys,
         (select count(*)::int4 from external_identities i where i.user_id = u.user_id) as identities,
         (select l.email from one_time_links l where l.user_id = u.user_id and l.purpose = 'change_email'
             and l.used_at is null and l.expires_at > $2 order by l.created_at desc limit 1) as new_email
    from users u where u.user_id = $1`;

export function createOwnAccount({ pool, clock, mailDelivery }: OwnAccountOptions): OwnAccount {
  return {
    async summary(userId) {
      const { rows } = await pool.query<Row>(SELECT_SUMMARY, [userId, new Date(clock.now())]);
      const row = rows[0];
      if (!row) throw new Error('a session has a user who is not there');
      return {
        email: row.email,
        isEmailVerified: row.is_verified,
        newEmail: row.new_email,
        name: row.name,
        locale: row.locale,
        hasPassword: row.has_password,
        passkeys: row.passkeys,
        identities: row.identities,
        mailDelivery,
      };
    },

    async setLocale({ userId, locale }) {
      await pool.query('update users set locale = $2 where user_id = $1', [userId, locale]);
    },
  };
}
