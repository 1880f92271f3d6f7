import type { PokeListener, SyncApi } from '$lib/api/sync-api';
import * as z from 'zod/mini';
import { pokeSchema } from '#shared/protocol/pull';

/** What the tabs of one browser can do together. */
export interface Tabs {
  /**
   * Waits until no other tab holds `name`, holds it while `work` runs, and resolves with it. With `steal` it is taken
   * from who holds it, without waiting. Rejects when `signal` ends the wait, and when another tab steals it meanwhile.
   */
  hold(
    name: string,
    how: { steal: true } | { signal: AbortSignal },
    work: () => Promise<void>,
  ): Promise<void>;
  /** What one tab posts all others hear; `onMessage` until the returned channel is closed. */
  channel(name: string, onMessage: (message: unknown) => void): TabChannel;
}

export interface TabChannel {
  post(message: TabMessage): void;
  close(): void;
}

export type TabMessage =
  | { readonly kind: 'poke'; readonly scopes: readonly string[] }
  /** Is there somebody who listens for all? */
  | { readonly kind: 'ask' }
  /** Who does answers. */
  | { readonly kind: 'here' };

const messageSchema = z.union([
  z.object({ kind: z.literal('poke'), ...pokeSchema.shape }),
  z.object({ kind: z.literal('ask') }),
  z.object({ kind: z.literal('here') }),
]);

export interface Sharing {
  readonly tabs: Tabs;
  /** One stream for each name: the member's. */
  readonly name: string;
  readonly after: (milliseconds: number, work: () => void) => () => void;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Milliseconds. A tab in the background that is not frozen answers a message at once, however slow its timers are. */
const ASK_EVERY = 30_000;
const ANSWER_WITHIN = 5_000;
/** Tabs that waited for a stream that broke do not all rush to the server in the same moment. */
const TAKE_OVER_WITHIN = 1_000;

/**
 * One stream of pokes for all tabs: whoever holds the lock has the stream and tells the others. When that tab is closed
 * the lock goes on to the next; when it is frozen, or hangs, it does not answer and the lock is stolen from it.
 * No wake-up is lost on the way: a new stream begins with a poke, and who joins takes the first answer for one.
 */
export function sharePokes(open: SyncApi['listen'], sharing: Sharing): SyncApi['listen'] {
  return (listener) => new SharingTab(open, sharing, listener).stop;
}

class SharingTab {
  readonly #open: SyncApi['listen'];
  readonly #sharing: Sharing;
  readonly #listener: PokeListener;
  readonly #channel: TabChannel;
  #stopped = false;
  /** Ends the stream and gives the lock back; null while another tab has it. */
  #resign: (() => void) | null = null;
  #waiting = new AbortController();
  #joined = false;
  #cancelAsk: () => void = () => undefined;
  #cancelSteal: (() => void) | null = null;

  constructor(open: SyncApi['listen'], sharing: Sharing, listener: PokeListener) {
    this.#open = open;
    this.#sharing = sharing;
    this.#listener = listener;
    this.#channel = sharing.tabs.channel(sharing.name, (message) => this.#heard(message));
    this.#follow();
  }

  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopAsking();
    this.#waiting.abort();
    this.#resign?.();
    this.#channel.close();
  };

  /** Waits for its turn to lead, and looks now and then whether somebody leads. */
  #follow(): void {
    this.#waiting = new AbortController();
    this.#lead({ signal: this.#waiting.signal });
    this.#ask();
  }

  #lead(how: { steal: true } | { signal: AbortSignal }): void {
    const { tabs, name } = this.#sharing;
    let hasLed = false;
    const work = (): Promise<void> => {
      hasLed = true;
      this.#stopAsking();
      return this.#listen('steal' in how || this.#joined);
    };
    tabs.hold(name, how, work).catch(() => {
      const hasGivenUp = 'signal' in how && how.signal.aborted;
      if (this.#stopped || hasGivenUp) return;
      if (hasLed) {
        // Stolen while this tab was frozen: its stream is another's business now.
        this.#resign?.();
        this.#follow();
      } else if (!this.#resign) {
        // A page to which the browser grants no locks has a stream of its own.
        this.#stopAsking();
        void this.#listen(false);
      }
    });
  }

  /** Resolves when this tab gives the stream up. */
  #listen(isTakeOver: boolean): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    // So that no second tab that asks at the same moment steals from this one.
    this.#channel.post({ kind: 'here' });
    return new Promise((resolve) => {
      let stopStream: () => void = () => undefined;
      const open = (): void => {
        stopStream = this.#open({
          onPoke: (poke) => {
            this.#channel.post({ kind: 'poke', scopes: poke.scopes });
            this.#listener.onPoke(poke);
          },
          onEnd: (failure) => {
            this.stop();
            this.#listener.onEnd(failure);
          },
        });
      };
      const { after, random } = this.#sharing;
      const cancel = isTakeOver ? after(random() * TAKE_OVER_WITHIN, open) : (open(), () => undefined);
      this.#resign = () => {
        this.#resign = null;
        cancel();
        stopStream();
        resolve();
      };
    });
  }

  #ask(): void {
    if (this.#stopped || this.#resign) return;
    const { after } = this.#sharing;
    this.#channel.post({ kind: 'ask' });
    this.#cancelSteal = after(ANSWER_WITHIN, () => this.#steal());
    this.#cancelAsk = after(ASK_EVERY, () => this.#ask());
  }

  #steal(): void {
    if (this.#stopped || this.#resign) return;
    this.#stopAsking();
    this.#waiting.abort();
    this.#lead({ steal: true });
  }

  #stopAsking(): void {
    this.#cancelAsk();
    this.#cancelSteal?.();
    this.#cancelSteal = null;
  }

  #heard(text: unknown): void {
    const message = messageSchema.safeParse(text).data;
    if (!message || this.#stopped) return;
    if (message.kind === 'ask') {
      if (this.#resign) this.#channel.post({ kind: 'here' });
    } else if (!this.#resign) {
      this.#cancelSteal?.();
      this.#cancelSteal = null;
      if (message.kind === 'poke') this.#listener.onPoke({ scopes: message.scopes });
      else if (!this.#joined) this.#listener.onPoke({ scopes: [] });
      this.#joined = true;
    }
  }
}
