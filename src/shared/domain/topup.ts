import type { Movement, Topup } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { balanceOf } from './reservation-rules';
import type { Change, State } from './state';
import { isVerified } from './verification';

/*
 * B8: credits for money. They come from the issuance account and go back there, so that the sum stays constant. What a payment
 * provider says may come twice and in any order; `topup.settle`, `topup.fail` and `topup.refunded` lead to the same end in
 * every order: refunded beats paid, paid beats failed.
 */

/** How many purchases that nobody has paid a member may have: each is a row that anybody signed in could make. */
export const PENDING_TOPUPS = 5;

/** Milliseconds after its beginning for which a purchase's page can still be asked for: providers want half an hour on it. */
export const CHECKOUT_WITHIN = 25 * 60_000;

/** What one purchase may cost, in minor units of the currency: the most that a sale at the desk may (protocol/ops). */
export const MOST_PAID = 1_000_000;

/** B8: a manager sells credits at the desk: the money is there, so the credits are, and the receipt. K6: wants a proof of who asks. */
export function decideSellCredits(
  state: State,
  { topupId, memberId, credits, amount, method, reference }: DomainArgs['topup.sell@1'],
  context: DecisionContext,
): Decision {
  if (state.topups.has(topupId)) return refused('topup_exists', {});
  const member = state.members.get(memberId);
  if (!member || member.leftAt !== null) return refused('member_not_found', {});
  if (!isVerified(context)) return refused('verification_needed', {});
  const row: Topup = {
    id: topupId,
    memberId,
    credits,
    amount,
    currency: state.site.policy.currency,
    method,
    provider: null,
    providerReference: null,
    reference,
    state: 'paid',
    receiptNumber: receiptNumber(state),
    createdBy: context.actor.id,
    createdAt: context.now,
    paidAt: context.now,
    endedAt: null,
  };
  return {
    status: 'applied',
    changes: [{ table: 'topups', row }, movementOf(state, row, credits, context)],
    data: { receiptNumber: row.receiptNumber, currency: row.currency },
  };
}

/** B8: a member is about to buy credits online at the price of the moment; nothing is given before the provider says it is paid. */
export function decideBeginTopup(
  state: State,
  { topupId, credits }: DomainArgs['topup.begin@1'],
  context: DecisionContext,
): Decision {
  if (state.topups.has(topupId)) return refused('topup_exists', {});
  const { creditPrice, currency } = state.site.policy;
  if (creditPrice === 0) return refused('topups_off', {});
  const amount = credits * creditPrice;
  if (amount > MOST_PAID) return refused('topup_too_large', { most: Math.floor(MOST_PAID / creditPrice) });
  const running = [...state.topups.values()].filter(
    (topup) => topup.memberId === context.actor.id && topup.state === 'pending',
  );
  if (running.length >= PENDING_TOPUPS) return refused('too_many_topups', { limit: PENDING_TOPUPS });
  const row: Topup = {
    id: topupId,
    memberId: context.actor.id,
    credits,
    amount,
    currency,
    method: 'online',
    provider: null,
    providerReference: null,
    reference: '',
    state: 'pending',
    receiptNumber: null,
    createdBy: context.actor.id,
    createdAt: context.now,
    paidAt: null,
    endedAt: null,
  };
  return {
    status: 'applied',
    changes: [{ table: 'topups', row }],
    data: { amount: row.amount, currency },
  };
}

/**
 * B8: the provider has the money: the credits are given once, however often it says so, and also when it had said before that
 * nothing would come of it. Of what it has given back meanwhile nothing is given.
 */
