import { refundOf } from './credits';
import { isActive, type Reservation } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { isPassHere, revokePasses } from './pass';
import type { SitePolicy } from './policy';
import { reservationTransitions } from './reservation-transitions';
import type { State } from './state';

/**
 * C3: cancels before the start, with the cost back but for a late cancellation's charge; its passes are revoked. A lease
 * may be given back until it ends, and by nobody but the device of its holder that has its pass and may be booking it
 * without signal.
 */
export function decideCancel(
  state: State,
  args: DomainArgs['reservation.cancel@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(args.reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  const mine = reservation.memberId === context.actor.id;
  if (!mine && context.actor.role !== 'manager') return refused('reservation_forbidden', {});
  if (reservation.offered) return refused('offer_unaccepted', {});
  const next = reservationTransitions[reservation.state].cancel;
  if (!isActive(reservation) || next === null || reservation.end <= context.now) {
    return refused('reservation_ended', { state: reservation.state });
  }
  if (reservation.state === 'held' && !(mine && isPassHere(state, reservation.id, context.clientId))) {
    return refused('lease_held', {});
  }
  if (reservation.state === 'confirmed' && reservation.start <= context.now) {
    return refused('reservation_started', { start: reservation.start });
  }
  const kept = mine ? keptOnCancel(state.site.policy, reservation, context.now) : 0;
  const cancelled: Reservation = {
    ...reservation,
    state: next,
    holdExpiresAt: null,
    cost: kept,
    endedAt: context.now,
  };
  return {
    status: 'applied',
    changes: [
      { table: 'reservations', row: cancelled },
      ...refundOf(state, reservation, context, reservation.cost - kept),
      ...revokePasses(state, reservation.id),
    ],
    data: { refund: reservation.cost - kept, kept },
  };
}

/** C3: how much of the cost its holder does not get back who cancels at `now` (ms since 1970). */
export function keptOnCancel(
  policy: SitePolicy,
  { state, start, cost }: Pick<Reservation, 'state' | 'start' | 'cost'>,
  now: number,
): number {
  if (state === 'held') return Math.min(policy.leasePrice, cost);
  return now > start - policy.cancelCutOff ? Math.min(policy.lateCancelCharge, cost) : 0;
}
