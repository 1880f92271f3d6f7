import type { PoolClient } from 'pg';
import type { NoticeData, NoticeKind } from '#shared/domain/notice-kinds';

/** The languages that mails are written in. */
export type Locale = 'en' | 'de';

/** A notice as a mail tells of it. */
export interface ToldByMail {
  readonly kind: NoticeKind;
  readonly data: NoticeData;
}

/** What each kind of mail tells. Links are absolute; their secrets stand in the fragment, which no server log has. */
export interface MailContents {
  verify_email: { readonly name: string; readonly link: string };
  change_email: { readonly name: string; readonly link: string };
  /** To the former address, after the change. */
  email_changed: { readonly name: string; readonly newEmail: string };
  recover: { readonly name: string; readonly link: string };
  /** Somebody registered with an address that has an account: told by mail, not on the screen. */
  already_registered: { readonly name: string; readonly link: string };
  /** Something about the ways in has changed; `what` picks the sentence. */
  ways_in_changed: {
    readonly name: string;
    readonly what:
      | 'password_set'
      | 'password_removed'
      | 'passkey_added'
      | 'passkey_removed'
      | 'second_factor_on'
      | 'second_factor_off'
      | 'recovery_codes_renewed'
      | 'recovered'
      | 'identity_linked'
      | 'identity_removed';
  };
  invitation: {
    readonly siteName: string;
    readonly inviterName: string;
    readonly link: string;
    /** ms since 1970 */
    readonly expiresAt: number;
  };
  join_decided: {
    readonly name: string;
    readonly siteName: string;
    readonly approved: boolean;
    readonly link: string;
  };
  /** One notice, told at once. Its times are told by the site's clock. */
  notice: {
    readonly name: string;
    readonly siteName: string;
    readonly timeZone: string;
    readonly told: ToldByMail;
    readonly link: string;
  };
  /** What the day has brought, oldest first. */
  digest: {
    readonly name: string;
    readonly siteName: string;
    readonly timeZone: string;
    readonly told: readonly ToldByMail[];
    readonly link: string;
  };
}

export type MailKind = keyof MailContents;

/** A mail to be sent. */
export type Mail = {
  [K in MailKind]: { readonly kind: K; readonly to: string; readonly locale: Locale } & {
    readonly content: MailContents[K];
  };
}[MailKind];

export interface Mails {
  /** Keeps the mail until it is sent, soon; within the caller's transaction where a client is given. */
  queue(mail: Mail, client?: PoolClient): Promise<void>;
}
