import type { Row } from '#shared/protocol/rows';
import type { AppArea } from './app-area';

/** B7: the member's own account. */
export class CreditState {
  readonly #area: AppArea;
  readonly #movements = $derived.by(() => this.#area.base().movement.toSorted(newestFirst));

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** Predicted; null before the first pull and for who has no account. */
  get balance(): number | null {
    return this.#area.predicted()?.accounts.get(this.#area.memberId())?.balance ?? null;
  }

  /** Newest first. */
  get movements(): readonly Row<'movement'>[] {
    return this.#movements;
  }
}

function newestFirst(a: Row<'movement'>, b: Row<'movement'>): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}
