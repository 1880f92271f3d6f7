import type { SecurityEventKind } from '#shared/domain/security-event';
import type { AuthServices } from '../services/auth/auth-services';
import type { SessionCookie } from '../services/auth/session-cookie';
import type { MailContents } from '../services/mail/mail';
import { CodedError } from './coded-error';
import type { RequestContext } from './context';
import { rotateSession } from './rotate-session';

/** A change of somebody's own ways in: what the log and the mail call it. */
export type WayInChange = SecurityEventKind & MailContents['ways_in_changed']['what'];

export interface WayInChangedOptions {
  auth: Pick<AuthServices, 'securityLog' | 'sessions' | 'waysInNotice'>;
  cookie: SessionCookie;
}

/**
 * B10: what every change of a way in has in common, to be called once, right after it: a mail to the owner, a line in the
 * log, and a new token for the session, in this order, since the owner is to hear of it whatever becomes of the session.
 * A session that ended, or got another token, in the same moment is no failure: what is changed stays changed, and the
 * token that is to die is dead.
 */
export async function wayInChanged(
  ctx: Pick<RequestContext, 'session' | 'setCookie' | 'address' | 'userAgent'>,
  options: WayInChangedOptions,
  change: { kind: WayInChange; userId: string; detail?: Readonly<Record<string, string>> },
): Promise<void> {
  const { kind, userId, detail } = change;
  await options.auth.waysInNotice(userId, kind);
  await options.auth.securityLog.record({ kind, userId, from: ctx, ...(detail && { detail }) });
  try {
    await rotateSession(ctx, options);
  } catch (error) {
    if (!(error instanceof CodedError) || error.errorCode !== 'signed_out') throw error;
  }
}
