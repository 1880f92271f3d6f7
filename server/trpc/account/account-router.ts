import { z } from 'zod';
import type { AccountServices } from '../../services/account/account-services';
import { normalizeEmail } from '../../services/auth/accounts';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { SignInAnswer } from '#shared/protocol/session';
import { createSignInSteps } from '../auth/sign-in-steps';
import { publicProcedure, router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';
import { createSecondFactorProcedures } from './second-factor-procedures';

export interface AccountRouterOptions {
  auth: AuthServices;
  account: AccountServices;
  cookie: SessionCookie;
}

const localeInput = z.object({ locale: z.enum(['en', 'de']) });
const emailInput = z.object({ email: z.string().max(400) });
/** Longer than any token; whether it is one is not told apart from whether it is still good. */
const tokenInput = z.object({ token: z.string().max(200) });

/** `account.*`: the e-mail and its links, recovery, one's data and the end of an account. */
export function createAccountRouter(options: AccountRouterOptions) {
  const { auth, account, cookie } = options;
  const { emailAddress, recovery, securityLog } = auth;
  const { admit, passFirstFactor } = createSignInSteps(options);

  return router({
    ...createSecondFactorProcedures(options),

    summary: sessionProcedure.query(({ ctx }) => account.summary(ctx.session.user.id)),

    setLocale: sessionProcedure.input(localeInput).mutation(async ({ ctx, input }) => {
      await account.setLocale({ userId: ctx.session.user.id, locale: input.locale });
      return {};
    }),

    sendEmailVerification: sessionProcedure.mutation(async ({ ctx }) => {
      await admit(ctx, 'sendEmailVerification', ctx.session.user.id);
      await emailAddress.sendVerification(ctx.session.user.id);
      return { mailDelivery: account.mailDelivery };
    }),

    changeEmail: sessionProcedure.input(emailInput).mutation(async ({ ctx, input }) => {
      await admit(ctx, 'changeEmail', ctx.session.user.id);
      valueOf(await emailAddress.askForChange({ userId: ctx.session.user.id, email: input.email }));
      return { mailDelivery: account.mailDelivery };
    }),

    useEmailLink: publicProcedure.input(tokenInput).mutation(async ({ ctx, input }) => {
      await admit(ctx, 'useEmailLink');
      const { userId, email, isChanged } = valueOf(
        await emailAddress.useLink({ token: input.token, userId: ctx.session?.user.id ?? null }),
      );
      if (isChanged) await securityLog.record({ kind: 'email_changed', userId, from: ctx });
      return { email, isChanged };
    }),

    /** Answers the same, in the same time, for everybody: the account is looked for afterwards. */
    recover: publicProcedure.input(emailInput).mutation(async ({ ctx, input }) => {
      await admit(ctx, 'recover', normalizeEmail(input.email));
      await recovery.ask({ email: input.email, address: ctx.address, userAgent: ctx.userAgent });
      return { mailDelivery: account.mailDelivery };
    }),

    /** A link is one factor: where the account has a second, it is asked for, as at every sign-in. */
    recoverWith: publicProcedure.input(tokenInput).mutation(async ({ ctx, input }): Promise<SignInAnswer> => {
      await admit(ctx, 'recoverWith');
      const { userId } = valueOf(await recovery.useLink(input.token));
      return await passFirstFactor(ctx, { userId, firstFactor: 'recover' });
    }),

    exportData: sessionProcedure.mutation(async ({ ctx }) => {
      const userId = ctx.session.user.id;
      await admit(ctx, 'exportData', userId);
      const data = await account.exportData(userId);
      await securityLog.record({ kind: 'exported', userId, from: ctx });
      return data;
    }),

    delete: sessionProcedure.mutation(async ({ ctx }) => {
      valueOf(await account.delete(ctx.session.user.id));
      ctx.setCookie(cookie.clear());
      return {};
    }),
  });
}
