import type { Pool } from 'pg';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { SecretKey } from '../platform/secret-key';
import { pruneLinks } from '../services/account/one-time-links';
import type { Recovery } from '../services/account/recovery';
import { pruneMails } from '../services/mail/mail-queue';
import { sendMails } from '../services/mail/send-mails';
import type { MailTransport } from '../services/mail/smtp';
import type { Job } from './job';

export interface MailJobsOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly secretKey: SecretKey;
  readonly recovery: Pick<Recovery, 'answerAsks'>;
  /** Null without a server to send by: mails then wait for the outbox page, or for nothing. */
  readonly mailTransport: MailTransport | null;
  readonly logger: Logger;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** What mails need without anyone's tap. A person waits for the first two, so they come every two seconds. */
export function mailJobs(options: MailJobsOptions): readonly Job[] {
  const { pool, clock, recovery, mailTransport } = options;
  const sending: Job[] = mailTransport
    ? [
        {
          name: 'send-mails',
          every: 2 * SECOND,
          run: async () => void (await sendMails({ ...options, transport: mailTransport })),
        },
      ]
    : [];
  return [
    {
      name: 'answer-recoveries',
      every: 2 * SECOND,
      run: async () => void (await recovery.answerAsks()),
    },
    ...sending,
    {
      name: 'prune-mails',
      every: HOUR,
      run: async () => {
        await pruneMails(pool, clock.now());
        await pruneLinks(pool, clock.now());
      },
    },
  ];
}
