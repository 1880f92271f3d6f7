import type { Client } from './client';

type CreditsApi = Pick<Client, 'credits' | 'payments'>;

/** The calls about money and the site's books. Loaded as `authApi` is; rejects where it cannot be. */
export async function creditsApi(): Promise<CreditsApi> {
  return (await import('./browser-client')).trpc;
}
