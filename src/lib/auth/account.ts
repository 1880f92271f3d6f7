import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import type { SessionAnswer, SignInAnswer } from '#shared/protocol/session';
import { authApi, type AuthApi } from '$lib/api/auth-api';
import { attempt as attemptCall, fromCeremony, type AuthResult } from './auth-failure';
import type { PasskeyCalls } from './passkey-ceremonies';

type Answer<Call extends keyof AuthApi> = AuthApi[Call] extends {
  query: (...input: never[]) => infer Promised;
}
  ? Awaited<Promised>
  : AuthApi[Call] extends { mutate: (...input: never[]) => infer Promised }
    ? Awaited<Promised>
    : never;

export type Passkey = Answer<'passkeys'>[number];

/*
 * What a screen can do about an account. Nothing here throws for a reason that a person can do something about: that
 * is a failure with words. The WebAuthn code is loaded when a passkey is really used.
 */

/** Whose session has begun, or the step for the second factor of an account that has one. */
export function signIn(email: string, password: string): Promise<AuthResult<SignInAnswer>> {
  return attempt(async (api) => done(await api.signIn.mutate({ email, password })));
}

/** Ends a sign-in that has its first factor, whichever that was, with a code of the app or a recovery code. */
export function signInWithCode(stepToken: string, code: string): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => done(await api.signInSecondFactor.mutate({ stepToken, code })));
}

/** Begins in a tap; no user name. */
export function signInWithPasskey(): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => {
    const ceremonies = await import('./passkey-ceremonies');
    return fromCeremony(await ceremonies.signInWithPasskey(callsOf(api)));
  });
}

/**
 * Offers the passkeys in the e-mail field's suggestions, where the browser can; waits until one is picked. Null when
 * none ever will be: the browser cannot, another ceremony took over, or the person moved on.
 */
export async function signInWithSuggestedPasskey(): Promise<AuthResult<SessionAnswer> | null> {
  const result = await attempt(async (api) => {
    const { offerSuggestedPasskey } = await import('./suggested-passkey');
    return fromCeremony(await offerSuggestedPasskey(callsOf(api)));
  });
  // Nobody has asked for it, so only what came of a picked passkey is worth words.
  return result.ok || result.failure.code === 'passkey_refused' ? result : null;
}

/** Makes a passkey for whoever is signed in. Begins in a tap. */
export function addPasskey(name: string): Promise<AuthResult<Passkey>> {
  return attempt(async (api) => {
    const ceremonies = await import('./passkey-ceremonies');
    return fromCeremony(await ceremonies.enrolPasskey(callsOf(api), name));
  });
}

export function listPasskeys(): Promise<AuthResult<readonly Passkey[]>> {
  return attempt(async (api) => done(await api.passkeys.query()));
}

export function renamePasskey(credentialId: string, name: string): Promise<AuthResult<unknown>> {
  return attempt(async (api) => done(await api.passkeyRename.mutate({ credentialId, name })));
}

export function removePasskey(credentialId: string): Promise<AuthResult<unknown>> {
  return attempt(async (api) => done(await api.passkeyRemove.mutate({ credentialId })));
}

// Options are JSON on both ends. SimpleWebAuthn's types name binary values in an extension that is not used (prf);
// tRPC's wire types turn those inside out, hence the two assertions.
function callsOf(api: AuthApi): PasskeyCalls<Passkey, SessionAnswer> {
  return {
    registerOptions: async () => {
      const { challengeId, options } = await api.passkeyRegisterOptions.mutate();
      return { challengeId, options: options as unknown as PublicKeyCredentialCreationOptionsJSON };
    },
    register: (request) => api.passkeyRegister.mutate(request),
    signInOptions: async () => {
      const { challengeId, options } = await api.passkeySignInOptions.mutate();
      return { challengeId, options: options as unknown as PublicKeyCredentialRequestOptionsJSON };
    },
    signIn: (request) => api.passkeySignIn.mutate(request),
  };
}

function done<T>(value: T): AuthResult<T> {
  return { ok: true, value };
}

function attempt<T>(deed: (api: AuthApi) => Promise<AuthResult<T>>): Promise<AuthResult<T>> {
  return attemptCall(async () => deed(await authApi()));
}
