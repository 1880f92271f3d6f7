import type { SessionCookie } from '../services/auth/session-cookie';
import type { Sessions } from '../services/auth/sessions';
import { CodedError } from './coded-error';
import type { RequestContext } from './context';

export interface RotateSessionOptions {
  auth: { readonly sessions: Pick<Sessions, 'rotate'> };
  cookie: SessionCookie;
}

/**
 * B10: the caller's session goes on under a new token, whose cookie goes with the answer; whoever has copied the old one has
 * nothing. To be called once a request, after what changed a way in, or with `verified` after a proof of who asks.
 * Answers when that was, ms since 1970. Throws `signed_out` when the session has ended meanwhile.
 */
export async function rotateSession(
  ctx: Pick<RequestContext, 'session' | 'setCookie'>,
  { auth, cookie }: RotateSessionOptions,
  change: { verified?: boolean } = {},
): Promise<{ verifiedAt: number | null }> {
  const rotated = ctx.session && (await auth.sessions.rotate(ctx.session.session.id, change));
  if (!rotated) throw new CodedError('signed_out');
  ctx.setCookie(cookie.issue(rotated.token));
  return { verifiedAt: rotated.verifiedAt };
}
