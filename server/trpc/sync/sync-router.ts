import * as z from 'zod/mini';
import {
  MAXIMUM_INTENTS,
  PROTOCOL_VERSION,
  pushRequestSchema,
  type PushResponse,
} from '#shared/protocol/push';
import { pullRequestSchema, type Poke, type PullResponse } from '#shared/protocol/pull';
import type { Push, SubmitResult } from '../../arbiter/push';
import type { SessionMember } from '../../services/auth/session-row';
import type { Sessions } from '../../services/auth/sessions';
import type { Pokes } from '../../services/pokes/pokes';
import { streamPokes } from '../../services/pokes/poke-stream';
import { memberScopes } from '../../services/sync/member-scopes';
import type { Pull } from '../../services/sync/pull';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';

export interface SyncRouterOptions {
  arbiter: { submit(push: Push): Promise<SubmitResult> };
  pull: Pull;
  pokes: Pokes;
  sessions: Pick<Sessions, 'validate'>;
  /** Milliseconds between two looks at whether a stream's session still lives. Default: 15 s. */
  checkSessionsEvery?: number;
}

/** `sync.*`: all that a device needs once it is signed in. The site is the session's. */
export function createSyncRouter({ arbiter, pull, pokes, sessions, checkSessionsEvery }: SyncRouterOptions) {
  return router({
    push: memberProcedure
      .input(parserOf(pushRequestSchema))
      .mutation(async ({ ctx, input }): Promise<PushResponse> => {
        if (input.intents.length > MAXIMUM_INTENTS) throw new CodedError('too_many_intents');
        const { id, role, name, siteId } = ctx.member;
        const result = await arbiter.submit({
          siteId,
          member: { id, role, name },
          clientId: canonical(input.clientId),
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
        const result = await pull({ siteId: member.siteId, member, clientId, cookie: input.cookie });
        if (!result.ok) throw new CodedError(result.code);
        return result.response;
      }),

    pokes: memberProcedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<Poke, void> {
      const scopes = scopeNames(ctx.member);
      const isStillAllowed = async (): Promise<boolean> => {
        const member = (await sessions.validate(ctx.sessionToken))?.member;
        return member != null && scopeNames(member).join() === scopes.join();
      };
      const end = yield* streamPokes({
        pokes,
        scopes,
        isStillAllowed,
        signal: signal ?? new AbortController().signal,
        ...(checkSessionsEvery === undefined ? {} : { checkEvery: checkSessionsEvery }),
      });
      // A device stops asking after signed_out, and comes back by itself after unavailable.
      if (end === 'session_ended') throw new CodedError('signed_out');
      if (end === 'stopped') throw new CodedError('unavailable');
    }),
  });
}

function scopeNames(member: SessionMember): string[] {
  return memberScopes(member.siteId, member).map(({ name }) => name);
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
