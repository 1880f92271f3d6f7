import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { seal, type SecretKey } from '../../platform/secret-key';
import type { Mails } from './mail';

/** Keeps mails in table mails, sealed, for server/jobs to send. `to` is an address that was checked before. */
export function createMails(options: {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  secretKey: SecretKey;
}): Mails {
  const { pool, clock, newId, secretKey } = options;
  return {
    async queue(mail, client) {
      const mailId = newId();
      const text = new TextEncoder().encode(JSON.stringify(mail));
      await (client ?? pool).query(
        `insert into mails (mail_id, to_address, kind, sealed, created_at, next_attempt_at) values ($1, $2, $3, $4, $5, $5)`,
        [mailId, mail.to, mail.kind, seal(secretKey, text, mailPurpose(mailId)), new Date(clock.now())],
      );
    },
  };
}

/** What a mail's content is sealed for. */
export function mailPurpose(mailId: string): string {
  return `mail:${mailId}`;
}
