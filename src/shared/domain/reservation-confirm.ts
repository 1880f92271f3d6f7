import { agreedPriceProblem } from './agreed-price';
import { paymentOf } from './credits';
import type { Reservation } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { balanceOf } from './reservation-rules';
import { reservationTransitions } from './reservation-transitions';
import type { Change, State } from './state';

/**
 * X3: books a lease. Nobody but its holder could end it, so from the moment its device says "certain" no refusal can come,
 * however late the intent arrives: after the window the reservation counts as used, and what was given back for it is
 * paid again as far as the balance goes.
 */
export function decideConfirm(
  state: State,
  args: DomainArgs['reservation.confirm@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(args.reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  if (reservation.memberId !== context.actor.id) return refused('reservation_forbidden', {});
  // E8: nor what was: a lapsed offer was never booked.
  if (reservation.offered) return refused('offer_unaccepted', {});
  const next = reservationTransitions[reservation.state].confirm;
  if (next === null) return refused('reservation_ended', { state: reservation.state });
  if (next === reservation.state) {
    return { status: 'applied', changes: [], data: { cost: reservation.cost } };
  }
  const changes = bookedAs(state, reservation, next, context);
  const cost = costIn(changes, reservation);
  // Never for who agrees to what the lease was taken at: no more than that is paid.
  return agreedPriceProblem(cost, args.most) ?? { status: 'applied', changes, data: { cost } };
}

/**
 * The changes that make a lease `next`, `confirmed` or `completed`. One that had expired is paid again: its cost, less what
 * the lease kept, at most the balance.
 */
export function bookedAs(
  state: State,
  reservation: Reservation,
  next: Reservation['state'],
  context: DecisionContext,
): Change[] {
  const memberId = reservation.memberId ?? context.actor.id;
  const missing = reservation.state === 'expired' ? reservation.price - reservation.cost : 0;
  const paid = Math.max(0, Math.min(missing, balanceOf(state, memberId)));
  const booked: Reservation = {
    ...reservation,
    state: next,
    holdExpiresAt: null,
    cost: reservation.cost + paid,
  };
  return [
    { table: 'reservations', row: booked },
    ...paymentOf(state, 'reservation', { reservation, amount: paid }, context),
  ];
}

function costIn(changes: readonly Change[], before: Reservation): number {
  const changed = changes.find((change) => change.table === 'reservations');
  return changed?.row.cost ?? before.cost;
}
