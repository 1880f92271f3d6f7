import type { PolicyChanges } from '#shared/domain/policy';
import { changesCredits } from '#shared/domain/site';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { AppCore } from './app-core';
import { app } from './app-state.svelte';

/** What a manager decides for the whole building. Wishes resolve when they are kept and reject with a RefusalError. */
export class BuildingState {
  readonly #core: AppCore;

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** C3: a manager changes the site's rules. Of those about credits not asked for any more when the proof has run out. */
  setPolicy(changes: PolicyChanges): Promise<void> {
    const policy = this.#core.predicted()?.site.policy;
    const needsProof = policy !== undefined && changesCredits(policy, changes);
    const expiresAt = needsProof ? this.#core.now() + VERIFIED_FOR : null;
    return this.#core.wish({ op: 'site.set_policy@1', args: { changes } }, expiresAt);
  }

  /**
   * D3: a manager publishes the site's next signing key. Not asked for any more when the proof of who asks has run out: the
   * server would say no.
   */
  rotateKey(): Promise<void> {
    const intent = { op: 'site.rotate_key@1', args: { keyId: this.#core.newId() } } as const;
    return this.#core.wish(intent, this.#core.now() + VERIFIED_FOR);
  }
}

/** Of this browser's app. */
export const buildingState = new BuildingState(app.core);
