import { expect, test } from 'vitest';
import { printable } from './printable';
import { receiptLines } from './receipt';

const receipt: Parameters<typeof receiptLines>[0] = {
  ...{ site: 'Harbour House', time_zone: 'Europe/Berlin', member: 'Mara Löw', email: 'mara@example.org' },
  ...{
    topup_id: 'purchase',
    credits: 1,
    amount: 1250,
    currency: 'EUR',
    method: 'cash' as const,
    reference: 'till 7',
  },
  ...{ provider_reference: null, state: 'paid' as const, receipt_number: 12, ended_at: null },
  paid_at: new Date('2026-03-02T10:00:00Z'),
};

test('B8 a receipt says who paid what, when, how and for what', () => {
  expect(receiptLines(receipt)).toEqual([
    ['Receipt', 'No. 12'],
    ['Paid on', '2 March 2026 at 11:00'],
    ['Paid by', 'Mara Löw, mara@example.org'],
    ['For', '1 parking credit'],
    ['Amount', '12.50 EUR'],
    ['Way', 'Cash at the desk'],
    ['Reference', 'till 7'],
    ['Purchase', 'purchase'],
  ]);
});

test('B8 a receipt of what was given back says so, and the provider’s reference of what was paid online', () => {
  const ended_at = new Date('2026-03-03T10:00:00Z');
  const online = {
    ...receipt,
    method: 'online',
    provider_reference: 'pi_1',
    state: 'refunded',
    ended_at,
  } as const;
  const lines = new Map(receiptLines({ ...online, email: null, currency: 'JPY', credits: 20 }));
  expect(lines.get('Given back')).toBe('1250 JPY on 3 March 2026 at 11:00');
  expect([lines.get('Reference'), lines.get('Paid by'), lines.get('For')]).toEqual([
    'pi_1',
    'Mara Löw',
    '20 parking credits',
  ]);
});

test.each([
  ['Löw – “Čapek” €5', 'Löw – “Capek” €5'],
  ['Łukasz Nguyễn', 'Lukasz Nguyen'],
  ['Мара', '????'],
  ['a\nb\u0007', 'a?b?'],
])('B8 what a PDF’s own fonts lack is drawn as well as it can be: %j', (text, drawn) => {
  expect(printable(text)).toBe(drawn);
});
