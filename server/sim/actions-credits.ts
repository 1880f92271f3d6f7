import type { Intent } from '#shared/domain/intent';
import type { Scene } from './scene';

/** Begins a purchase online; what becomes of it is the payment provider's matter (purchases.ts). */
export function buy({ newId, die }: Scene): Intent {
  return { op: 'topup.begin@1', args: { topupId: newId(), credits: 1 + Math.floor(die[0] * 10) } };
}

/** A manager sells at the desk. */
export function sell({ base, newId, die }: Scene): Intent | null {
  const members = base.desk_member;
  const member = members[Math.floor(die[0] * members.length)];
  if (!member) return null;
  const credits = 1 + Math.floor(die[2] * 10);
  const paid = { amount: credits * 50, method: die[2] < 0.5 ? 'cash' : 'transfer', reference: '' } as const;
  return { op: 'topup.sell@1', args: { topupId: newId(), memberId: member.id, credits, ...paid } };
}

/** A manager gives the money for credits back. */
export function refund({ state, die }: Scene): Intent | null {
  const paid = [...state.topups.values()].filter((topup) => topup.state === 'paid');
  const chosen = paid[Math.floor(die[0] * paid.length)];
  return chosen ? { op: 'topup.refund@1', args: { topupId: chosen.id } } : null;
}
