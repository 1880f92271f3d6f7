import type { Topup } from '#shared/domain/entities';
import { MOST_PAID } from '#shared/domain/topup';
import type { Sale } from '$lib/state/topup-state.svelte';
import { amountText, exampleAmount, parseAmount } from '../time/money';

/** What a manager has entered so far. */
export interface SaleDraft {
  /** Empty: nobody yet. */
  readonly memberId: string;
  /** NaN while what is typed is no number. */
  readonly credits: number;
  /** As typed; null as long as it follows the credits. */
  readonly amount: string | null;
  readonly method: Sale['method'];
  readonly reference: string;
}

export const emptySale: SaleDraft = {
  memberId: '',
  credits: 20,
  amount: null,
  method: 'cash',
  reference: '',
};

/** What one sale may be (protocol/ops). */
export const MOST_CREDITS = 10_000;

/** B8: how many credits at `creditPrice` minor units each can be bought at once online; more would be too much money. */
export function mostCredits(creditPrice: number): number {
  return creditPrice === 0 ? MOST_CREDITS : Math.min(MOST_CREDITS, Math.floor(MOST_PAID / creditPrice));
}

/** What a site's credits cost online, and in which currency. */
interface Prices {
  readonly creditPrice: number;
  readonly currency: string;
}

/** What stands in the amount's field: what was typed, or what so many credits cost online. */
export function amountShown({ amount, credits }: SaleDraft, { creditPrice, currency }: Prices): string {
  if (amount !== null) return amount;
  if (creditPrice === 0 || !Number.isInteger(credits)) return '';
  return amountText(credits * creditPrice, currency);
}

export type SaleProblems = { readonly [F in 'memberId' | 'credits' | 'amount' | 'reference']?: string };

/** What is wrong and how to mend it, by field. */
export function saleProblems(draft: SaleDraft, prices: Prices): SaleProblems {
  const problems: { -readonly [F in keyof SaleProblems]: SaleProblems[F] } = {};
  const { memberId, credits, method, reference } = draft;
  if (memberId === '') problems.memberId = 'Choose who gets the credits.';
  if (!Number.isInteger(credits) || credits < 1 || credits > MOST_CREDITS) {
    problems.credits = `Give a whole number from 1 to ${String(MOST_CREDITS)}.`;
  }
  const amount = parseAmount(amountShown(draft, prices), prices.currency);
  if (amount === null) problems.amount = `Give an amount like ${exampleAmount(prices.currency)}.`;
  else if (amount > MOST_PAID) problems.amount = 'That is more than can be noted here.';
  if (method === 'transfer' && reference.trim() === '') {
    problems.reference = 'Give the transfer’s reference, so that it can be found again.';
  }
  return problems;
}

/** The sale; call it when nothing is wrong. */
export function saleOf(draft: SaleDraft, prices: Prices): Sale {
  return {
    memberId: draft.memberId,
    credits: draft.credits,
    amount: parseAmount(amountShown(draft, prices), prices.currency) ?? 0,
    method: draft.method,
    reference: draft.reference.trim(),
  };
}

/** Purchases whose buyer, reference or receipt number contains `search`; what nobody has paid stands for nothing. */
export function searchPurchases(
  topups: readonly Topup[],
  nameOf: (memberId: string) => string,
  search: string,
): readonly Topup[] {
  const wanted = search.trim().toLowerCase();
  return topups.filter(
    (topup) =>
      topup.paidAt !== null &&
      [nameOf(topup.memberId), topup.reference, String(topup.receiptNumber ?? '')].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
  );
}
