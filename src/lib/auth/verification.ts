import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { authApi } from '$lib/api/auth-api';
import { app } from '$lib/state/app-state.svelte';
import { isRefusal } from '$lib/state/refusal';
import { attempt, fromCeremony, type AuthResult } from './auth-failure';
import type { AskedPasskey } from './passkey-ceremonies';
import { verificationRequest } from './verification-request.svelte';

/*
 * Making sure once more that it is the account's owner who asks ("step-up"): for what a browser left signed in must not be
 * enough for. `verifyPerson`, `withVerification` and `callWithVerification` are what a screen awaits; the rest
 * is VerifyDialog's.
 */

/** The ways this account has. */
export interface WaysToVerify {
  /** Null without passkeys. */
  readonly passkey: AskedPasskey | null;
  readonly hasPassword: boolean;
  /** Whether the password needs a code beside it. */
  readonly hasSecondFactor: boolean;
}

/**
 * Asks the person, in a dialog over whatever is shown, to prove who they are; true once the server has said so, false when
 * they would rather not. Needs signal, and says so.
 */
export function verifyPerson(): Promise<boolean> {
  return verificationRequest.ask();
}

/**
 * Does it; when the rules want a proof of who asks first, asks for it and does it again. False when the person would rather
 * not prove it: then nothing was done. Rejects as `deed` does.
 */
export async function withVerification(
  deed: () => Promise<void>,
  verify: () => Promise<boolean> = verifyPerson,
): Promise<boolean> {
  try {
    await deed();
  } catch (caught) {
    if (!isRefusal(caught) || caught.code !== 'verification_needed') throw caught;
    if (!(await verify())) return false;
    await deed();
  }
  return true;
}

/**
 * The same for what answers with words instead of throwing. Null when the person would rather not prove it: then nothing was
 * done.
 */
export async function callWithVerification<T>(
  call: () => Promise<AuthResult<T>>,
  verify: () => Promise<boolean> = verifyPerson,
): Promise<AuthResult<T> | null> {
  const result = await call();
  if (result.ok || result.failure.code !== 'verification_needed') return result;
  return (await verify()) ? call() : null;
}

/** The ways there are, with what the passkey is to be asked for: fetched before the tap, which a browser may not wait for. */
export function waysToVerify(): Promise<AuthResult<WaysToVerify>> {
  return attempt(async () => {
    const { passkey, ...others } = await (await authApi()).verifyOptions.mutate();
    // As in account.ts: tRPC's wire types turn the binary values of an extension that is not used inside out.
    const options = passkey?.options as unknown as PublicKeyCredentialRequestOptionsJSON;
    return {
      ok: true,
      value: { passkey: passkey && { challengeId: passkey.challengeId, options }, ...others },
    };
  });
}

/** Begins in a tap. */
export function verifyByPasskey(asked: AskedPasskey): Promise<AuthResult<unknown>> {
  return attempt(async () => {
    const [{ answerWithPasskey }, api] = await Promise.all([import('./passkey-ceremonies'), authApi()]);
    const done = await answerWithPasskey(asked, (answer) => api.verifyByPasskey.mutate(answer));
    if (done.ok && done.value.verifiedAt !== null) app.session.noteVerified(done.value.verifiedAt);
    return fromCeremony(done);
  });
}

/** Refuses credentials_wrong for another password, and second_factor_wrong where the account wants a (better) code, too. */
export function verifyByPassword(password: string, code?: string): Promise<AuthResult<unknown>> {
  return attempt(async () => {
    const api = await authApi();
    const { verifiedAt } = await api.verifyByPassword.mutate({ password, ...(code && { code }) });
    if (verifiedAt !== null) app.session.noteVerified(verifiedAt);
    return { ok: true, value: null };
  });
}
