import type { OpenDevice } from './open-device.svelte';
import type { SessionState } from './session-state.svelte';

/** X4: the browser has thrown away this device's database. */
export class EvictionState {
  readonly #open: OpenDevice;
  readonly #session: SessionState;
  #unsent = $state(0);

  constructor(open: OpenDevice, session: SessionState) {
    this.#open = open;
    this.#session = session;
  }

  /** X4: how many unsent wishes an eviction has lost. */
  get unsent(): number {
    return this.#unsent;
  }

  /** The database of who was recorded is gone, with so many wishes. */
  note(unsent: number): void {
    this.#unsent = unsent;
    this.#open.become('evicted');
  }

  /** X4: goes on after an eviction: with an empty database when the session is still good, else signed out. */
  async recover(): Promise<void> {
    this.#open.forgetNotes();
    this.#unsent = 0;
    this.#open.become('signed_out');
    await this.#session.find();
  }
}
