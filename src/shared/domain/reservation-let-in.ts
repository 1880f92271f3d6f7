import { refundOf } from './credits';
import type { Reservation } from './entities';
import type { DecisionContext } from './intent';
import { bookedAs } from './reservation-confirm';
import { reservationTransitions } from './reservation-transitions';
import type { Change, State } from './state';

/**
 * D4: what a counted scan does to its reservation: a lease is booked by it, and a no-show or an expired lease whose scan
 * arrives late was no such thing. Nothing for a cancelled one: the record stays, and the guard was wrong.
 */
export function letIn(state: State, reservation: Reservation, context: DecisionContext): Change[] {
  const next = reservationTransitions[reservation.state].let_in;
  if (next === null || next === reservation.state) return [];
  if (reservation.state !== 'no_show') return bookedAs(state, reservation, next, context);
  return [
    { table: 'reservations', row: { ...reservation, state: next, charge: 0 } },
    ...refundOf(state, reservation, context, reservation.charge),
  ];
}
