import { expect, test } from 'vitest';
import type { Topup } from '#shared/domain/entities';
import { amountShown, emptySale, mostCredits, saleOf, saleProblems, searchPurchases } from './desk-form';

const prices = { creditPrice: 50, currency: 'EUR' };
const draft = { ...emptySale, memberId: 'mara' };

test('B8 the amount follows the credits until somebody types another', () => {
  expect(amountShown(draft, prices)).toBe('10.00');
  expect(amountShown({ ...draft, amount: '8' }, prices)).toBe('8');
  expect(amountShown(draft, { ...prices, creditPrice: 0 })).toBe('');
  expect(saleOf({ ...draft, amount: '8,5', reference: ' till ' }, prices)).toEqual({
    ...{ memberId: 'mara', credits: 20, amount: 850, method: 'cash', reference: 'till' },
  });
});

test.each([
  [{ memberId: '' }, ['memberId']],
  [{ credits: NaN }, ['credits', 'amount']],
  [{ credits: 0.5, amount: '1' }, ['credits']],
  [{ amount: 'ten' }, ['amount']],
  [{ amount: '99999' }, ['amount']],
  [{ method: 'transfer' }, ['reference']],
  [{ method: 'transfer', reference: 'RF18' }, []],
] as const)('B8 %j is wrong in %j', (fields, wrong) => {
  expect(Object.keys(saleProblems({ ...draft, ...fields }, prices))).toEqual(wrong);
});

test('B8 sales are found by name, reference and receipt; what nobody paid is none', () => {
  const topup = (id: string, fields: Partial<Topup>): Topup => ({
    ...{ id, memberId: 'mara', credits: 1, amount: 50, currency: 'EUR', method: 'cash', provider: null },
    ...{ providerReference: null, reference: '', state: 'paid', receiptNumber: null, createdBy: 'sol' },
    ...{ createdAt: 0, paidAt: 1, endedAt: null },
    ...fields,
  });
  const all = [
    topup('a', { receiptNumber: 17 }),
    topup('b', { reference: 'RF18', memberId: 'ivo' }),
    topup('c', { state: 'failed', paidAt: null }),
  ];
  const found = (search: string) =>
    searchPurchases(all, (id) => (id === 'mara' ? 'Mara Löw' : 'Ivo'), search).map(({ id }) => id);
  expect([found(''), found('löw'), found('rf18 '), found('17')]).toEqual([['a', 'b'], ['a'], ['b'], ['a']]);
});

test('B8 what can be bought at once is never too much money', () => {
  expect([0, 50, 100, 1000, 1_000_000].map(mostCredits)).toEqual([10_000, 10_000, 10_000, 1000, 1]);
});
