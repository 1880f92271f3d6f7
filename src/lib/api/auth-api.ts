import type { Client } from './client';

export type AuthApi = Client['auth'];

/**
 * The `auth.*` calls. The client is loaded when first asked for, so that a screen which can do without the server
 * does not wait for it. Rejects where it cannot be loaded; the next call tries again.
 */
export async function authApi(): Promise<AuthApi> {
  const { trpc } = await import('./browser-client');
  return trpc.auth;
}
