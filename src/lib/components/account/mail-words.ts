import type { MailDelivery } from '#shared/protocol/account';

/** Where to look for a mail that was just asked for, in a sentence; of a server that sends none, what to do instead. */
export function mailWhere(delivery: MailDelivery): string {
  switch (delivery) {
    case 'smtp':
      return 'It can take a minute. Look among the unwanted mails, too.';
    case 'outbox':
      return 'This is the demo: no mail is really sent. Its manager reads it under Settings, “Mails of the demo”.';
    case 'off':
      return 'This server cannot send mail. Please ask the manager of your building.';
  }
}
