import { VERIFIED_FOR } from '#shared/domain/verification';
import type { AppCore } from './app-core';
import { app } from './app-state.svelte';

/** B6: what a member says of themselves. Wishes resolve when they are kept and reject with a RefusalError. */
export class MembershipState {
  readonly #core: AppCore;

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** Predicted: the plate that new passes of this member carry; empty for none. */
  get plate(): string {
    const predicted = this.#core.predicted()?.members.get(this.#core.memberId());
    return predicted?.plate ?? this.#core.base().member[0]?.plate ?? '';
  }

  /** The plate that passes made from now on carry; empty for none. */
  setPlate(plate: string): Promise<void> {
    return this.#core.wish({ op: 'member.set_plate@1', args: { plate } }, null);
  }

  /** B6: leaves the site oneself. Not asked for any more when the proof of who asks has run out. */
  leave(): Promise<void> {
    const args = { memberId: this.#core.memberId() };
    return this.#core.wish({ op: 'member.remove@1', args }, this.#core.now() + VERIFIED_FOR);
  }
}

/** Of this browser's app. */
export const membershipState = new MembershipState(app.core);
