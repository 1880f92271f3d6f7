import { formatStatusList } from '#shared/pass/status-list-code';
import { gateState } from '$lib/state/gate-state.svelte';
import { fromBase64url } from '#shared/pass/base64url';
import { ListTaker, type ListContext, type TakenList } from '$lib/scan/take-list';

/** K8: the status list on its way from guard to guard: what the camera took of another's, and this one's as QR codes. */
export class ListExchange {
  #taken = $state.raw<TakenList | null>(null);
  #taker: ListTaker | null = null;
  /** The parts come quicker than a part is judged. */
  #turn: Promise<void> = Promise.resolve();
  readonly #context: () => Promise<ListContext>;

  constructor(context: () => Promise<ListContext>) {
    this.#context = context;
  }

  /** What came of the last code; null when there is nothing to say. */
  get taken(): TakenList | null {
    return this.#taken;
  }

  dismiss(): void {
    this.#taken = null;
  }

  /** A code of a list was read. Resolves with what is new about it; rejects when the device could not keep the list. */
  take(text: string): Promise<TakenList | null> {
    const work = this.#turn.then(() => this.#take(text));
    this.#turn = work.then(
      () => undefined,
      () => undefined,
    );
    return work;
  }

  async #take(text: string): Promise<TakenList | null> {
    this.#taker ??= new ListTaker(crypto.subtle);
    const taken = await this.#taker.take(text, this.#context);
    if (taken === null) return null;
    // Kept before it is said, like a decision.
    if (taken.kind === 'taken') {
      await gateState.keepStatusList({ signed: taken.signed, from: 'guard', issuedAt: taken.issuedAt });
    }
    this.#taken = taken;
    return taken;
  }
}

/** The codes of a signed list (base64url); null for one too long to be shown. */
export function listCodes(signed: string): Promise<string[] | null> {
  return formatStatusList(crypto.subtle, fromBase64url(signed) ?? new Uint8Array(0));
}
