import type { OidcIdentityView, OidcProvedView, OidcProvider } from '#shared/protocol/oidc';
import type { SessionAnswer } from '#shared/protocol/session';
import { oidcApi, type OidcApi } from '$lib/api/oidc-api';
import { attempt, type AuthResult } from './auth-failure';

/*
 * Accounts at other providers (OpenID Connect). The three that begin leave the app: they answer the provider's address, for
 * `location.assign`, and the person comes back to screen /oidc, which goes on at `next`.
 */

/** The providers that this server offers; none where it cannot be reached. */
export async function listProviders(): Promise<readonly OidcProvider[]> {
  const result = await call((api) => api.providers.query());
  return result.ok ? result.value : [];
}

export function beginSignIn(provider: string, next: string): Promise<AuthResult<{ url: string }>> {
  return call((api) => api.begin.mutate({ provider, returnTo: next }));
}

/** To link an account there to the signed-in one. Refuses verification_needed. */
export function beginLink(provider: string, next: string): Promise<AuthResult<{ url: string }>> {
  return call((api) => api.beginLink.mutate({ provider, returnTo: next }));
}

/** To prove once more who it is: the provider asks anew. */
export function beginVerify(provider: string, next: string): Promise<AuthResult<{ url: string }>> {
  return call((api) => api.beginVerify.mutate({ provider, returnTo: next }));
}

/** Who has come back from a provider in this browser and is nobody here yet; null when nobody has. */
export function whoHasComeBack(): Promise<AuthResult<OidcProvedView | null>> {
  return call((api) => api.proved.query());
}

/** Links who has come back to the signed-in account. Refuses verification_needed. */
export function linkWhoHasComeBack(): Promise<AuthResult<unknown>> {
  return call((api) => api.linkProved.mutate());
}

/** Makes an account for who has come back. */
export function registerWhoHasComeBack(person: {
  name: string;
  email: string;
  invitation?: string;
}): Promise<AuthResult<SessionAnswer>> {
  return call((api) => api.register.mutate(person));
}

export function listIdentities(): Promise<AuthResult<readonly OidcIdentityView[]>> {
  return call((api) => api.identities.query());
}

/** Refuses verification_needed, oidc_last_way_in. */
export function removeIdentity(identity: OidcIdentityView): Promise<AuthResult<unknown>> {
  const { issuer, subject } = identity;
  return call((api) => api.identityRemove.mutate({ issuer, subject }));
}

function call<T>(ask: (api: OidcApi) => Promise<T>): Promise<AuthResult<T>> {
  return attempt(async () => ({ ok: true, value: await ask(await oidcApi()) }));
}
