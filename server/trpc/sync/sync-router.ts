import * as z from 'zod/mini';
import {
  MAXIMUM_INTENTS,
  PROTOCOL_VERSION,
  pushRequestSchema,
  type PushResponse,
} from '#shared/protocol/push';
import { pullRequestSchema, type Poke, type PullResponse } from '#shared/protocol/pull';
import { isVerified } from '#shared/domain/verification';
import type { Op } from '#shared/domain/intent';
import type { Push, SubmitResult } from '../../arbiter/push';
import type { Pull } from '../../services/sync/pull';
import type { ValidSession } from '../../services/auth/sessions';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';

export interface SyncRouterOptions {
  arbiter: { submit(push: Push): Promise<SubmitResult> };
  pull: Pull;
  /** `verifiedAt` of a session as it is now; what `ctx` has may be some seconds old. */
  sessions: { readVerifiedAt(sessionId: string): Promise<number | null> };
  clock: { now(): number };
}

/** What may need a proof of who asks that is only moments old. */
const verifiedOps: ReadonlySet<string> = new Set([
  'pass.bind@1',
  'device.revoke@1',
  'site.rotate_key@1',
] satisfies Op[]);

/** `sync.*`: all that a device needs once it is signed in. The site is the session's. */
export function createSyncRouter({ arbiter, pull, sessions, clock }: SyncRouterOptions) {
  /** A proof of another process is asked for where it matters: a wish that comes right after it is not to be refused. */
  const verifiedAtOf = async (
    { id, verifiedAt }: ValidSession['session'],
    intents: readonly { readonly op: string }[],
  ): Promise<number | null> => {
    const isKnown = isVerified({ verifiedAt, now: clock.now() });
    if (isKnown || !intents.some(({ op }) => verifiedOps.has(op))) return verifiedAt;
    return await sessions.readVerifiedAt(id);
  };
  return router({
    push: memberProcedure
      .input(parserOf(pushRequestSchema))
      .mutation(async ({ ctx, input }): Promise<PushResponse> => {
        if (input.intents.length > MAXIMUM_INTENTS) throw new CodedError('too_many_intents');
        const { id, role, name, siteId } = ctx.member;
        if (input.memberId !== undefined && canonical(input.memberId) !== id)
          throw new CodedError('client_foreign');
        const result = await arbiter.submit({
          siteId,
          member: { id, role, name },
          clientId: canonical(input.clientId),
          verifiedAt: await verifiedAtOf(ctx.session.session, input.intents),
          intents: input.intents.map((intent) => ({ ...intent, id: canonical(intent.id) })),
        });
        if (!result.ok) throw new CodedError(result.code);
        const { serverNow, lastSeq, outcomes } = result;
        return { serverNow, lastSeq, outcomes: [...outcomes] };
      }),

    pull: memberProcedure
      .input(parserOf(pullRequestSchema))
      .mutation(async ({ ctx, input }): Promise<PullResponse> => {
        const { member } = ctx;
        const clientId = canonical(input.clientId);
        const { cookie, pages, digests, reload } = input;
        const { siteId } = member;
        const result = await pull({ siteId, member, clientId, cookie, pages, digests, reload });
        if (!result.ok) throw new CodedError(result.code);
        return result.response;
      }),

    /**
     * For its type, and for saying why a device gets no stream: those that do are written by server/http/poke-response,
     * which takes the request before it comes here.
     */
    pokes: memberProcedure.subscription(async function* (): AsyncGenerator<Poke, void> {
      await Promise.resolve();
      // A member comes here when the database was away for a moment: the device is to come back.
      throw new CodedError('unavailable');
    }),
  });
}

const protocolSchema = z.looseObject({ proto: z.int() });

/** Looks at the protocol's version before the rest, which another version may have shaped otherwise. */
function parserOf<T>(schema: z.ZodMiniType<T>): (input: unknown) => T {
  return (input) => {
    if (protocolSchema.parse(input).proto !== PROTOCOL_VERSION) throw new CodedError('protocol_unsupported');
    return schema.parse(input);
  };
}

/** Postgres reads a UUID in any case; the rest of the server compares text. */
function canonical(id: string): string {
  return id.toLowerCase();
}
