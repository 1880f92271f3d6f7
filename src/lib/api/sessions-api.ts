import type { Client } from './client';

export type SessionsApi = Pick<Client, 'sessions' | 'security'>;

/** The calls about one's devices and the site's security log. Loaded as `authApi` is; rejects where it cannot be. */
export async function sessionsApi(): Promise<SessionsApi> {
  return (await import('./browser-client')).trpc;
}
