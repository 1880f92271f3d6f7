import type { SessionAnswer } from '#shared/protocol/session';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { ValidSession } from '../../services/auth/sessions';
import { createSignInSteps } from '../auth/sign-in-steps';
import type { RequestContext } from '../context';

/**
 * Has a call's session look at another site of its user, with a new token; at the one it looks at already nothing changes. Null
 * where the user does not belong.
 */
export type ChangeSite = (
  ctx: RequestContext & { session: ValidSession },
  siteId: string,
) => Promise<SessionAnswer | null>;

export function createSiteChange(options: { auth: AuthServices; cookie: SessionCookie }): ChangeSite {
  const { memberSites, sessions } = options.auth;
  const { describeSession } = createSignInSteps(options);
  return async (ctx, siteId) => {
    if (ctx.session.member?.siteId === siteId) return await describeSession(ctx.session);
    const sessionId = ctx.session.session.id;
    if (!(await memberSites.lookAt({ sessionId, siteId }))) return null;
    // A new token, because any process may remember for two seconds that the former one is of the former site.
    const rotated = await sessions.rotate(sessionId);
    if (!rotated) return null;
    ctx.setCookie(options.cookie.issue(rotated.token));
    return await describeSession(await sessions.validate(rotated.token, ctx));
  };
}
