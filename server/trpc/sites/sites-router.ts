import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { ValidSession } from '../../services/auth/sessions';
import { admitCall } from '../admit';
import { CodedError } from '../coded-error';
import { router, sessionProcedure } from '../trpc';
import { createSiteChange } from './site-change';

export interface SitesRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
  clock: { now(): number };
}

/** `sites.*`: where a person belongs, and which of these their session looks at. */
export function createSitesRouter(options: SitesRouterOptions) {
  const { limits, memberSites, sessions } = options.auth;
  const changeSite = createSiteChange(options);

  /**
   * B10: a session that has lived by a long idle limit is not carried into a role with a short one, unless its person was
   * there within that. By the row's own word: another process may have noted the proof.
   */
  const requireRecentProof = async ({ user, member, session }: ValidSession, siteId: string) => {
    const there = (await memberSites.mine(user.id)).sites.find((site) => site.siteId === siteId);
    if (!there) throw new CodedError('site_not_found');
    const { isAdministrator } = user;
    const before = sessions.limitOf({ isAdministrator, role: member?.role ?? null });
    const after = sessions.limitOf({ isAdministrator, role: there.role });
    if (after.idle >= before.idle) return;
    // Who let a browser in by a phone (B2) has proved it there, when the session began.
    const provedAt = (await sessions.readVerifiedAt(session.id)) ?? session.createdAt;
    if (options.clock.now() - provedAt >= after.idle) throw new CodedError('verification_needed');
  };

  return router({
    mine: sessionProcedure.query(({ ctx }) => memberSites.mine(ctx.session.user.id)),

    joinable: sessionProcedure.query(({ ctx }) => memberSites.joinable(ctx.session.user.id)),

    /**
     * Answers the session at the other site. Refuses site_not_found where the person does not belong, and
     * verification_needed where they may do more there and the last proof of who they are is too old for that.
     */
    switch: sessionProcedure.input(z.object({ siteId: z.uuid() })).mutation(async ({ ctx, input }) => {
      await admitCall(limits, 'siteSwitch', { ctx, account: ctx.session.user.id });
      await requireRecentProof(ctx.session, input.siteId);
      const session = await changeSite(ctx, input.siteId);
      if (!session) throw new CodedError('site_not_found');
      return session;
    }),
  });
}
