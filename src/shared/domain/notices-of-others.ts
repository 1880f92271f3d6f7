import type { Reservation, SlotClaim, Topup, WaitlistEntry } from './entities';
import type { News, Telling } from './notices-of';
import { toldOf } from './notices-of-reservations';
import type { SitePolicy } from './policy';
import type { Change } from './state';

/** What follows from waiting in line, credits and claims. */
export function otherNews(changes: readonly Change[], told: Telling): News[] {
  const news: News[] = [];
  let hasMoved = false;
  for (const change of changes) {
    if (change.table === 'waitlistEntries') news.push(...waitlistNews(change.row, { changes, told }));
    else if (change.table === 'topups') news.push(...topupNews(change.row, told));
    else if (change.table === 'slotClaims') news.push(...claimNews(change.row, told));
    else hasMoved ||= change.table === 'movements';
  }
  return hasMoved ? [...news, ...lowCreditsNews(changes, told)] : news;
}

function waitlistNews(
  row: WaitlistEntry,
  { changes, told }: { changes: readonly Change[]; told: Telling },
): News[] {
  const { state, context } = told;
  if (state.waitlistEntries.get(row.id)?.state === row.state) return [];
  const { memberId, start, end } = row;
  const entryId = row.id;
  const reservation = reservationOf(row, { changes, told });
  const about = `${entryId}:${row.reservationId ?? ''}`;
  if (reservation && row.state === 'offered' && row.offerExpiresAt !== null) {
    const { price } = reservation;
    const data = { ...toldOf(state, reservation), entryId, price, until: row.offerExpiresAt };
    return [{ memberId, kind: 'waitlist_offer', about, data }];
  }
  if (reservation && row.state === 'taken' && context.actor.id !== memberId) {
    const data = { ...toldOf(state, reservation), entryId, price: reservation.price };
    return [{ memberId, kind: 'waitlist_taken', about, data }];
  }
  if (row.state === 'lapsed' || row.state === 'over') {
    const data = { entryId, start, end, reason: row.state };
    return [{ memberId, kind: 'waitlist_over', about: entryId, data }];
  }
  return [];
}

function reservationOf(
  { reservationId }: WaitlistEntry,
  { changes, told }: { changes: readonly Change[]; told: Telling },
): Reservation | null {
  if (reservationId === null) return null;
  const made = changes.flatMap((change) =>
    change.table === 'reservations' && change.row.id === reservationId ? [change.row] : [],
  );
  return made.at(-1) ?? told.state.reservations.get(reservationId) ?? null;
}

function topupNews(row: Topup, { state, context }: Telling): News[] {
  const { id: topupId, memberId, credits, receiptNumber } = row;
  if (state.topups.get(topupId)?.state === row.state || context.actor.id === memberId) return [];
  if (row.state === 'paid')
    return [{ memberId, kind: 'topup_paid', about: topupId, data: { topupId, credits, receiptNumber } }];
  if (row.state === 'refunded')
    return [{ memberId, kind: 'topup_refunded', about: topupId, data: { topupId, credits } }];
  return [];
}

function claimNews(row: SlotClaim, { state, context }: Telling): News[] {
  const { id: claimId, label: slotLabel, level, slotId, reason } = row;
  if (state.slotClaims.get(claimId)?.state === row.state) return [];
  if (row.state === 'waiting') {
    const data = { claimId, slotLabel, level };
    return [...state.members.values()]
      .filter(({ id, role, leftAt }) => role === 'manager' && leftAt === null && id !== context.actor.id)
      .map(({ id }) => ({ memberId: id, kind: 'claim_waiting', about: claimId, data }));
  }
  if (row.state === 'withdrawn' || row.memberId === context.actor.id) return [];
  const data = { claimId, slotLabel, slotId, approved: row.state === 'approved', reason };
  return [{ memberId: row.memberId, kind: 'claim_decided', about: claimId, data }];
}

/** Below this a member has few credits left: what one more reservation leaves is not enough for another. */
export function lowCredits({ price }: Pick<SitePolicy, 'price'>): number {
  return 2 * price;
}

/** Told when a balance falls below it, and not again until it was above. */
function lowCreditsNews(changes: readonly Change[], { state, decided }: Telling): News[] {
  const threshold = lowCredits(state.site.policy);
  const moved = new Map<string, number>();
  for (const change of changes) {
    if (change.table !== 'movements') continue;
    for (const { accountId, amount } of change.row.entries)
      moved.set(accountId, (moved.get(accountId) ?? 0) + amount);
  }
  const { id: siteId, issuanceAccountId } = state.site;
  return [...moved].flatMap(([memberId, amount]): News[] => {
    const before = state.accounts.get(memberId)?.balance;
    if (before === undefined || memberId === siteId || memberId === issuanceAccountId) return [];
    const balance = before + amount;
    if (before < threshold || balance >= threshold) return [];
    return [{ memberId, kind: 'credits_low', about: decided.intentId, data: { balance } }];
  });
}
