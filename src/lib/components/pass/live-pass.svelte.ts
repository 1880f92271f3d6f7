import { showLivePass } from '#shared/pass/show-pass';
import type { Sign } from '#shared/pass/web-crypto';

/** pass-format.md: a live pass is redrawn every 20 s. */
export const REDRAW_EVERY = 20_000;
/** A guard takes a code without a question for as long (pass-format.md, step 7), milliseconds; what is older is not shown. */
export const GOOD_FOR = 60_000;
const RETRY_AFTER = 2_000;
/** A proof takes some 20 ms. One that took longer than this (ms) was frozen with the page, or its database hangs. */
const DRAW_AT_MOST = 5_000;

/** What proves a pass: this device. */
export interface ProvingDevice {
  /** ES256 by the holder key. */
  readonly sign: Sign;
  /** A `ctr` higher than any this device has used. */
  readonly nextCounter: () => Promise<number>;
}

interface Drawn {
  readonly text: string;
  /** By the device's clock, milliseconds since 1970: the code's `t`. */
  readonly at: number;
}

/**
 * X1: the text of a pass that proves itself anew every 20 s, to a guard's question when there is a nonce. Redraws by the
 * device's own clock, which is what the format's `t` means, and at once when the screen comes back. What is shown ages out: a
 * code that could not be renewed for a minute is taken down, and so is the one on a page that nobody looks at, lest a
 * screen that wakes up (or the picture of the app among the last used ones) shows an old code as good. A proof that does
 * not come is given up, and another one begun.
 */
export class LivePass {
  readonly #pass: Uint8Array;
  readonly #device: ProvingDevice;
  readonly #nonce: Uint8Array | null;
  #drawn = $state.raw<Drawn | null>(null);
  #failed = $state(false);
  #left = $state(REDRAW_EVERY);
  #due = 0;
  /** When the proof under way was begun. */
  #drawing: { readonly at: number } | null = null;
  #tickedAt = 0;

  constructor(pass: Uint8Array, device: ProvingDevice, nonce: Uint8Array | null = null) {
    this.#pass = pass;
    this.#device = device;
    this.#nonce = nonce;
  }

  /** What the QR holds; null until the first proof is made, and when there is none that is good. */
  get text(): string | null {
    return this.#drawn?.text ?? null;
  }

  /** Until when a guard takes what is shown without a question, by the device's clock; null when nothing is shown. */
  get goodUntil(): number | null {
    return this.#drawn && this.#drawn.at + GOOD_FOR;
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
    this.#tickedAt = Date.now();
    const tick = (): void => {
      const slept = isApart(Date.now(), this.#tickedAt, DRAW_AT_MOST);
      this.#tickedAt = Date.now();
      this.#takeDownOld();
      this.#giveUpStuck(slept);
      this.#left = Math.max(0, this.#due - Date.now());
      // A clock set back must not freeze the code.
      if (this.#left === 0 || this.#left > REDRAW_EVERY) void this.#draw();
    };
    const visibilityChanged = (): void => {
      if (document.visibilityState === 'hidden') {
        this.#drawn = null;
        return;
      }
      this.#giveUpStuck(true);
      void this.#draw();
    };
    const timer = setInterval(tick, 500);
    document.addEventListener('visibilitychange', visibilityChanged);
    void this.#draw();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', visibilityChanged);
    };
  }

  #takeDownOld(): void {
    if (this.#drawn && isApart(Date.now(), this.#drawn.at, GOOD_FOR)) this.#drawn = null;
  }

  /** `slept`: nobody has seen the shown code age, so it is not what the next guard shall see. */
  #giveUpStuck(slept: boolean): void {
    const now = Date.now();
    if (!this.#drawing || !isApart(now, this.#drawing.at, DRAW_AT_MOST)) return;
    this.#drawing = null;
    this.#failed = true;
    this.#due = now;
    if (slept && this.#drawn && isApart(now, this.#drawn.at, REDRAW_EVERY)) this.#drawn = null;
  }

  async #draw(): Promise<void> {
    if (this.#drawing || document.visibilityState === 'hidden') return;
    const at = Date.now();
    const mine = { at };
    this.#drawing = mine;
    try {
      const text = await this.#prove(at);
      if (this.#drawing !== mine) return;
      this.#due = at + REDRAW_EVERY;
      this.#left = REDRAW_EVERY;
      this.#failed = false;
      // Hidden meanwhile: the code of a page that nobody looks at is drawn when somebody does. Or asleep: it came old.
      this.#drawn = isShown() && !isApart(Date.now(), at, REDRAW_EVERY) ? { text, at } : null;
    } catch {
      if (this.#drawing !== mine) return;
      this.#failed = true;
      this.#due = Date.now() + RETRY_AFTER; // Tried again soon: a database that has just been reopened answers then.
    } finally {
      if (this.#drawing === mine) this.#drawing = null;
    }
  }

  async #prove(at: number): Promise<string> {
    const ctr = await this.#device.nextCounter();
    const t = Math.floor(at / 1000);
    const { sign } = this.#device;
    const parts = { pass: this.#pass, t, ctr, nonce: this.#nonce, sign };
    return showLivePass({ subtle: crypto.subtle, ...parts });
  }
}

/** Whether two times (ms) are as far apart, in whichever direction: clocks are set back. */
function isApart(one: number, other: number, milliseconds: number): boolean {
  return Math.abs(one - other) >= milliseconds;
}

function isShown(): boolean {
  return document.visibilityState !== 'hidden';
}
