import type { Entry, Movement, Reservation } from './entities';
import type { DecisionContext } from './intent';
import type { Change, State } from './state';

/** What a movement is about. */
interface MovementReason {
  readonly kind: Movement['kind'];
  readonly reservation: Pick<Reservation, 'id' | 'slotId'>;
}

/**
 * C5: the movement of these entries, or nothing when nothing moves. Entries of zero are left out; the others sum to
 * zero, which the caller guarantees and the database checks.
 */
function movementOf(
  state: State,
  { kind, reservation }: MovementReason,
  entries: readonly Entry[],
  context: DecisionContext,
): Change[] {
  const moving = entries.filter((entry) => entry.amount !== 0);
  if (moving.length === 0) return [];
  const row: Movement = {
    id: context.newId(),
    kind,
    reservationId: reservation.id,
    topupId: null,
    slotLabel: state.slots.get(reservation.slotId)?.label ?? null,
    createdAt: context.now,
    entries: moving,
  };
  return [{ table: 'movements', row }];
}

/** C5: moves `amount`, which may be nothing, from a reservation's holder to who receives its cost. */
export function paymentOf(
  state: State,
  kind: Movement['kind'],
  { reservation, amount }: { reservation: Reservation; amount: number },
  context: DecisionContext,
): Change[] {
  const entries = [
    { accountId: reservation.memberId ?? context.actor.id, amount: -amount },
    { accountId: reservation.receiverAccountId, amount },
  ];
  return movementOf(state, { kind, reservation }, entries, context);
}

/**
 * C5: gives `amount` of what was paid for a reservation back. The receiver may have spent it meanwhile and never goes below zero, so what it cannot
 * return comes from the issuance account: the building stands in, the sum stays constant and the books show it.
 */
export function refundOf(
  state: State,
  reservation: Reservation,
  context: DecisionContext,
  amount: number,
): Change[] {
  const receiverBalance = state.accounts.get(reservation.receiverAccountId)?.balance ?? 0;
  const returned = Math.min(amount, receiverBalance);
  const entries = [
    { accountId: reservation.memberId ?? context.actor.id, amount },
    { accountId: reservation.receiverAccountId, amount: -returned },
    { accountId: state.site.issuanceAccountId, amount: returned - amount },
  ];
  return movementOf(state, { kind: 'refund', reservation }, entries, context);
}
