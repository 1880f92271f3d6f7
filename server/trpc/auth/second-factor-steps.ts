import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import type { FirstFactor } from '../../services/auth/sign-in-step-store';
import type { SignedInBy } from '../../services/auth/sessions';
import { CodedError } from '../coded-error';
import type { RequestContext } from '../context';
import { publicProcedure } from '../trpc';
import { valueOf } from '../value-of';
import { createSignInSteps, type SignInStepsOptions } from './sign-in-steps';

/** A code as somebody types it: of the app, or a recovery code with its hyphens. */
export const secondFactorCode = z.string().max(64);
/** What `SecondFactor.beginStep` gave. */
export const stepToken = z.string().max(64);

const afterSecondFactor = {
  password: 'password_totp',
  oidc: 'oidc',
  recover: 'recovery',
} as const satisfies Record<FirstFactor, SignedInBy>;

/**
 * `auth.signInSecondFactor`: ends a sign-in that has its first factor, whichever that was. Fails with
 * `second_factor_wrong`, `sign_in_step_over`, `too_many_requests`.
 */
export function createSignInSecondFactor(options: SignInStepsOptions) {
  const { secondFactor, securityLog } = options.auth;
  const { admit, beginSession } = createSignInSteps(options);
  return publicProcedure
    .input(z.object({ stepToken, code: secondFactorCode }))
    .mutation(async ({ ctx, input }) => {
      const step = await secondFactor.findStep(input.stepToken);
      const admission = await admit(ctx, 'signInSecondFactor', step?.userId);
      if (!step) throw new CodedError('sign_in_step_over');
      const finished = await secondFactor.finishStep(input);
      if (!finished.ok) {
        await securityLog.record({ kind: 'second_factor_failed', userId: step.userId, from: ctx });
        throw new CodedError(finished.code);
      }
      await admission.succeeded();
      const { userId, firstFactor } = finished.value;
      return await beginSession(ctx, { userId, by: afterSecondFactor[firstFactor] });
    });
}

/**
 * A password proves nothing by itself where the account has a second factor. Throws `second_factor_wrong`, also when the
 * code is missing.
 */
export async function requireSecondFactor(
  { secondFactor, securityLog }: Pick<AuthServices, 'secondFactor' | 'securityLog'>,
  { ctx, userId, code }: { ctx: RequestContext; userId: string; code: string | undefined },
): Promise<void> {
  if (!(await secondFactor.summary(userId)).isOn) return;
  const checked = await secondFactor.check({ userId, code: code ?? '' });
  if (checked.ok) return;
  await securityLog.record({ kind: 'second_factor_failed', userId, from: ctx });
  valueOf(checked);
}
