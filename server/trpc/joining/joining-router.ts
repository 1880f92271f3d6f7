import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import { admitCall } from '../admit';
import { memberProcedure, router, sessionProcedure } from '../trpc';
import { createSiteChange } from '../sites/site-change';
import { valueOf } from '../value-of';

export interface JoiningRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
}

const asked = z.object({
  siteId: z.uuid(),
  flat: z.string().trim().max(80),
  message: z.string().trim().max(500),
});

/** `joining.*`: asking a site to be let in, and a manager's answer. */
export function createJoiningRouter(options: JoiningRouterOptions) {
  const { joinRequests, limits } = options.auth;
  const changeSite = createSiteChange(options);
  return router({
    /** Answers the session at the site where that is open to all, null where the person has to wait for a manager. */
    ask: sessionProcedure.input(asked).mutation(async ({ ctx, input }) => {
      const { id: userId } = ctx.session.user;
      await admitCall(limits, 'joiningAsk', { ctx, account: userId });
      const { address, userAgent } = ctx;
      const answer = valueOf(await joinRequests.ask({ ...input, userId, from: { address, userAgent } }));
      return { session: 'siteId' in answer ? await changeSite(ctx, answer.siteId) : null };
    }),

    withdraw: sessionProcedure.input(z.object({ requestId: z.uuid() })).mutation(async ({ ctx, input }) => {
      valueOf(await joinRequests.withdraw({ ...input, userId: ctx.session.user.id }));
      return {};
    }),

    decide: memberProcedure
      .input(z.object({ requestId: z.uuid(), approve: z.boolean() }))
      .mutation(async ({ ctx, input }) => {
        const decider = { userId: ctx.session.user.id, memberId: ctx.member.id };
        valueOf(await joinRequests.decide({ ...input, siteId: ctx.member.siteId, decider }));
        return {};
      }),
  });
}
