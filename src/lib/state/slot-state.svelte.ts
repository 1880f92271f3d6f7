import { slotViews } from './build-views';
import type { AppCore } from './app-core';
import type { SlotView } from './views';

/** C1: the building's slots, predicted. */
export class SlotState {
  readonly #core: AppCore;
  readonly #all = $derived.by(() => {
    const state = this.#core.predicted();
    return state ? slotViews(state, this.#core.outboxRows(), this.#core.memberId()) : [];
  });

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** By label. */
  get all(): readonly SlotView[] {
    return this.#all;
  }
}
