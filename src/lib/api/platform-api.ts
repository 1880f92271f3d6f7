import type { Client } from './client';

export type PlatformApi = Pick<Client, 'auth' | 'platform'>;

/** The calls about running the installation. Loaded as `authApi` is; rejects where it cannot be. */
export async function platformApi(): Promise<PlatformApi> {
  return (await import('./browser-client')).trpc;
}
