import type { Client } from './client';

export type JoiningApi = Pick<Client, 'auth' | 'invitation' | 'joining' | 'sites'>;

/** The calls about belonging to sites. Loaded as `authApi` is; rejects where it cannot be. */
export async function joiningApi(): Promise<JoiningApi> {
  return (await import('./browser-client')).trpc;
}
