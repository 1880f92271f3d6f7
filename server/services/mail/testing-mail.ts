import type { Pool } from 'pg';
import type { Mail, MailKind } from './mail';
import { listMails } from './mail-queue';

/** The key of the servers that `startTestServer` starts. */
export const TEST_SECRET_KEY = new Uint8Array(32).fill(7);

/** What waits to be sent, oldest first; of one kind, of one address. */
export async function waitingMails<K extends MailKind>(
  pool: Pool,
  { kind, to, secretKey = TEST_SECRET_KEY }: { kind: K; to?: string; secretKey?: Uint8Array },
): Promise<Extract<Mail, { kind: K }>[]> {
  const mails = await listMails(pool, { secretKey, limit: 1000 });
  return mails
    .flatMap(({ mail }) => (mail ? [mail] : []))
    .filter((mail): mail is Extract<Mail, { kind: K }> => mail.kind === kind && (to ?? mail.to) === mail.to)
    .reverse();
}

/** The secret in a mail's link: what stands after the `#`. */
export function secretOf(mail: { content: { link: string } } | undefined): string {
  const secret = mail?.content.link.split('#')[1];
  if (secret === undefined) throw new Error('there is no mail with a link');
  return secret;
}
