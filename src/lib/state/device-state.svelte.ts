import type { AppCore } from './app-core';
import { app } from './app-state.svelte';
import { deviceViews, type DeviceView } from './device-views';

/** B5: the devices of a member. */
export class DeviceState {
  readonly #core: AppCore;
  readonly #all = $derived.by(() =>
    deviceViews(
      {
        keys: this.#core.base().holder_key,
        passes: this.#core.base().pass,
        outbox: this.#core.outbox(),
      },
      { clientId: this.#core.meta().clientId ?? '', holderKey: this.#core.publicKey() },
      this.#core.minute(),
    ),
  );

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** B5: the member's devices that hold passes, this one first. */
  get all(): readonly DeviceView[] {
    return this.#all;
  }

  /** B5: gives another own device up. */
  revoke(clientId: string): Promise<void> {
    return this.#core.wish({ op: 'device.revoke@1', args: { clientId } }, null);
  }
}

/** Of this browser's app. */
export const deviceState = new DeviceState(app.core);
