import type { Pool } from 'pg';
import { open, SecretKeyError, type SecretKey } from '../../platform/secret-key';
import type { Mail, MailKind } from './mail';
import { mailPurpose } from './mails';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Milliseconds after which a mail is of no use any more: that of a link, where it has one. */
export const MAIL_USEFUL_FOR: Readonly<Record<MailKind, number>> = {
  verify_email: 24 * HOUR,
  change_email: 2 * HOUR,
  email_changed: 72 * HOUR,
  recover: 30 * MINUTE,
  already_registered: 24 * HOUR,
  ways_in_changed: 72 * HOUR,
  invitation: 72 * HOUR,
  join_decided: 72 * HOUR,
  // What it tells of may be over by then; the app shows it.
  notice: 12 * HOUR,
  digest: 24 * HOUR,
};
/** Milliseconds for which a mail that nobody could send, or that there is no server for, stays. */
export const MAIL_KEPT_FOR = 7 * 24 * HOUR;

/** Longer than a single attempt may take (server/services/mail/smtp.ts), so that nobody else takes it up meanwhile. */
const FIRST_RETRY = 2 * MINUTE;
const LAST_RETRY = HOUR;

/** A mail as it stands in table mails. Times in epoch ms. */
export interface QueuedMail {
  readonly id: string;
  /** Null when it cannot be opened: sealed with another SECRET_KEY. */
  readonly mail: Mail | null;
  readonly createdAt: number;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly failedAt: number | null;
}

interface Row {
  mail_id: string;
  sealed: Uint8Array;
  created_at: Date;
  attempts: number;
  next_attempt_at: Date;
  failed_at: Date | null;
}

/** Milliseconds from the attempt of this number, the first being 1, to the next one. */
export function retryAfter(attempt: number): number {
  return Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (attempt - 1));
}

/**
 * Takes the mail that is due longest, notices and digests last, for one attempt and plans the next, so that a process that dies while it sends leaves the
 * mail to another. Null when none is due. Of two processes each gets another mail. `now` is epoch ms.
 */
export async function claimMail(pool: Pool, secretKey: SecretKey, now: number): Promise<QueuedMail | null> {
  const { rows } = await pool.query<Row>({
    name: 'claim-mail',
    text: `update mails set attempts = attempts + 1,
             next_attempt_at = $1::timestamptz + least($2, $3 * power(2, attempts)) * interval '1 millisecond'
            where mail_id = (select mail_id from mails where failed_at is null and next_attempt_at <= $1
                              order by (kind in ('notice', 'digest')), next_attempt_at limit 1 for update skip locked)
           returning mail_id, sealed, created_at, attempts, next_attempt_at, failed_at`,
    values: [new Date(now), LAST_RETRY, FIRST_RETRY],
  });
  return rows[0] ? toMail(rows[0], secretKey) : null;
}

/** It was sent: nothing of it stays. */
export async function deleteMail(pool: Pool, mailId: string): Promise<void> {
  await pool.query('delete from mails where mail_id = $1', [mailId]);
}

/** No attempt will be made any more. */
export async function giveMailUp(pool: Pool, mailId: string, now: number): Promise<void> {
  await pool.query('update mails set failed_at = $2 where mail_id = $1', [mailId, new Date(now)]);
}

/** Deletes mails older than `MAIL_KEPT_FOR`. Answers how many. */
export async function pruneMails(pool: Pool, now: number): Promise<number> {
  const { rowCount } = await pool.query('delete from mails where created_at <= $1', [
    new Date(now - MAIL_KEPT_FOR),
  ]);
  return rowCount ?? 0;
}

/**
 * The newest mails, for a server that has nowhere to send them. Without the links into the accounts of those who run the
 * installation: whoever manages the demo site must not become one of them.
 */
export async function listMails(
  pool: Pool,
  { secretKey, limit }: { secretKey: SecretKey; limit: number },
): Promise<QueuedMail[]> {
  const { rows } = await pool.query<Row>(
    `select mail_id, sealed, created_at, attempts, next_attempt_at, failed_at from mails
      where not (kind = 'recover' and exists (select from platform_administrators join users using (user_id)
                                               where lower(email) = lower(to_address)))
      order by created_at desc, mail_id desc limit $1`,
    [limit],
  );
  return rows.map((row) => toMail(row, secretKey));
}

function toMail(row: Row, secretKey: SecretKey): QueuedMail {
  return {
    id: row.mail_id,
    mail: openMail(row, secretKey),
    createdAt: row.created_at.getTime(),
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at.getTime(),
    failedAt: row.failed_at?.getTime() ?? null,
  };
}

function openMail({ mail_id: mailId, sealed }: Row, secretKey: SecretKey): Mail | null {
  try {
    // Only `createMails` seals for this purpose, so what opens is a mail.
    return JSON.parse(new TextDecoder().decode(open(secretKey, sealed, mailPurpose(mailId)))) as Mail;
  } catch (error) {
    if (error instanceof SecretKeyError) return null;
    throw error;
  }
}
