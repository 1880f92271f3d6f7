import type { OutboxMail } from '#shared/protocol/account';
import type { Outbox } from '../../services/mail/outbox';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';

export interface MailRouterOptions {
  /** Null where mails are sent, or nobody may read them. */
  outbox: Outbox | null;
}

/** `mail.*`: what the demo would have sent. Of the demo site alone: the mails hold links into everybody's account. */
export function createMailRouter({ outbox }: MailRouterOptions) {
  return router({
    outbox: memberProcedure.query(async ({ ctx }): Promise<OutboxMail[]> => {
      if (!outbox) throw new CodedError('not_found');
      if (ctx.member.siteId !== outbox.siteId) throw new CodedError('role_forbidden');
      return await outbox.list();
    }),
  });
}
