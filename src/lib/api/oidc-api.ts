import type { Client } from './client';

export type OidcApi = Client['oidc'];

/** The `oidc.*` calls, loaded when first asked for, as `authApi` is. Rejects where they cannot be loaded. */
export async function oidcApi(): Promise<OidcApi> {
  const { trpc } = await import('./browser-client');
  return trpc.oidc;
}
