import { app } from '$lib/state/app-state.svelte';
import type { Known } from './intent-words';

/** The names that this device knows, for the words of its wishes. Reactive. */
export const knownNames: Known = {
  get slots() {
    return app.slots.all;
  },
  get reservations() {
    return app.reservations.all;
  },
  get visitorPasses() {
    return app.visitors.passes;
  },
  // Not by `personState`: the start screen has this with it.
  get people() {
    return app.core.base().desk_member;
  },
  get member() {
    return app.member;
  },
};
