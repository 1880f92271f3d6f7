import { z } from 'zod';
import { isTypedCode } from '#shared/pass/typed-code';
import type { SessionAnswer } from '#shared/protocol/session';
import {
  normalizeUnlockCode,
  UNLOCK_LASTS,
  UNLOCKED_FOR,
  type UnlockBegun,
  type UnlockView,
} from '#shared/protocol/unlock';
import type { AuthServices } from '../../services/auth/auth-services';
import { browserWords } from '../../services/auth/browser-words';
import { placeOf } from '../../services/auth/network-place';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { UnlockCookie } from '../../services/unlock/unlock-cookie';
import type { UnlockPrompt } from '../../services/unlock/unlock-prompt';
import type { UnlockDecider, UnlockRequest, UnlockRequests } from '../../services/unlock/unlock-requests';
import { unlockViewOf } from '../../services/unlock/unlock-view';
import { admitCall } from '../admit';
import { createSignInSteps } from '../auth/sign-in-steps';
import { CodedError } from '../coded-error';
import type { RequestContext } from '../context';
import { publicProcedure, router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';

export interface UnlockRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
  clock: { now(): number };
  unlock: { requests: UnlockRequests; cookie: UnlockCookie; prompt: UnlockPrompt };
}

const requestId = z.uuid();
/** Whether it is a code is not told apart from whether a browser shows it. */
const typedCode = z.string().max(40).transform(normalizeUnlockCode);
/** With the code that the browser shows, or without, for who was asked by name. */
const decision = z.object({ requestId, code: typedCode.nullable() });

/** How a browser's request stands; the session comes once. */
type Collected =
  | { readonly state: 'waiting' | 'refused' | 'expired' }
  | { readonly state: 'approved'; readonly session: SessionAnswer };

/** `unlock.*` (B2): a browser without credentials asks, a signed-in phone decides. */
export function createUnlockRouter(options: UnlockRouterOptions) {
  const { auth, clock } = options;
  const { requests, cookie, prompt } = options.unlock;
  const { limits, securityLog, sessions } = auth;
  const { beginSession } = createSignInSteps(options);

  const viewFor = (ctx: RequestContext, request: UnlockRequest): UnlockView =>
    unlockViewOf(request, { address: ctx.address, now: clock.now() });

  const deciderOf = (userId: string, input: z.infer<typeof decision>): UnlockDecider => ({
    ...input,
    userId,
  });

  const record = (
    kind: 'unlock_approved' | 'unlock_refused',
    request: UnlockRequest,
    by: { ctx: RequestContext; userId: string },
  ) => {
    const detail = { browser: browserWords(request.userAgent), network: placeOf(request.network) };
    return securityLog.record({ kind, userId: by.userId, from: by.ctx, detail });
  };

  return router({
    begin: publicProcedure
      .input(z.object({ email: z.string().max(254).nullable() }))
      .mutation(async ({ ctx, input }): Promise<UnlockBegun> => {
        await admitCall(limits, 'unlockBegin', { ctx });
        const { address, userAgent } = ctx;
        const askedUserId = input.email === null ? null : await prompt.findAsked(input.email);
        const { browserSecret, ...begun } = await requests.begin({ address, userAgent, askedUserId });
        ctx.setCookie(cookie.issue(browserSecret));
        if (askedUserId !== null) {
          const { expiresAt } = begun;
          const browser = browserWords(userAgent);
          const asked = { userId: askedUserId, address, requestId: begun.requestId, browser, expiresAt };
          void prompt.send({ ...asked, ttl: UNLOCK_LASTS / 1000 });
        }
        return begun;
      }),

    collect: publicProcedure
      .input(z.object({ requestId }))
      .mutation(async ({ ctx, input }): Promise<Collected> => {
        const secret = cookie.read(`${cookie.name}=${ctx.readCookie(cookie.name) ?? ''}`);
        const result = secret === undefined ? null : await requests.collect(input.requestId, secret);
        if (!result?.ok) {
          // Whoever began it asks every second or two and is not counted; whoever guesses is.
          await admitCall(limits, 'unlockCollect', { ctx });
          throw new CodedError(result?.code ?? 'unlock_not_found');
        }
        const { value } = result;
        if (value.state !== 'approved') return value;
        ctx.setCookie(cookie.clear());
        const signIn = { userId: value.userId, by: 'unlock', lifetime: UNLOCKED_FOR } as const;
        return { state: 'approved', session: await beginSession(ctx, signIn) };
      }),

    /** Those that ask for this account by name. */
    waiting: sessionProcedure.query(async ({ ctx }): Promise<UnlockView[]> => {
      const waiting = await requests.waitingFor(ctx.session.user.id);
      return waiting.map((request) => viewFor(ctx, request));
    }),

    find: sessionProcedure
      .input(z.object({ code: typedCode }))
      .mutation(async ({ ctx, input }): Promise<UnlockView> => {
        const admission = await admitCall(limits, 'unlockFind', { ctx, account: ctx.session.user.id });
        const request = isTypedCode(input.code) ? await requests.find(input.code) : null;
        if (!request) throw new CodedError('unlock_not_found');
        await admission.succeeded();
        return viewFor(ctx, request);
      }),

    approve: sessionProcedure.input(decision.extend({ number: z.int() })).mutation(async ({ ctx, input }) => {
      const { user, session } = ctx.session;
      await admitCall(limits, 'unlockDecide', { ctx, account: user.id });
      const decider = deciderOf(user.id, input);
      const request = await requests.get(decider);
      // For this browser, not for something else a minute before.
      const verifiedAt = await sessions.readVerifiedAt(session.id);
      if (request && (verifiedAt === null || verifiedAt < request.createdAt)) {
        throw new CodedError('verification_needed');
      }
      const by = { ctx, userId: user.id };
      const result = await requests.approve(decider, input.number);
      if (request && !result.ok && result.code === 'unlock_wrong_number') {
        await record('unlock_refused', request, by);
      }
      await record('unlock_approved', valueOf(result), by);
      return {};
    }),

    refuse: sessionProcedure.input(decision).mutation(async ({ ctx, input }) => {
      const { user } = ctx.session;
      await admitCall(limits, 'unlockDecide', { ctx, account: user.id });
      const request = valueOf(await requests.refuse(deciderOf(user.id, input)));
      await record('unlock_refused', request, { ctx, userId: user.id });
      return {};
    }),
  });
}
