import { z } from 'zod';
import { normalizeEmail } from '../../services/auth/accounts';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import { rotateSession } from '../rotate-session';
import { valueOf } from '../value-of';
import { wayInChanged } from '../way-in-changed';
import { publicProcedure, router, sessionProcedure } from '../trpc';
import { authenticationResponseSchema, registrationResponseSchema } from './passkey-response';
import { registerProcedures } from './register-procedures';
import { createSignInSecondFactor, requireSecondFactor, secondFactorCode } from './second-factor-steps';
import { valueOrNote } from './note-failure';
import { createSignInSteps } from './sign-in-steps';

const challengeId = z.uuid();
const credentialId = z.string().min(1).max(1400);

/** Lengths and spelling are the services' to judge, so that each has its own code; the body's size is limited before. */
const credentials = z.object({ email: z.string(), password: z.string() });

export interface AuthRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
}

/** `auth.*`: signing in and out, registration and passkeys. The origin of a request has been checked before. */
export function createAuthRouter(options: AuthRouterOptions) {
  const { accounts, passkeys, secondFactor, securityLog, sessions } = options.auth;
  const { admit, beginSession, describeSession, passFirstFactor } = createSignInSteps(options);
  return router({
    // Issues no cookie: its answer may come after that of a call that has changed the token, and would bring the dead one back.
    session: publicProcedure.query(({ ctx }) => describeSession(ctx.session)),

    ...registerProcedures(options),

    signIn: publicProcedure.input(credentials).mutation(async ({ ctx, input }) => {
      const admission = await admit(ctx, 'signIn', normalizeEmail(input.email));
      const attempt = {
        kind: 'sign_in_failed',
        account: normalizeEmail(input.email),
        by: 'password',
      } as const;
      const { userId } = await valueOrNote(await accounts.signIn(input), attempt, { ctx, securityLog });
      await admission.succeeded();
      return await passFirstFactor(ctx, { userId, firstFactor: 'password' });
    }),

    signInSecondFactor: createSignInSecondFactor(options),

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
        const attempt = { kind: 'sign_in_failed', account: input.response.id, by: 'passkey' } as const;
        const { userId } = await valueOrNote(await passkeys.signIn(input), attempt, { ctx, securityLog });
        await admission.succeeded();
        return await beginSession(ctx, { userId, by: 'passkey' });
      }),

    /** Makes sure once more that it is the account's owner who asks: the ways there are. */
    verifyOptions: sessionProcedure.mutation(async ({ ctx }) => {
      await admit(ctx, 'verifyOptions');
      const { id } = ctx.session.user;
      const [passkey, hasPassword, { isOn: hasSecondFactor }] = await Promise.all([
        passkeys.verifyOptions(id),
        accounts.hasPassword(id),
        secondFactor.summary(id),
      ]);
      return { passkey, hasPassword, hasSecondFactor };
    }),

    verifyByPasskey: sessionProcedure
      .input(z.object({ challengeId, response: authenticationResponseSchema }))
      .mutation(async ({ ctx, input }) => {
        const { user } = ctx.session;
        const admission = await admit(ctx, 'verifyByPasskey', user.id);
        const attempt = { kind: 'verification_failed', account: user.id, by: 'passkey' } as const;
        const proved = await passkeys.verify({ ...input, userId: user.id });
        await valueOrNote(proved, attempt, { ctx, securityLog });
        await admission.succeeded();
        return await rotateSession(ctx, options, { verified: true });
      }),

    verifyByPassword: sessionProcedure
      .input(z.object({ password: z.string(), code: secondFactorCode.optional() }))
      .mutation(async ({ ctx, input }) => {
        const { user } = ctx.session;
        const admission = await admit(ctx, 'verifyByPassword', user.id);
        const attempt = { kind: 'verification_failed', account: user.id, by: 'password' } as const;
        const proved = await accounts.checkPassword({ userId: user.id, password: input.password });
        await valueOrNote(proved, attempt, { ctx, securityLog });
        await requireSecondFactor(options.auth, { ctx, userId: user.id, code: input.code });
        await admission.succeeded();
        return await rotateSession(ctx, options, { verified: true });
      }),

    passkeyRegisterOptions: sessionProcedure.mutation(({ ctx }) =>
      passkeys.registerOptions(ctx.session.user),
    ),

    passkeyRegister: sessionProcedure
      .input(z.object({ challengeId, response: registrationResponseSchema, name: z.string() }))
      .mutation(async ({ ctx, input }) => {
        const userId = ctx.session.user.id;
        const made = valueOf(await passkeys.register({ ...input, userId }));
        await wayInChanged(ctx, options, { kind: 'passkey_added', userId, detail: { name: made.name } });
        return made;
      }),

    passkeys: sessionProcedure.query(({ ctx }) => passkeys.list(ctx.session.user.id)),

    passkeyKeys: sessionProcedure.query(({ ctx }) => passkeys.keys(ctx.session.user.id)),

    passkeyRename: sessionProcedure
      .input(z.object({ credentialId, name: z.string() }))
      .mutation(async ({ ctx, input }) => {
        valueOf(await passkeys.rename({ ...input, userId: ctx.session.user.id }));
        return {};
      }),

    passkeyRemove: sessionProcedure.input(z.object({ credentialId })).mutation(async ({ ctx, input }) => {
      const userId = ctx.session.user.id;
      valueOf(await passkeys.remove({ ...input, userId }));
      await wayInChanged(ctx, options, { kind: 'passkey_removed', userId });
      return {};
    }),
  });
}
