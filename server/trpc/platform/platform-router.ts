import { z } from 'zod';
import type { SignInLimits } from '../../services/auth/sign-in-limits';
import type { Asking, Installation } from '../../services/administration/installation';
import type { ValidSession } from '../../services/auth/sessions';
import { admitCall } from '../admit';
import type { RequestContext } from '../context';
import { router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';

export interface PlatformRouterOptions {
  auth: { limits: SignInLimits };
  installation: Installation;
}

/** What the runtime's own table of zones takes, e.g. `Europe/Berlin`. */
const timeZone = z.string().max(64).refine(isTimeZone);
// Spelling is the service's to judge, so that it has its own code.
const newSite = z.object({ name: z.string().max(200), timeZone, managerEmail: z.string().max(300) });

/** `platform.*`: for who runs the installation. That is nobody at a site: see domain/procedure-access. */
export function createPlatformRouter({ auth, installation }: PlatformRouterOptions) {
  return router({
    sites: sessionProcedure.query(() => installation.describe()),

    makeSite: sessionProcedure.input(newSite).mutation(async ({ ctx, input }) => {
      await admitCall(auth.limits, 'platformMail', { ctx, account: ctx.session.user.id });
      return valueOf(await installation.makeSite(askingOf(ctx), input));
    }),

    inviteManager: sessionProcedure
      .input(z.object({ siteId: z.uuid(), email: z.string().max(300) }))
      .mutation(async ({ ctx, input }) => {
        await admitCall(auth.limits, 'platformMail', { ctx, account: ctx.session.user.id });
        valueOf(await installation.inviteManager(askingOf(ctx), input));
        return {};
      }),
  });
}

function askingOf(ctx: Pick<RequestContext, 'address' | 'userAgent'> & { session: ValidSession }): Asking {
  const { address, userAgent } = ctx;
  const { id: userId, name } = ctx.session.user;
  return { userId, name, from: { address, userAgent } };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
