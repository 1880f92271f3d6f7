import { expect, test } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { pendingOf, statementOf } from './statement';

const movement = (fields: Partial<Row<'movement'>>): Row<'movement'> => ({
  id: `m${fields.createdAt}`,
  kind: 'reservation',
  amount: -3,
  reservationId: 'r',
  slotLabel: 'A-03',
  createdAt: 0,
  ...fields,
});
const movements = [
  movement({ createdAt: 5, kind: 'refund', amount: -3, slotLabel: 'A-01' }),
  movement({ createdAt: 4, amount: 3, slotLabel: 'A-01' }),
  movement({ createdAt: 3, kind: 'refund', amount: 3 }),
  movement({ createdAt: 2 }),
  movement({ createdAt: 1, kind: 'grant', amount: 50, slotLabel: null, reservationId: null }),
];

test('C5 every line reads by itself and carries the balance after it', () => {
  expect(statementOf(movements).map(({ title, amount, balance }) => [title, amount, balance])).toEqual([
    ['Given back for A-01', -3, 50],
    ['Earned from A-01', 3, 53],
    ['Refund for A-03', 3, 50],
    ['Reserved A-03', -3, 47],
    ['Starting credits', 50, 50],
  ]);
});

test('an empty statement has no lines', () => {
  expect(statementOf([])).toEqual([]);
});

test('what is waiting is the difference to the confirmed sum', () => {
  expect(pendingOf(movements, 47)).toBe(-3);
  expect(pendingOf(movements, 50)).toBe(0);
});
