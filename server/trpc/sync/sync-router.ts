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
import type { SessionDevices } from '../../services/auth/session-devices';
import type { Sessions, ValidSession } from '../../services/auth/sessions';
import { createSyncCaps } from '../../services/auth/sync-caps';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';

export interface SyncRouterOptions {
  arbiter: { submit(push: Push): Promise<SubmitResult> };
  pull: Pull;
  /** `verifiedAt` of a session as it is now; what `ctx` has may be some seconds old. */
  sessions: Pick<Sessions, 'readVerifiedAt' | 'forget' | 'forgetUser'>;
  sessionDevices: Pick<SessionDevices, 'noteClient'>;
  clock: { now(): number };
}

/** What may need a proof of who asks that is only moments old. */
const verifiedOps: ReadonlySet<string> = new Set([
  'pass.bind@1',
  'device.revoke@1',
  'device.revoke@2',
  'site.rotate_key@1',
  'member.set_role@1',
  'member.remove@1',
  'site.set_policy@1',
  'site.set_registration@1',
] satisfies Op[]);

/** Who somebody is at the site is another matter after these. */
const roleOps: ReadonlySet<string> = new Set(['member.set_role@1', 'member.remove@1'] satisfies Op[]);

/** `sync.*`: all that a device needs once it is signed in. The site is the session's. */
export function createSyncRouter({ arbiter, pull, sessions, sessionDevices, clock }: SyncRouterOptions) {
  const caps = createSyncCaps();
  /** A proof of another process is asked for where it matters: a wish that comes right after it is not to be refused. */
  const verifiedAtOf = async (
    { id, verifiedAt }: ValidSession['session'],
    intents: readonly { readonly op: string }[],
  ): Promise<number | null> => {
    const isKnown = isVerified({ verifiedAt, now: clock.now() });
    if (isKnown || !intents.some(({ op }) => verifiedOps.has(op))) return verifiedAt;
    return await sessions.readVerifiedAt(id);
  };
  const requireCap = async (call: 'push' | 'pull', { session }: ValidSession): Promise<void> => {
    const retryAfter = await caps.admit(call, session.lastingId);
    if (retryAfter !== null) throw new CodedError('too_many_requests', { 'retry-after': String(retryAfter) });
  };
  return router({
    push: memberProcedure
      .input(parserOf(pushRequestSchema))
      .mutation(async ({ ctx, input }): Promise<PushResponse> => {
        await requireCap('push', ctx.session);
        if (input.intents.length > MAXIMUM_INTENTS) throw new CodedError('too_many_intents');
        const { id, role, name, siteId } = ctx.member;
        if (input.memberId !== undefined && canonical(input.memberId) !== id)
          throw new CodedError('client_foreign');
        const clientId = canonical(input.clientId);
        const result = await arbiter.submit({
          siteId,
          member: { id, role, name },
          clientId,
          verifiedAt: await verifiedAtOf(ctx.session.session, input.intents),
          sentAt: input.sentAt,
          intents: input.intents.map((intent) => ({ ...intent, id: canonical(intent.id) })),
        });
        if (!result.ok) throw new CodedError(result.code);
        const { serverNow, lastSeq, outcomes } = result;
        const applied = input.intents
          .map(({ op }) => op)
          .filter((_, index) => outcomes[index]?.status === 'applied');
        const by = applied.includes('pass.bind@1') ? 'bind' : 'push';
        await sessionDevices.noteClient({ sessionId: ctx.session.session.lastingId, siteId, clientId, by });
        // The database has ended the session of the device: it is not to be let in by what is remembered here. Nobody but its
        // member gives a device up.
        if (applied.some((op) => op.startsWith('device.revoke@'))) sessions.forgetUser(ctx.session.user.id);
        // Another role, or none: what is remembered of their sessions still has the former one.
        if (applied.some((op) => roleOps.has(op))) sessions.forget();
        if (outcomes.some(({ code }) => code === 'role_forbidden'))
          ctx.noteDenied?.(input.intents.map(({ op }) => op).join(' '));
        return { serverNow, lastSeq, outcomes: [...outcomes] };
      }),

    pull: memberProcedure
      .input(parserOf(pullRequestSchema))
      .mutation(async ({ ctx, input }): Promise<PullResponse> => {
        await requireCap('pull', ctx.session);
        const { member } = ctx;
        const clientId = canonical(input.clientId);
        const { cookie, pages, digests, reload } = input;
        const { siteId } = member;
        const result = await pull({ siteId, member, clientId, cookie, pages, digests, reload });
        if (!result.ok) throw new CodedError(result.code);
        const { lastingId: sessionId } = ctx.session.session;
        await sessionDevices.noteClient({ sessionId, siteId, clientId, by: 'pull' });
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
