import { formatChallenge, NONCE_BYTES, parsePassCode } from '#shared/pass/pass-code';

/** How long (ms) an answer is waited for: a phone has to be unlocked and the app opened. */
export const CHALLENGE_LASTS = 120_000;

/** A challenge that was asked and not answered yet. */
export interface OpenChallenge {
  /** The text of the QR. */
  readonly text: string;
  /** The challenge's own bytes, which the answer's proof has to hold. */
  readonly nonce: Uint8Array;
  /** By performance.now, ms. */
  readonly until: number;
}

/**
 * X1: the one challenge that this gate has outstanding. Each has a nonce of its own and dies with its use, after two
 * minutes or when it is withdrawn: a filmed answer answers nothing a second time.
 */
export class GateChallenge {
  #open = $state.raw<OpenChallenge | null>(null);
  #secondsLeft = $state(0);
  #strayed = $state(false);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** What is on the screen; null while none is asked. Over when `secondsLeft` is 0. */
  get open(): OpenChallenge | null {
    return this.#open;
  }

  get secondsLeft(): number {
    return this.#secondsLeft;
  }

  /** A pass was held up that answers nothing. */
  get strayed(): boolean {
    return this.#strayed;
  }

  /** Asks anew; what was asked before is answered by nothing any more. `now`: ms, corrected by the server. */
  ask(gate: number, now: number): void {
    this.withdraw();
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const text = formatChallenge({ gate, nonce, t: Math.floor(now / 1000) });
    this.#open = { text, nonce, until: performance.now() + CHALLENGE_LASTS };
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 250);
  }

  /** Takes the challenge off the screen. */
  withdraw(): void {
    clearInterval(this.#timer);
    this.#open = null;
    this.#strayed = false;
    this.#secondsLeft = 0;
  }

  /**
   * The nonce that a code read at `at` (performance.now) may answer, which is used up by that; `wait` when a challenge is
   * on the screen and the code is no answer to any. Null when none is outstanding.
   */
  take(text: string, at: number): Uint8Array | null | 'wait' {
    if (!this.#open) return null;
    if (!isAnswer(text)) {
      this.#strayed = true;
      return 'wait';
    }
    const { nonce, until } = this.#open;
    this.withdraw();
    return at < until ? nonce : null;
  }

  #tick(): void {
    const left = this.#open === null ? 0 : this.#open.until - performance.now();
    this.#secondsLeft = Math.max(0, Math.ceil(left / 1000));
  }
}

function isAnswer(text: string): boolean {
  const parsed = parsePassCode(text);
  return parsed.ok && parsed.value.proof !== null && parsed.value.proof.nonce !== null;
}
