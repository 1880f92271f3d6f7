import { app } from '$lib/state/app-state.svelte';
import type { PassDevice } from './pass-situation';

/** The device that this runs on, as `passSituation` asks for it. */
export function thisDevice(): PassDevice {
  return { holderKey: app.passes.holderKey?.publicKey ?? null, removed: app.passes.removedAt !== null };
}
