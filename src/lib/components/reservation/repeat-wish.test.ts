import { expect, test } from 'vitest';
import { alternativeVerb, repeatWish } from './repeat-wish';

const alternative = { slotId: 's6', label: 'A-06', start: 1, end: 2, cost: 3 };

/** Writes down what is asked of it. */
function recordingReservations() {
  const asked: unknown[] = [];
  const record =
    (name: string, answer: string) =>
    (...args: unknown[]) => {
      asked.push([name, ...args]);
      return Promise.resolve(answer);
    };
  const reservations = {
    change: record('change', '') as unknown as (id: string, to: object) => Promise<void>,
    lease: record('lease', 'leased'),
    reserve: record('reserve', 'reserved'),
  };
  return { reservations, asked };
}

test.each([
  [null, ['reserve', 's6', 1, 2, 3], 'reserved', 'Take'],
  [
    { op: 'reservation.create@1', args: { reservationId: 'r' } },
    ['reserve', 's6', 1, 2, 3],
    'reserved',
    'Take',
  ],
  [{ op: 'reservation.lease@1', args: { reservationId: 'r' } }, ['lease', 's6', 1, 2, 3], 'leased', 'Keep'],
  [
    { op: 'reservation.change@1', args: { reservationId: 'r' } },
    // Nothing of the alternative but what the wire knows.
    ['change', 'r', { slotId: 's6', start: 1, end: 2, most: 3 }],
    'r',
    'Move to',
  ],
] as const)('A4 an alternative is the same wish for another slot: %#', async (wish, expected, id, verb) => {
  const { reservations, asked } = recordingReservations();
  expect(await repeatWish(reservations, wish, alternative)).toBe(id);
  expect(asked).toEqual([expected]);
  expect(alternativeVerb(wish)).toBe(verb);
});
