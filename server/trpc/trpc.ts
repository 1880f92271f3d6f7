import { randomUUID } from 'node:crypto';
import { initTRPC, type TRPCError } from '@trpc/server';
import { accessOf, type Callers } from '#shared/domain/procedure-access';
import { errorTexts } from '#shared/protocol/errors';
import { CodedError, errorCodeOf, wireErrorOf } from './coded-error';
import type { RequestContext } from './context';

/** Milliseconds of silence after which a stream is pinged: below the 30 s after which proxies begin to cut idle ones. */
export const PING_EVERY = 15_000;
/** Milliseconds of silence after which a device opens its stream anew. */
export const REOPEN_AFTER = 3 * PING_EVERY;

const t = initTRPC.context<RequestContext>().create({
  // Never a stack on the wire, whatever NODE_ENV says.
  isDev: false,
  // Only our own words: the message of an unexpected error may hold SQL or data, that of zod the input.
  errorFormatter({ shape, error }) {
    const code = errorCodeOf(error);
    return {
      code: shape.code,
      message: errorTexts[code].sentence,
      data: {
        code: error.code,
        httpStatus: errorTexts[code].status as number,
        undercroft: wireErrorOf(code, code === 'internal' ? incidentOf(error) : undefined),
      },
    };
  },
  sse: {
    ping: { enabled: true, intervalMs: PING_EVERY },
    client: { reconnectAfterInactivityMs: REOPEN_AFTER },
  },
});

const incidents = new WeakMap<TRPCError, string>();

/** The id under which an unexpected error is logged and told to the client; the same at each call for one error. */
export function incidentOf(error: TRPCError): string {
  const known = incidents.get(error);
  if (known !== undefined) return known;
  const incident = randomUUID();
  incidents.set(error, incident);
  return incident;
}

export const router = t.router;

/**
 * Asks the one table of who may call what (domain/procedure-access) before each call; what does not stand in it answers
 * nobody. Fails with `not_found`, `signed_out`, `session_revoked`, `no_site`, `role_forbidden`, `verification_needed`.
 */
const guardedProcedure = t.procedure.use(async ({ ctx, path, next }) => {
  const access = accessOf(path);
  if (!access) throw new CodedError('not_found');
  requireCaller(access.callers, { ctx, path });
  if (access.verified && !(await ctx.isVerified())) throw new CodedError('verification_needed');
  return next();
});

function requireCaller(callers: Callers, { ctx, path }: { ctx: RequestContext; path: string }): void {
  const { session } = ctx;
  if (callers === 'anyone') return;
  if (!session) throw new CodedError(ctx.wasRevoked ? 'session_revoked' : 'signed_out');
  if (callers === 'signed_in') return;
  if (callers === 'administrator') {
    if (!session.user.isAdministrator) throw deny(ctx, path);
    return;
  }
  if (!session.member) throw new CodedError('no_site');
  if (!callers.includes(session.member.role)) throw deny(ctx, path);
}

function deny(ctx: RequestContext, path: string): CodedError {
  ctx.noteDenied?.(path);
  return new CodedError('role_forbidden');
}

/** Knows nothing of who calls; the table says whether that is for everybody. The origin has been checked before. */
export const publicProcedure = guardedProcedure;

/** For signed-in users: `ctx.session` is there. Fails with `signed_out`. */
export const sessionProcedure = guardedProcedure.use(({ ctx, next }) => {
  const { session, sessionToken } = ctx;
  if (!session || sessionToken === undefined) throw new CodedError('signed_out');
  return next({ ctx: { session, sessionToken } });
});

/** For members of the session's site: `ctx.member` is there. Fails with `signed_out` or `no_site`. */
export const memberProcedure = sessionProcedure.use(({ ctx, next }) => {
  const { member } = ctx.session;
  if (!member) throw new CodedError('no_site');
  return next({ ctx: { member } });
});
