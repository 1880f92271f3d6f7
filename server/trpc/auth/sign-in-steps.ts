import type { SessionAnswer, SignInAnswer } from '#shared/protocol/session';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { SignedInBy, ValidSession } from '../../services/auth/sessions';
import type { FirstFactor } from '../../services/auth/sign-in-step-store';
import type { LimitedCall } from '../../services/auth/sign-in-limits';
import { admitCall } from '../admit';
import type { RequestContext } from '../context';

export interface SignInStepsOptions {
  auth: Pick<
    AuthServices,
    'emailAddress' | 'registrations' | 'limits' | 'recovery' | 'secondFactor' | 'sessions' | 'securityLog'
  >;
  cookie: SessionCookie;
}

const signedInBy = {
  password: 'password',
  oidc: 'oidc',
  recover: 'recovery',
} as const satisfies Record<FirstFactor, SignedInBy>;

/** What every way in has in common: being counted, beginning a session, saying whose it is. */
export function createSignInSteps({ auth, cookie }: SignInStepsOptions) {
  const { emailAddress, registrations, limits, recovery, secondFactor, sessions, securityLog } = auth;

  const admit = (ctx: RequestContext, call: LimitedCall, account?: string) =>
    admitCall(limits, call, { ctx, ...(account !== undefined && { account }) });

  const describeSession = async (valid: ValidSession | null): Promise<SessionAnswer> => {
    const registrationOpen = await registrations.isOpen();
    if (!valid) return { user: null, member: null, registrationOpen, verifiedAt: null };
    const { user, member, session } = valid;
    return {
      user,
      verifiedAt: session.verifiedAt,
      member: member && {
        siteId: member.siteId,
        memberId: member.id,
        role: member.role,
        siteName: member.siteName,
      },
      registrationOpen,
    };
  };

  /**
   * Signs a user in on this browser, with a new token; whoever was signed in on it before is signed out. `lifetime` in
   * milliseconds, where the session is to be shorter than the role's limit. `isNew` for an account that was made a moment ago:
   * its e-mail is asked to be confirmed, unless it is proved.
   */
  const beginSession = async (
    ctx: RequestContext,
    { userId, by, lifetime, isNew }: { userId: string; by: SignedInBy; lifetime?: number; isNew?: true },
  ): Promise<SessionAnswer> => {
    // One's own is succeeded by the new one.
    if (ctx.session && ctx.session.user.id !== userId) await sessions.end(ctx.session.session.id);
    // Here, because it must be after the second factor, which another call brings.
    if (by === 'recovery') {
      await recovery.finish(userId);
      await securityLog.record({ kind: 'recovered', userId, from: ctx });
    }
    const { address, userAgent, sessionToken: formerToken } = ctx;
    const limit = lifetime === undefined ? {} : { lifetime };
    const former = formerToken === undefined ? {} : { formerToken };
    const { token } = await sessions.create({ userId, by, userAgent, address, ...limit, ...former });
    ctx.setCookie(cookie.issue(token));
    if (isNew) await emailAddress.sendVerification(userId);
    await securityLog.record({ kind: 'signed_in', userId, from: ctx, detail: { by } });
    return await describeSession(await sessions.validate(token));
  };

  /**
   * After a first factor that is not a passkey: signs in, or asks for the second factor where the account has one. Nothing
   * of the account may be told or changed before that.
   */
  const passFirstFactor = async (
    ctx: RequestContext,
    { userId, firstFactor }: { userId: string; firstFactor: FirstFactor },
  ): Promise<SignInAnswer> => {
    const step = await secondFactor.beginStep(userId, firstFactor);
    return step ? { secondFactor: step } : beginSession(ctx, { userId, by: signedInBy[firstFactor] });
  };

  return { admit, beginSession, describeSession, passFirstFactor };
}
