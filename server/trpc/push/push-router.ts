import { z } from 'zod';
import type { SignInLimits } from '../../services/auth/sign-in-limits';
import type { Push } from '../../services/push/push';
import { admitCall } from '../admit';
import { router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';

export interface PushRouterOptions {
  auth: { limits: SignInLimits };
  push: Push;
}

/** As `PushSubscription.toJSON()` gives it; what it is good for is the service's to judge. */
const subscription = z.object({
  endpoint: z.string().max(2048),
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(50) }),
});

/** `push.*` (B4): whether this browser is woken, for the session that asks and no other. */
export function createPushRouter({ auth, push }: PushRouterOptions) {
  return router({
    /** What to subscribe with, and whether this session's browser is. */
    publicKey: sessionProcedure.query(async ({ ctx }) => ({
      publicKey: await push.publicKey(),
      subscribed: await push.isSubscribed(ctx.session.session.id),
    })),

    subscribe: sessionProcedure.input(subscription).mutation(async ({ ctx, input }) => {
      const { user, session } = ctx.session;
      await admitCall(auth.limits, 'pushSubscribe', { ctx, account: user.id });
      valueOf(await push.subscribe({ userId: user.id, sessionId: session.id }, input));
      return {};
    }),

    unsubscribe: sessionProcedure.mutation(async ({ ctx }) => {
      await push.unsubscribe(ctx.session.session.id);
      return {};
    }),
  });
}
