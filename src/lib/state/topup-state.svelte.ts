import type { Topup } from '#shared/domain/entities';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { AppArea } from './app-area';
import { app } from './app-state.svelte';
import { topupWishes, waitingTopups } from './topup-wishes';
import type { OutboxView } from './views';

/** Milliseconds for which a purchase that is begun is wanted: who has put the phone away does not come back to a page to pay on. */
const WANTED_FOR = 60_000;

/** A sale at the desk; `amount` in minor units of the site's currency. */
export interface Sale {
  readonly memberId: string;
  readonly credits: number;
  readonly amount: number;
  readonly method: 'cash' | 'transfer';
  readonly reference: string;
}

/** B8: credits that are bought. */
export class TopupState {
  readonly #area: AppArea;
  readonly #all = $derived.by(() =>
    [...(this.#area.predicted()?.topups.values() ?? [])].toSorted(
      (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
    ),
  );
  readonly #own = $derived.by(() => this.#all.filter(({ memberId }) => memberId === this.#area.memberId()));
  readonly #wishes = $derived.by(() => topupWishes(this.#area.outbox()));
  readonly #waiting = $derived.by(() => waitingTopups(this.#wishes));

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** What this device may see, predicted, newest first: a manager's has all of the site. */
  get all(): readonly Topup[] {
    return this.#all;
  }

  /** The member's own, predicted, newest first. */
  get own(): readonly Topup[] {
    return this.#own;
  }

  /** Those that a wish of this device is on its way for. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting;
  }

  /** Refused and not dismissed, oldest first. */
  get refused(): readonly OutboxView[] {
    return this.#wishes.filter(({ mark }) => mark === 'refused');
  }

  /**
   * B8: for a manager who has proved who asks; not asked for any more when the proof has run out. Resolves with the purchase's id
   * when it is kept; rejects with a RefusalError.
   */
  async sell(sale: Sale): Promise<string> {
    const topupId = this.#area.newId();
    const expiresAt = this.#area.now() + VERIFIED_FOR;
    await this.#area.wish({ op: 'topup.sell@1', args: { topupId, ...sale } }, expiresAt);
    return topupId;
  }

  /** B8: begins to buy online. As `sell`; there is a page to pay on once the server has confirmed it. */
  async begin(credits: number): Promise<string> {
    const topupId = this.#area.newId();
    const expiresAt = this.#area.now() + WANTED_FOR;
    await this.#area.wish({ op: 'topup.begin@1', args: { topupId, credits } }, expiresAt);
    return topupId;
  }

  /** B8: for a manager: the money goes back and the credits with it. As `sell`. */
  async refund(topupId: string): Promise<void> {
    const expiresAt = this.#area.now() + VERIFIED_FOR;
    await this.#area.wish({ op: 'topup.refund@1', args: { topupId } }, expiresAt);
  }
}

/** Of this browser's app. */
export const topupState = new TopupState(app.core);
