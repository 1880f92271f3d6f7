import { sessionAnswerSchema, type SessionAnswer } from '#shared/protocol/session';
import {
  unlockBegunSchema,
  unlockViewSchema,
  type UnlockBegun,
  type UnlockView,
} from '#shared/protocol/unlock';
import { unlockApi, type UnlockApi } from '$lib/api/unlock-api';
import { attempt, type AuthResult } from './auth-failure';
import { callWithVerification } from './verification';

/*
 * Smart unlock (B2): this browser asks to be let in, or this phone decides about another. Nothing here throws for a reason that
 * a person can do something about.
 */

/** How the browser's own request stands. */
export type UnlockStanding =
  | { readonly state: 'waiting' | 'refused' | 'expired' }
  | { readonly state: 'approved'; readonly session: SessionAnswer };

/** What the phone decides about: the code that the other screen shows, or null when this account was asked by name. */
export interface UnlockChoice {
  readonly requestId: string;
  readonly code: string | null;
}

/** Asks to be let in; with an e-mail that account's devices are woken, if it has any. */
export function beginUnlock(email: string | null): Promise<AuthResult<UnlockBegun>> {
  return attemptCall(async (api) => unlockBegunSchema.parse(await api.begin.mutate({ email })));
}

/** Whether a phone has answered yet. Signed in is answered once. */
export function collectUnlock(requestId: string): Promise<AuthResult<UnlockStanding>> {
  return attemptCall(async (api) => {
    const answer = await api.collect.mutate({ requestId });
    if (answer.state !== 'approved') return answer;
    return { state: answer.state, session: sessionAnswerSchema.parse(answer.session) };
  });
}

/** The browser that shows this code. Refuses unlock_not_found. */
export function findUnlock(code: string): Promise<AuthResult<UnlockView>> {
  return attemptCall(async (api) => unlockViewSchema.parse(await api.find.mutate({ code })));
}

/** The browsers that ask for this account by name, newest first. */
export function waitingUnlocks(): Promise<AuthResult<readonly UnlockView[]>> {
  return attemptCall(async (api) => (await api.waiting.query()).map((view) => unlockViewSchema.parse(view)));
}

/** Lets the browser in, after a proof of who this is. Null when the person would rather not prove it. */
export function approveUnlock(choice: UnlockChoice, number: number): Promise<AuthResult<unknown> | null> {
  return callWithVerification(() => attemptCall((api) => api.approve.mutate({ ...choice, number })));
}

export function refuseUnlock(choice: UnlockChoice): Promise<AuthResult<unknown>> {
  return attemptCall((api) => api.refuse.mutate(choice));
}

function attemptCall<T>(call: (api: UnlockApi) => Promise<T>): Promise<AuthResult<T>> {
  return attempt(async () => ({ ok: true, value: await call(await unlockApi()) }));
}
