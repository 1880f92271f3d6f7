import type { Topup } from '#shared/domain/entities';
import { CHECKOUT_WITHIN } from '#shared/domain/topup';

/**
 * B8: which of one's own purchases can be paid now (ms since 1970): begun online, known to the server, and not so old that their page is
 * about to close. In the order given.
 */
export function payableOf(
  own: readonly Topup[],
  { waiting, now }: { readonly waiting: ReadonlySet<string>; readonly now: number },
): Topup[] {
  return own.filter(
    ({ id, method, state, createdAt }) =>
      method === 'online' && state === 'pending' && !waiting.has(id) && now < createdAt + CHECKOUT_WITHIN,
  );
}

/** B8: what asking for a page to pay on once more pays: what was begun, as long as it is for as many credits; null: a new purchase. */
export function payAgain(payable: readonly Topup[], begun: string | null, credits: number): string | null {
  return payable.find((topup) => topup.id === begun && topup.credits === credits)?.id ?? null;
}
