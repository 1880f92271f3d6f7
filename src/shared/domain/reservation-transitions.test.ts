import { describe, expect, it } from 'vitest';
import type { ReservationState } from './entities';
import { reservationTransitions, type ReservationEvent } from './reservation-transitions';

const states = Object.keys(reservationTransitions) as ReservationState[];
const events = Object.keys(reservationTransitions.held) as ReservationEvent[];
const over: readonly ReservationState[] = ['cancelled', 'completed', 'expired', 'no_show'];

describe('reservationTransitions', () => {
  it.each(
    states.flatMap((state) => events.map((event): [ReservationState, ReservationEvent] => [state, event])),
  )('C3 %s × %s keeps what must hold of any transition', (state, event) => {
    const next = reservationTransitions[state][event];
    // What is over never holds a slot again.
    if (over.includes(state) && next !== null) expect(over).toContain(next);
    // A scan is a fact: never refused.
    if (event === 'let_in') expect(next).not.toBeNull();
    // Whoever was let in is no no-show and no expired lease.
    if (event === 'let_in') expect(['no_show', 'expired', 'held']).not.toContain(next);
    // Time ends whatever is active, and nothing twice.
    if (event === 'ended' || event === 'not_shown') expect(next === null).toBe(over.includes(state));
  });

  it('X3 refuses to book only what its holder gave back', () => {
    expect(states.filter((state) => reservationTransitions[state].confirm === null)).toEqual(['cancelled']);
  });
});
