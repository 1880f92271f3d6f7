import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import { admitCall } from '../admit';
import { secondFactorCode } from '../auth/second-factor-steps';
import type { RequestContext } from '../context';
import { sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';
import { wayInChanged, type WayInChange } from '../way-in-changed';

type SignedIn = RequestContext & { session: NonNullable<RequestContext['session']> };

/** `account.*`, as far as it is about the password and the second factor. To be spread into the account's router. */
export function createSecondFactorProcedures(options: { auth: AuthServices; cookie: SessionCookie }) {
  const { auth } = options;
  const { accounts, limits, ownPassword, secondFactor } = auth;

  const noteDone = (ctx: SignedIn, kind: WayInChange): Promise<void> =>
    wayInChanged(ctx, options, { kind, userId: ctx.session.user.id });

  return {
    /** What the settings show: no secrets. */
    factors: sessionProcedure.query(async ({ ctx }) => {
      const { id } = ctx.session.user;
      const [hasPassword, { isOn, recoveryCodesLeft }] = await Promise.all([
        accounts.hasPassword(id),
        secondFactor.summary(id),
      ]);
      return { hasPassword, hasSecondFactor: isOn, recoveryCodesLeft };
    }),

    setPassword: sessionProcedure
      .input(z.object({ password: z.string() }))
      .mutation(async ({ ctx, input }) => {
        const { id: userId } = ctx.session.user;
        valueOf(await ownPassword.set({ userId, password: input.password }));
        await noteDone(ctx, 'password_set');
        return {};
      }),

    removePassword: sessionProcedure.mutation(async ({ ctx }) => {
      valueOf(await ownPassword.remove(ctx.session.user.id));
      await noteDone(ctx, 'password_removed');
      return {};
    }),

    secondFactorBegin: sessionProcedure.mutation(async ({ ctx }) =>
      valueOf(await secondFactor.begin(ctx.session.user)),
    ),

    secondFactorConfirm: sessionProcedure
      .input(z.object({ code: secondFactorCode }))
      .mutation(async ({ ctx, input }) => {
        const { id: userId } = ctx.session.user;
        const admission = await admitCall(limits, 'signInSecondFactor', { ctx, account: userId });
        const confirmed = valueOf(await secondFactor.confirm({ userId, code: input.code }));
        await admission.succeeded();
        await noteDone(ctx, 'second_factor_on');
        return confirmed;
      }),

    secondFactorRemove: sessionProcedure.mutation(async ({ ctx }) => {
      const { id: userId } = ctx.session.user;
      valueOf(await secondFactor.remove(userId));
      await noteDone(ctx, 'second_factor_off');
      return {};
    }),

    recoveryCodesRenew: sessionProcedure.mutation(async ({ ctx }) => {
      const renewed = valueOf(await secondFactor.renewRecoveryCodes(ctx.session.user.id));
      await noteDone(ctx, 'recovery_codes_renewed');
      return renewed;
    }),
  };
}
