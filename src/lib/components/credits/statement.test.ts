import { describe, expect, test } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { timeFormat } from '../time/format';
import { pendingOf, statementOf, type StatementContext } from './statement';
import { statementCsv } from './statement-csv';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const movement = (fields: Partial<Row<'movement'>>): Row<'movement'> => ({
  id: `m${String(fields.createdAt)}`,
  kind: 'reservation',
  amount: -3,
  reservationId: 'r',
  topupId: null,
  slotLabel: 'A-03',
  createdAt: 0,
  ...fields,
});
const movements = [
  movement({ createdAt: 5, kind: 'refund', amount: -3, slotLabel: 'A-01', reservationId: 'theirs' }),
  movement({ createdAt: 4, amount: 3, slotLabel: 'A-01', reservationId: 'theirs' }),
  movement({ createdAt: 3, kind: 'refund', amount: 3 }),
  movement({ createdAt: 2 }),
  movement({ createdAt: 1, kind: 'grant', amount: 50, slotLabel: null, reservationId: null }),
];
const context: StatementContext = {
  reservations: [
    { id: 'r', slotLabel: 'A-03', receiverName: 'Omar Haddad', start: NOW + HOUR, end: NOW + 2 * HOUR },
  ],
  visits: [{ id: 'theirs', start: NOW + 3 * HOUR, end: NOW + 4 * HOUR }],
  slots: [
    { label: 'A-01', ownerName: 'Mara' },
    { label: 'B-02', ownerName: 'Ivo' },
  ],
  topups: [{ id: 't', amount: 500, currency: 'EUR', method: 'cash', receiptNumber: 7 }],
  format: timeFormat('Europe/Berlin', 'en-GB'),
  now: NOW,
};

describe('C5 the statement', () => {
  test('C5 every line reads by itself and carries the balance after it', () => {
    const lines = statementOf(movements, context);
    expect(lines.map(({ title, amount, balance }) => [title, amount, balance])).toEqual([
      ['Given back for A-01', -3, 50],
      ['Earned from A-01', 3, 53],
      ['Refund for A-03', 3, 50],
      ['Reserved A-03', -3, 47],
      ['Starting credits', 50, 50],
    ]);
  });

  test('C5 every line says who is on the other side and what for, and leads there', () => {
    expect(statementOf(movements, context).map(({ explanation, href }) => [explanation, href])).toEqual([
      ['To who reserved it, for Today, 14:00 – 15:00', null],
      ['From who reserved it, for Today, 14:00 – 15:00', null],
      ['From Omar Haddad, for Today, 12:00 – 13:00', '/reservations/r'],
      ['To Omar Haddad, for Today, 12:00 – 13:00', '/reservations/r'],
      ['From the building, as for everybody new', null],
    ]);
  });

  test.each([
    [{ slotLabel: 'B-02', amount: -3 }, 'To Ivo, for Today, 12:00 – 13:00'],
    [{ slotLabel: 'B-02', reservationId: 'gone' }, 'To Ivo'],
    [{ slotLabel: 'gone', reservationId: 'gone' }, 'To the building'],
    [{ kind: 'charge', slotLabel: 'A-03' }, 'To Omar Haddad, for Today, 12:00 – 13:00'],
    [
      { kind: 'charge', amount: 2, reservationId: 'theirs' },
      'From who reserved it, for Today, 14:00 – 15:00',
    ],
  ] as const)('C5 %j is explained as %j, wherever the reservation has moved since', (fields, words) => {
    expect(statementOf([movement(fields)], context)[0]?.explanation).toBe(words);
  });

  test('B8 what was bought says for how much, and leads to its receipt', () => {
    const bought = { topupId: 't', reservationId: null, slotLabel: null };
    const lines = statementOf(
      [
        movement({ ...bought, kind: 'topup_refund', amount: -10 }),
        movement({ ...bought, kind: 'topup', amount: 10 }),
        movement({ ...bought, kind: 'topup', amount: 10, topupId: 'gone' }),
      ],
      context,
    );
    expect(lines.map(({ title, explanation, href }) => [title, explanation, href])).toEqual([
      ['Bought credits given back', 'To the building, €5.00 back, receipt 7', '/credits/purchase?topup=t'],
      ['Credits bought', 'From the building, €5.00 in cash, receipt 7', '/credits/purchase?topup=t'],
      ['Credits bought', 'With the building', null],
    ]);
  });

  test('an empty statement has no lines', () => {
    expect(statementOf([], context)).toEqual([]);
  });

  test('what is waiting is the difference to the confirmed sum', () => {
    expect(pendingOf(movements, 47)).toBe(-3);
    expect(pendingOf(movements, 50)).toBe(0);
  });

  test('C5 as CSV it is the same, quoted, and no name becomes a formula', () => {
    const line = { id: 'm', href: null, at: NOW, amount: -3, balance: 47 };
    const csv = statementCsv(
      [{ ...line, title: 'Reserved "A", 3', explanation: '=HYPERLINK("http://x")' }],
      'Europe/Berlin',
    );
    expect(csv).toBe(
      '\uFEFFDate,What,With whom and what for,Credits,Balance after\r\n' +
        '2026-03-02 11:00,"Reserved ""A"", 3","\'=HYPERLINK(""http://x"")",-3,47\r\n',
    );
  });
});
