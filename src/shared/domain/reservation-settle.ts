import { paymentOf, refundOf } from './credits';
import type { Reservation } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { balanceOf } from './reservation-rules';
import { reservationTransitions } from './reservation-transitions';
import { hasEntered } from './pass-uses';
import type { Change, State } from './state';

/**
 * C3, B7: what becomes of a reservation whose time is over by the server's clock: used it is completed; a lease that nobody
 * booked expires, with its cost back but for the lease's price; one that nobody came for is a no-show where the site looks.
 */
export function decideSettle(
  state: State,
  args: DomainArgs['reservation.settle@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(args.reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  // E8: ended with its place in line.
  if (reservation.offered) return refused('offer_unaccepted', {});
  if (overAt(reservation) > context.now) return refused('reservation_running', { end: reservation.end });
  const used = hasEntered(state, reservation.id);
  const standing = used ? reservationTransitions[reservation.state].let_in : reservation.state;
  const event = used || !state.site.policy.tracksNoShows ? 'ended' : 'not_shown';
  const next = standing === null ? null : reservationTransitions[standing][event];
  if (next === null) return refused('reservation_ended', { state: reservation.state });
  return { status: 'applied', changes: settled(state, reservation, next, context), data: { state: next } };
}

/** When it is over: at its end, a hold at the end of the hold. */
function overAt({ end, holdExpiresAt }: Reservation): number {
  return Math.min(end, holdExpiresAt ?? end);
}

function settled(
  state: State,
  reservation: Reservation,
  next: Reservation['state'],
  context: DecisionContext,
): Change[] {
  const { policy } = state.site;
  const over: Reservation = {
    ...reservation,
    state: next,
    holdExpiresAt: null,
    endedAt: overAt(reservation),
  };
  if (next === 'expired') {
    const kept = Math.min(policy.leasePrice, reservation.cost);
    return [
      { table: 'reservations', row: { ...over, cost: kept } },
      ...refundOf(state, reservation, context, reservation.cost - kept),
    ];
  }
  if (next !== 'no_show') return [{ table: 'reservations', row: over }];
  const memberId = reservation.memberId ?? context.actor.id;
  const charge = Math.min(policy.noShowCharge, balanceOf(state, memberId));
  return [
    { table: 'reservations', row: { ...over, charge } },
    ...paymentOf(state, 'charge', { reservation, amount: charge }, context),
  ];
}
