import { z } from 'zod';
import type { AuthServices } from '../../services/auth/auth-services';
import { placeOf } from '../../services/auth/network-place';
import type { AskingSession, SessionDevices } from '../../services/auth/session-devices';
import type { ValidSession } from '../../services/auth/sessions';
import { admitCall } from '../admit';
import type { RequestContext } from '../context';
import { router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';

/** The `session.lastingId`. */
const sessionId = z.uuid();

export interface SessionsRouterOptions {
  auth: Pick<AuthServices, 'limits'>;
  sessionDevices: SessionDevices;
  sessions: { readVerifiedAt(sessionId: string): Promise<number | null> };
  clock: { now(): number };
}

/** `sessions.*`: the browsers in which the caller is signed in (B5). */
export function createSessionsRouter({ auth, sessionDevices, sessions, clock }: SessionsRouterOptions) {
  const asking = async (ctx: RequestContext & { session: ValidSession }): Promise<AskingSession> => {
    const { id, verifiedAt } = ctx.session.session;
    return {
      valid: ctx.session,
      // The guard before has seen a fresh proof; where another process noted it, it stands in the row alone.
      verifiedAt: (await sessions.readVerifiedAt(id)) ?? verifiedAt ?? 0,
      from: ctx,
    };
  };

  return router({
    /** The latest used first. Times in ms since 1970. */
    list: sessionProcedure.query(async ({ ctx }) => {
      const here = placeOf(ctx.address);
      const devices = await sessionDevices.list(ctx.session.user.id);
      const now = clock.now();
      return devices.map((device) => ({
        ...device,
        isHere: device.id === ctx.session.session.lastingId,
        isSameNetwork: device.network !== '' && device.network === here,
        isOver: device.expiresAt <= now,
      }));
    }),

    rename: sessionProcedure
      .input(z.object({ sessionId, name: z.string().trim().max(80) }))
      .mutation(async ({ ctx, input }) => {
        valueOf(await sessionDevices.rename({ ...input, userId: ctx.session.user.id }));
        return {};
      }),

    revoke: sessionProcedure.input(z.object({ sessionId })).mutation(async ({ ctx, input }) => {
      await admitCall(auth.limits, 'sessionRevoke', { ctx, account: ctx.session.user.id });
      valueOf(await sessionDevices.revoke(input.sessionId, await asking(ctx)));
      return {};
    }),

    revokeOthers: sessionProcedure.mutation(async ({ ctx }) => {
      await admitCall(auth.limits, 'sessionRevoke', { ctx, account: ctx.session.user.id });
      return { revoked: await sessionDevices.revokeOthers(await asking(ctx)) };
    }),
  });
}
