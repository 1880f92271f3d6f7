import { showLivePass } from '#shared/pass/show-pass';
import type { Sign } from '#shared/pass/web-crypto';

/** pass-format.md: a live pass is redrawn every 20 s. */
export const REDRAW_EVERY = 20_000;

interface Device {
  /** ES256 by the holder key. */
  readonly sign: Sign;
  /** A `ctr` higher than any this device has used. */
  readonly nextCounter: () => Promise<number>;
}

/**
 * X1: the text of a pass that proves itself anew every 20 s. Redraws by the device's own clock, which is what the format's
 * `t` means, and at once when the screen comes back after having been hidden or asleep.
 */
export class LivePass {
  readonly #pass: Uint8Array;
  readonly #device: Device;
  #text = $state<string | null>(null);
  #failed = $state(false);
  #left = $state(REDRAW_EVERY);
  #due = 0;
  #drawing = false;

  constructor(pass: Uint8Array, device: Device) {
    this.#pass = pass;
    this.#device = device;
  }

  /** What the QR holds; null until the first proof is made. */
  get text(): string | null {
    return this.#text;
  }

  /** Milliseconds until the next redraw. */
  get left(): number {
    return this.#left;
  }

  /** Whether the last proof could not be made: the key does not answer. The code shown before is then aging. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Draws now and keeps redrawing until the returned function is called. */
  start(): () => void {
    const tick = (): void => {
      this.#left = Math.max(0, this.#due - Date.now());
      // A clock set back must not freeze the code.
      if (this.#left === 0 || this.#left > REDRAW_EVERY) void this.#draw();
    };
    const timer = setInterval(tick, 500);
    document.addEventListener('visibilitychange', tick);
    void this.#draw();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }

  async #draw(): Promise<void> {
    if (this.#drawing || document.visibilityState === 'hidden') return;
    this.#drawing = true;
    try {
      const now = Date.now();
      const ctr = await this.#device.nextCounter();
      const t = Math.floor(now / 1000);
      const { sign } = this.#device;
      this.#text = await showLivePass({ subtle: crypto.subtle, pass: this.#pass, t, ctr, nonce: null, sign });
      this.#due = now + REDRAW_EVERY;
      this.#left = REDRAW_EVERY;
      this.#failed = false;
    } catch {
      this.#failed = true;
      this.#due = Date.now() + 2_000; // Tried again soon: a database that has just been reopened answers then.
    } finally {
      this.#drawing = false;
    }
  }
}
