import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { SecretKey } from '../../platform/secret-key';
import { claimMail, deleteMail, giveMailUp, MAIL_USEFUL_FOR, type QueuedMail } from './mail-queue';
import { renderMail } from './render-mail';
import type { MailTransport } from './smtp';

export interface SendMailsOptions {
  pool: Pool;
  clock: Clock;
  secretKey: SecretKey;
  transport: MailTransport;
  logger: Logger;
}

/** Mails that one run sends at most: a server that is told to end waits for those under way alone. */
const MOST = 100;
/** Connections to the mail server: a slow one takes most of a second for each mail. */
const LANES = 4;

/**
 * Sends what is due, over four connections, no network inside a transaction: a mail is claimed, sent, deleted. A process that dies
 * in between leaves a mail that is sent twice rather than never. Safe from many processes. Ends early when the transport is
 * closed. Answers how many were sent.
 */
export async function sendMails(options: SendMailsOptions): Promise<number> {
  const { pool, clock, secretKey, transport } = options;
  let [claims, sent] = [0, 0];
  const lane = async (): Promise<void> => {
    while (claims < MOST && !transport.isClosed) {
      claims++;
      const claimed = await claimMail(pool, secretKey, clock.now());
      if (!claimed) return;
      if (await attempt(claimed, options)) sent++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return sent;
}

async function attempt(queued: QueuedMail, options: SendMailsOptions): Promise<boolean> {
  const { pool, clock, transport, logger } = options;
  const { id, mail, attempts } = queued;
  if (!mail) {
    logger.warn('a mail cannot be opened: it was sealed with another SECRET_KEY', { mail: id });
    await giveMailUp(pool, id, clock.now());
    return false;
  }
  const isUseless = (at: number) => at >= queued.createdAt + MAIL_USEFUL_FOR[mail.kind];
  if (isUseless(clock.now())) {
    await giveMailUp(pool, id, clock.now());
    return false;
  }
  const delivery = await transport.send({ id, to: mail.to, ...renderMail(mail) });
  if (delivery.ok) {
    await deleteMail(pool, id);
    return true;
  }
  const isOver = delivery.isFinal || isUseless(queued.nextAttemptAt);
  if (isOver) await giveMailUp(pool, id, clock.now());
  const { reason } = delivery;
  logger.warn(isOver ? 'a mail was given up' : 'a mail could not be sent yet', {
    ...{ mail: id, kind: mail.kind, attempts, reason },
  });
  return false;
}
