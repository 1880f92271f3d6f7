import type { SessionAnswer } from '#shared/protocol/session';
import type { UnlockBegun } from '#shared/protocol/unlock';
import type { AuthFailure, AuthResult } from '$lib/auth/auth-failure';
import type { UnlockStanding } from '$lib/auth/unlock';

/** How often the server is asked whether a phone has answered, milliseconds. */
export const ASK_EVERY = 2000;

export interface AskingBrowserOptions {
  begin(email: string | null): Promise<AuthResult<UnlockBegun>>;
  collect(requestId: string): Promise<AuthResult<UnlockStanding>>;
  /** This device's clock, ms since 1970. */
  now(): number;
  /** A phone has let this browser in. */
  onApproved(session: SessionAnswer): Promise<void>;
}

/**
 * A browser's side of smart unlock (B2): asks, shows what was given, looks every two seconds whether a phone has answered, and
 * ends by itself. What is shown counts down by this device's clock, from what the server said is left.
 */
export class AskingBrowser {
  readonly #options: AskingBrowserOptions;
  #request = $state.raw<UnlockBegun | null>(null);
  #phase = $state<'beginning' | 'waiting' | 'approved' | 'refused' | 'expired' | 'failed'>('beginning');
  #failure = $state.raw<AuthFailure | null>(null);
  #asked = $state<string | null>(null);
  #now = $state(0);
  #end = $state(0);
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Counts what was begun, so that an answer to an older question changes nothing. */
  #turn = 0;

  constructor(options: AskingBrowserOptions) {
    this.#options = options;
  }

  get phase() {
    return this.#phase;
  }

  /** What to show; null before the server has given it. */
  get request(): UnlockBegun | null {
    return this.#request;
  }

  get failure(): AuthFailure | null {
    return this.#failure;
  }

  /** The e-mail whose devices were woken, if anybody's. */
  get asked(): string | null {
    return this.#asked;
  }

  /** Milliseconds until what is shown is of no use any more. */
  get left(): number {
    return Math.max(0, this.#end - this.#now);
  }

  /** Asks anew; what was shown before is of no use from then on. */
  async begin(email: string | null = null): Promise<void> {
    const turn = this.#restart();
    this.#phase = 'beginning';
    this.#failure = null;
    // Nobody must scan what is of no use any more.
    this.#request = null;
    const result = await this.#options.begin(email);
    if (turn !== this.#turn) return;
    if (!result.ok) {
      this.#phase = 'failed';
      this.#failure = result.failure;
      return;
    }
    this.#request = result.value;
    this.#asked = email;
    this.#now = this.#options.now();
    this.#end = this.#now + result.value.expiresAt - result.value.serverNow;
    this.#phase = 'waiting';
    this.#askLater(turn);
  }

  /** Ends the asking; for when the screen goes. */
  stop(): void {
    this.#restart();
  }

  /** For a countdown. */
  tick(): void {
    this.#now = this.#options.now();
    if (this.#phase === 'waiting' && this.left === 0) this.#phase = 'expired';
  }

  #restart(): number {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    return ++this.#turn;
  }

  #askLater(turn: number): void {
    this.#timer = setTimeout(() => void this.#ask(turn), ASK_EVERY);
  }

  async #ask(turn: number): Promise<void> {
    const request = this.#request;
    if (!request || turn !== this.#turn) return;
    const result = await this.#options.collect(request.requestId);
    if (turn !== this.#turn) return;
    if (result.ok && result.value.state === 'approved') {
      this.#phase = 'approved';
      await this.#options.onApproved(result.value.session);
    } else if (result.ok && result.value.state !== 'waiting') {
      this.#phase = result.value.state;
    } else if (!result.ok && result.failure.code !== 'unreachable') {
      // The server is sure that nothing comes of it; without signal it is only asked again.
      this.#phase = 'expired';
    } else if (this.#phase === 'waiting') {
      this.#askLater(turn);
    }
  }
}
