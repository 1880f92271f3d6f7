import type { Client } from './client';

export type UnlockApi = Client['unlock'];
export type PushApi = Client['push'];

/** The `unlock.*` calls; the client is loaded when first asked for. Rejects where it cannot be. */
export async function unlockApi(): Promise<UnlockApi> {
  const { trpc } = await import('./browser-client');
  return trpc.unlock;
}

/** The `push.*` calls, likewise. */
export async function pushApi(): Promise<PushApi> {
  const { trpc } = await import('./browser-client');
  return trpc.push;
}
