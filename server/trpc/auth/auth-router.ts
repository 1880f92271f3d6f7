import { z } from 'zod';
import type { SessionAnswer } from '#shared/protocol/session';
import { normalizeEmail } from '../../services/auth/accounts';
import type { AuthResult } from '../../services/auth/auth-result';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { ValidSession } from '../../services/auth/sessions';
import type { LimitedCall } from '../../services/auth/sign-in-limits';
import { CodedError } from '../coded-error';
import type { RequestContext } from '../context';
import { publicProcedure, router, sessionProcedure } from '../trpc';
import { authenticationResponseSchema, registrationResponseSchema } from './passkey-response';

const challengeId = z.uuid();
const credentialId = z.string().min(1).max(1400);

/** Lengths and spelling are the services' to judge, so that each has its own code; the body's size is limited before. */
const registration = z.object({ email: z.string(), password: z.string(), name: z.string() });
const credentials = z.object({ email: z.string(), password: z.string() });

export interface AuthRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
}

/** `auth.*`: signing in and out, registration and passkeys. The origin of a request has been checked before. */
export function createAuthRouter(options: AuthRouterOptions) {
  const { accounts, passkeys, sessions } = options.auth;
  const { admit, beginSession, describeSession } = createSteps(options);
  return router({
    session: publicProcedure.query(({ ctx }) => {
      // Browsers forget a cookie after 400 days, however often it was used; each start of the app begins them anew.
      if (ctx.session && ctx.sessionToken !== undefined)
        ctx.setCookie(options.cookie.issue(ctx.sessionToken));
      return describeSession(ctx.session);
    }),

    register: publicProcedure.input(registration).mutation(async ({ ctx, input }) => {
      await admit(ctx, 'register');
      const { userId } = valueOf(await accounts.register(input));
      return await beginSession(ctx, userId);
    }),

    signIn: publicProcedure.input(credentials).mutation(async ({ ctx, input }) => {
      const admission = await admit(ctx, 'signIn', normalizeEmail(input.email));
      const { userId } = valueOf(await accounts.signIn(input));
      await admission.succeeded();
      return await beginSession(ctx, userId);
    }),

    signOut: publicProcedure.mutation(async ({ ctx }) => {
      if (ctx.session) await sessions.end(ctx.session.session.id);
      ctx.setCookie(options.cookie.clear());
      return {};
    }),

    passkeySignInOptions: publicProcedure.mutation(async ({ ctx }) => {
      await admit(ctx, 'passkeySignInOptions');
      return await passkeys.signInOptions();
    }),

    passkeySignIn: publicProcedure
      .input(z.object({ challengeId, response: authenticationResponseSchema }))
      .mutation(async ({ ctx, input }) => {
        const admission = await admit(ctx, 'passkeySignIn', input.response.id);
        const { userId } = valueOf(await passkeys.signIn(input));
        await admission.succeeded();
        return await beginSession(ctx, userId);
      }),

    passkeyRegisterOptions: sessionProcedure.mutation(({ ctx }) =>
      passkeys.registerOptions(ctx.session.user),
    ),

    passkeyRegister: sessionProcedure
      .input(z.object({ challengeId, response: registrationResponseSchema, name: z.string() }))
      .mutation(async ({ ctx, input }) =>
        valueOf(await passkeys.register({ ...input, userId: ctx.session.user.id })),
      ),

    passkeys: sessionProcedure.query(({ ctx }) => passkeys.list(ctx.session.user.id)),

    passkeyRename: sessionProcedure
      .input(z.object({ credentialId, name: z.string() }))
      .mutation(async ({ ctx, input }) => {
        valueOf(await passkeys.rename({ ...input, userId: ctx.session.user.id }));
        return {};
      }),

    passkeyRemove: sessionProcedure.input(z.object({ credentialId })).mutation(async ({ ctx, input }) => {
      valueOf(await passkeys.remove({ ...input, userId: ctx.session.user.id }));
      return {};
    }),
  });
}

/** What several procedures do. */
function createSteps({ auth, cookie }: AuthRouterOptions) {
  const { accounts, limits, sessions } = auth;

  const admit = async (ctx: RequestContext, call: LimitedCall, account?: string) => {
    const who = { address: ctx.address, ...(account !== undefined && { account }) };
    const admission = await limits.admit(call, who);
    if (admission.ok) return admission;
    throw new CodedError('too_many_requests', { 'retry-after': String(admission.retryAfter) });
  };

  const describeSession = async (valid: ValidSession | null): Promise<SessionAnswer> => {
    const registrationOpen = await accounts.isRegistrationOpen();
    if (!valid) return { user: null, member: null, registrationOpen };
    const { user, member } = valid;
    return {
      user,
      member: member && {
        siteId: member.siteId,
        memberId: member.id,
        role: member.role,
        siteName: member.siteName,
      },
      registrationOpen,
    };
  };

  /** Signs a user in on this browser; whoever was signed in on it before is signed out. */
  const beginSession = async (ctx: RequestContext, userId: string): Promise<SessionAnswer> => {
    if (ctx.session) await sessions.end(ctx.session.session.id);
    const { token } = await sessions.create({ userId, userAgent: ctx.userAgent });
    ctx.setCookie(cookie.issue(token));
    return await describeSession(await sessions.validate(token));
  };

  return { admit, beginSession, describeSession };
}

function valueOf<T>(result: AuthResult<T>): T {
  if (!result.ok) throw new CodedError(result.code);
  return result.value;
}
