import { expect, test } from 'vitest';
import type { Topup } from '#shared/domain/entities';
import { CHECKOUT_WITHIN } from '#shared/domain/topup';
import { payableOf, payAgain } from './payable';

const now = 1_700_000_000_000;
const bought = (id: string, fields: Partial<Topup> = {}): Topup => ({
  ...{ id, memberId: 'm', credits: 20, amount: 1000, currency: 'EUR', method: 'online', provider: null },
  ...{ providerReference: null, reference: '', state: 'pending', receiptNumber: null, createdBy: 'm' },
  ...{ createdAt: now - 60_000, paidAt: null, endedAt: null },
  ...fields,
});

test('B8 what was begun and is not paid can be paid, until its page closes', () => {
  const own = [
    bought('newest'),
    bought('not sent yet'),
    bought('paid', { state: 'paid' }),
    bought('failed', { state: 'failed' }),
    bought('desk', { method: 'cash' }),
    bought('just in time', { createdAt: now - CHECKOUT_WITHIN + 1 }),
    bought('too old', { createdAt: now - CHECKOUT_WITHIN }),
  ];
  const payable = payableOf(own, { waiting: new Set(['not sent yet']), now });
  expect(payable.map(({ id }) => id)).toEqual(['newest', 'just in time']);
});

test('B8 pressing again after a lost reply pays what was begun, and begins no other purchase', () => {
  const payable = [bought('other'), bought('begun')];
  expect(payAgain(payable, 'begun', 20)).toBe('begun');
  expect(payAgain(payable, 'begun', 50)).toBeNull();
  expect(payAgain(payable, null, 20)).toBeNull();
  expect(payAgain([], 'begun', 20)).toBeNull();
});
