import { z } from 'zod';
import { isVerified } from '#shared/domain/verification';
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
  clock: { now(): number };
}

/** `auth.*`: signing in and out, registration and passkeys. The origin of a request has been checked before. */
export function createAuthRouter(options: AuthRouterOptions) {
  const { accounts, passkeys, sessions } = options.auth;
  const { clock } = options;
  const { admit, beginSession, describeSession } = createSteps(options);
  /** Passkeys are what one proves oneself with: who finds a browser signed in must not add an own one, or take one away. */
  const verifiedProcedure = sessionProcedure.use(async ({ ctx, next }) => {
    const { id, verifiedAt } = ctx.session.session;
    const now = clock.now();
    // What `ctx` has may be some seconds old, and another process may have noted a proof since.
    const isProved =
      isVerified({ verifiedAt, now }) || isVerified({ verifiedAt: await sessions.readVerifiedAt(id), now });
    if (!isProved) throw new CodedError('verification_needed');
    return next();
  });
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

    /** Makes sure once more that it is the account's owner who asks: the ways there are. */
    verifyOptions: sessionProcedure.mutation(async ({ ctx }) => {
      await admit(ctx, 'verifyOptions');
      const { id } = ctx.session.user;
      const [passkey, hasPassword] = await Promise.all([
        passkeys.verifyOptions(id),
        accounts.hasPassword(id),
      ]);
      return { passkey, hasPassword };
    }),

    verifyByPasskey: sessionProcedure
      .input(z.object({ challengeId, response: authenticationResponseSchema }))
      .mutation(async ({ ctx, input }) => {
        const { user, session } = ctx.session;
        const admission = await admit(ctx, 'verifyByPasskey', user.id);
        valueOf(await passkeys.verify({ ...input, userId: user.id }));
        await admission.succeeded();
        return { verifiedAt: await sessions.noteVerified(session.id) };
      }),

    verifyByPassword: sessionProcedure
      .input(z.object({ password: z.string() }))
      .mutation(async ({ ctx, input }) => {
        const { user, session } = ctx.session;
        const admission = await admit(ctx, 'verifyByPassword', user.id);
        valueOf(await accounts.checkPassword({ userId: user.id, password: input.password }));
        await admission.succeeded();
        return { verifiedAt: await sessions.noteVerified(session.id) };
      }),

    passkeyRegisterOptions: verifiedProcedure.mutation(({ ctx }) =>
      passkeys.registerOptions(ctx.session.user),
    ),

    passkeyRegister: verifiedProcedure
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

    passkeyRemove: verifiedProcedure.input(z.object({ credentialId })).mutation(async ({ ctx, input }) => {
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
