import type { Pool } from 'pg';
import type { OutboxMail } from '#shared/protocol/account';
import type { SecretKey } from '../../platform/secret-key';
import { listMails } from './mail-queue';
import { renderMail } from './render-mail';

/** The mails of a server that has nowhere to send them, for the demo. */
export interface Outbox {
  /** Whose managers may read it: the demo site. */
  readonly siteId: string;
  /** The newest 100, newest first; without those that cannot be opened any more. */
  list(): Promise<OutboxMail[]>;
}

const SHOWN = 100;

export function createOutbox(options: { pool: Pool; secretKey: SecretKey; siteId: string }): Outbox {
  const { pool, secretKey, siteId } = options;
  return {
    siteId,
    async list() {
      const mails = await listMails(pool, { secretKey, limit: SHOWN });
      return mails.flatMap(({ id, mail, createdAt }) => {
        if (!mail) return [];
        const { subject, text } = renderMail(mail);
        return [{ id, to: mail.to, subject, text, createdAt }];
      });
    },
  };
}
