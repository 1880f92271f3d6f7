import type { Entry, Movement, Reservation } from './entities';
import type { DecisionContext } from './intent';
import type { Change, State } from './state';

/**
 * C5: the movement of these entries, or nothing when nothing moves. Entries of zero are left out; the others sum to
 * zero, which the caller guarantees and the database checks.
 */
export function movementOf(
  kind: Movement['kind'],
  reservation: Pick<Reservation, 'id'>,
  context: DecisionContext,
  entries: readonly Entry[],
): Change[] {
  const moving = entries.filter((entry) => entry.amount !== 0);
  if (moving.length === 0) return [];
  const row: Movement = {
    id: context.newId(),
    kind,
    reservationId: reservation.id,
    createdAt: context.now,
    entries: moving,
  };
  return [{ table: 'movements', row }];
}

/**
 * C5: gives the cost back. The receiver may have spent it meanwhile and never goes below zero, so what it cannot
 * return comes from the issuance account: the building stands in, the sum stays constant and the books show it.
 */
export function refundOf(state: State, reservation: Reservation, context: DecisionContext): Change[] {
  const receiverBalance = state.accounts.get(reservation.receiverAccountId)?.balance ?? 0;
  const returned = Math.min(reservation.cost, receiverBalance);
  return movementOf('refund', reservation, context, [
    { accountId: reservation.memberId ?? context.actor.id, amount: reservation.cost },
    { accountId: reservation.receiverAccountId, amount: -returned },
    { accountId: state.site.issuanceAccountId, amount: returned - reservation.cost },
  ]);
}