export function decideSettleTopup(
  state: State,
  { topupId, provider, providerReference }: DomainArgs['topup.settle@1'],
  context: DecisionContext,
): Decision {
  const topup = state.topups.get(topupId);
  if (topup?.method !== 'online') return refused('topup_not_found', {});
  if (topup.state !== 'pending' && topup.state !== 'failed') return unchanged;
  const row: Topup = {
    ...topup,
    ...{ provider, providerReference, state: 'paid', receiptNumber: receiptNumber(state) },
    ...{ paidAt: context.now, endedAt: null },
  };
  return {
    status: 'applied',
    changes: [{ table: 'topups', row }, movementOf(state, row, row.credits, context)],
    data: { receiptNumber: row.receiptNumber },
  };
}

/** B8: nobody will pay any more. What was paid stays so. */
export function decideFailTopup(
  state: State,
  { topupId }: DomainArgs['topup.fail@1'],
  context: DecisionContext,
): Decision {
  const topup = state.topups.get(topupId);
  if (topup?.method !== 'online') return refused('topup_not_found', {});
  if (topup.state !== 'pending') return unchanged;
  const row: Topup = { ...topup, state: 'failed', endedAt: context.now };
  return { status: 'applied', changes: [{ table: 'topups', row }], data: {} };
}

/**
 * B8: a manager gives the money back: the credits go at once, all of them or none, for nobody comes below zero. At the desk it is
 * done by that; online the provider is asked to, and says when it has. K6: wants a proof of who asks.
 */
export function decideRefundTopup(
  state: State,
  { topupId }: DomainArgs['topup.refund@1'],
  context: DecisionContext,
): Decision {
  const topup = state.topups.get(topupId);
  if (!topup) return refused('topup_not_found', {});
  if (topup.state !== 'paid') return refused('topup_ended', { state: topup.state });
  if (!isVerified(context)) return refused('verification_needed', {});
  // A manager's device knows nobody else's balance: there the server alone can say no.
  const balance = state.accounts.get(topup.memberId)?.balance ?? topup.credits;
  if (balance < topup.credits) return refused('topup_spent', { balance, credits: topup.credits });
  const row: Topup =
    topup.method === 'online'
      ? { ...topup, state: 'refunding' }
      : { ...topup, state: 'refunded', endedAt: context.now };
  return {
    status: 'applied',
    changes: [{ table: 'topups', row }, movementOf(state, row, -row.credits, context)],
    data: { memberId: row.memberId, credits: row.credits, amount: row.amount, currency: row.currency },
  };
}

/**
 * B8: the provider has given the money back. Where nobody here had asked for it the credits go now, as many as are left: who
 * spent them cannot come below zero, and the rest stays made from nothing, which the issuance account shows.
 */
export function decideTopupRefunded(
  state: State,
  { topupId }: DomainArgs['topup.refunded@1'],
  context: DecisionContext,
): Decision {
  const topup = state.topups.get(topupId);
  if (topup?.method !== 'online') return refused('topup_not_found', {});
  if (topup.state === 'refunded') return unchanged;
  const row: Topup = { ...topup, state: 'refunded', endedAt: context.now };
  const taken = topup.state === 'paid' ? Math.min(topup.credits, balanceOf(state, topup.memberId)) : 0;
  return {
    status: 'applied',
    changes: [{ table: 'topups', row }, ...(taken > 0 ? [movementOf(state, row, -taken, context)] : [])],
    data: { taken },
  };
}

const unchanged: Decision = { status: 'applied', changes: [], data: {} };

/** null on a device, which cannot know it. */
function receiptNumber({ nextReceipt }: State): number | null {
  return nextReceipt === 0 ? null : nextReceipt;
}

/** `credits` into the member's account, or out of it when negative. */
function movementOf(state: State, topup: Topup, credits: number, context: DecisionContext): Change {
  const row: Movement = {
    id: context.newId(),
    kind: credits > 0 ? 'topup' : 'topup_refund',
    reservationId: null,
    topupId: topup.id,
    slotLabel: null,
    createdAt: context.now,
    entries: [
      { accountId: topup.memberId, amount: credits },
      { accountId: state.site.issuanceAccountId, amount: -credits },
    ],
  };
  return { table: 'movements', row };
}
