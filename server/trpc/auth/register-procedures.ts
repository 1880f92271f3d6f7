import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import { registrationBy } from '../admit';
import type { RequestContext } from '../context';
import { publicProcedure } from '../trpc';
import { valueOf } from '../value-of';
import { registrationResponseSchema } from './passkey-response';
import { createSignInSteps } from './sign-in-steps';

/** Lengths and spelling are the services' to judge, so that each has its own code; the body's size is limited before. */
const person = z.object({ email: z.string(), name: z.string(), invitation: z.string().max(500).optional() });

/** A1: `auth.register*`: an account by a password, or by a passkey alone; with an invitation's secret also at closed sites. */
export function registerProcedures(options: { auth: AuthServices; cookie: SessionCookie }) {
  const { registrations } = options.auth;
  const { admit, beginSession } = createSignInSteps(options);
  const fromOf = ({ address, userAgent }: RequestContext) => ({ address, userAgent });
  return {
    register: publicProcedure
      .input(person.extend({ password: z.string() }))
      .mutation(async ({ ctx, input }) => {
        await admit(ctx, registrationBy(input));
        const { userId } = valueOf(await registrations.byPassword({ ...input, from: fromOf(ctx) }));
        return await beginSession(ctx, { userId, by: 'registration', isNew: true });
      }),

    registerByPasskeyOptions: publicProcedure.input(person).mutation(async ({ ctx, input }) => {
      await admit(ctx, registrationBy(input));
      return valueOf(await registrations.passkeyOptions(input));
    }),

    // Counted with its options: their challenge is good for one answer.
    registerByPasskey: publicProcedure
      .input(
        person.extend({
          challengeId: z.uuid(),
          response: registrationResponseSchema,
          passkeyName: z.string(),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const { userId } = valueOf(await registrations.byPasskey({ ...input, from: fromOf(ctx) }));
        return await beginSession(ctx, { userId, by: 'registration', isNew: true });
      }),
  };
}
