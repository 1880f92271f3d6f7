import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Topup } from './entities';
import type { Intent } from './intent';
import { applyChanges, type State } from './state';
import { codeOf, decideAs, manager, neighbour, NOW, resident, slot, stateOf, system, HOUR } from './testing';
import { decide } from './decide';
import { MOST_PAID, PENDING_TOPUPS } from './topup';
import { VERIFIED_FOR } from './verification';

const policy = { creditPrice: 50, currency: 'EUR' };
const sell = (over: Partial<Extract<Intent, { op: 'topup.sell@1' }>['args']> = {}) => ({
  op: 'topup.sell@1' as const,
  args: {
    ...{ topupId: 't', memberId: resident.id, credits: 10, amount: 500, method: 'cash' as const },
    ...{ reference: 'till 7', ...over },
  },
});
const begin = (topupId = 't', credits = 10) => ({ op: 'topup.begin@1' as const, args: { topupId, credits } });
const settle = (topupId = 't') => ({
  op: 'topup.settle@1' as const,
  args: { topupId, provider: 'stripe', providerReference: `pi_${topupId}` },
});
const of = (op: 'topup.fail@1' | 'topup.refund@1' | 'topup.refunded@1', topupId = 't') => ({
  op,
  args: { topupId },
});
const balance = (state: State) => state.accounts.get(resident.id)!.balance;
const begun = () => {
  const state = stateOf({ policy });
  expect(decideAs(state, resident, begin()).status).toBe('applied');
  return state;
};

describe('B8 credits sold at the desk', () => {
  it('B8 are there at once, with a receipt, and come from the issuance account', () => {
    const state = stateOf({ policy, nextReceipt: 7 });
    const decision = decideAs(state, manager, sell());
    expect(decision).toMatchObject({ status: 'applied', data: { receiptNumber: 7 } });
    expect(balance(state)).toBe(60);
    expect(state.topups.get('t')).toMatchObject({
      state: 'paid',
      currency: 'EUR',
      paidAt: NOW,
      createdBy: manager.id,
    });
    expect(decision.status === 'applied' && decision.changes[1]?.row).toMatchObject({
      kind: 'topup',
      topupId: 't',
      entries: [
        { accountId: resident.id, amount: 10 },
        { accountId: 'issuance', amount: -10 },
      ],
    });
    // The next one has the next number.
    decideAs(state, manager, sell({ topupId: 'u' }));
    expect(state.topups.get('u')?.receiptNumber).toBe(8);
  });

  it('B8 are for a manager to sell, to a member, once', () => {
    const state = stateOf({ policy, members: [{ ...neighbour, leftAt: NOW }] });
    expect(codeOf(decideAs(state, resident, sell()))).toBe('role_forbidden');
    expect(codeOf(decideAs(state, manager, sell({ memberId: neighbour.id })))).toBe('member_not_found');
    expect(codeOf(decideAs(state, manager, sell({ memberId: 'nobody' })))).toBe('member_not_found');
    decideAs(state, manager, sell());
    expect(codeOf(decideAs(state, manager, sell()))).toBe('topup_exists');
    expect(balance(state)).toBe(60);
  });

  it('B8 are given back with the money, all or none, and once', () => {
    const state = stateOf({ policy, accounts: [{ id: resident.id, balance: 0 }] });
    decideAs(state, manager, sell());
    state.accounts.set(resident.id, { id: resident.id, balance: 9 });
    expect(codeOf(decideAs(state, manager, of('topup.refund@1')))).toBe('topup_spent');
    state.accounts.set(resident.id, { id: resident.id, balance: 10 });
    expect(decideAs(state, manager, of('topup.refund@1'), NOW + HOUR).status).toBe('applied');
    expect(balance(state)).toBe(0);
    expect(state.topups.get('t')).toMatchObject({ state: 'refunded', endedAt: NOW + HOUR, receiptNumber: 1 });
    expect(codeOf(decideAs(state, manager, of('topup.refund@1')))).toBe('topup_ended');
  });
});

describe('K6 credits for money want a proof of who asks', () => {
  const asked = (state: State, intent: Intent, verifiedAt: number | null) =>
    codeOf(
      decide(state, intent, { now: NOW, actor: manager, clientId: 'desk', verifiedAt, newId: () => 'new' }),
    );

  it.each([[null], [NOW - VERIFIED_FOR]])('K6 proved at %j nothing is sold and nothing given back', (at) => {
    const state = stateOf({ policy });
    expect(asked(state, sell(), at)).toBe('verification_needed');
    decideAs(state, manager, sell());
    expect(asked(state, of('topup.refund@1'), at)).toBe('verification_needed');
    expect(balance(state)).toBe(60);
  });

  it('K6 a proof is good for an errand', () => {
    const state = stateOf({ policy });
    expect(asked(state, sell(), NOW - VERIFIED_FOR + 1)).toBe('applied');
    decideAs(state, manager, sell());
    expect(asked(state, of('topup.refund@1'), NOW - VERIFIED_FOR + 1)).toBe('applied');
  });
});

describe('B8 credits bought online', () => {
  it('B8 cost what they cost when the purchase began, and are not there before they are paid', () => {
    const state = begun();
    expect(state.topups.get('t')).toMatchObject({ state: 'pending', amount: 500, receiptNumber: null });
    expect(balance(state)).toBe(50);
    expect(codeOf(decideAs(stateOf({}), resident, begin()))).toBe('topups_off');
    expect(codeOf(decideAs(state, resident, begin()))).toBe('topup_exists');
  });

  it('B8 are no more than an amount of money can be', () => {
    const state = stateOf({ policy: { ...policy, creditPrice: 1000 } });
    expect(decideAs(state, resident, begin('t', 1001))).toMatchObject({
      code: 'topup_too_large',
      data: { most: 1000 },
    });
    expect(decideAs(state, resident, begin('t', 1000))).toMatchObject({ data: { amount: MOST_PAID } });
  });

  it('B8 are few purchases at a time', () => {
    const state = stateOf({ policy });
    for (let at = 0; at < PENDING_TOPUPS; at++) decideAs(state, resident, begin(`t${at}`));
    expect(codeOf(decideAs(state, resident, begin('more')))).toBe('too_many_topups');
    expect(decideAs(state, manager, begin('theirs')).status).toBe('applied');
    decideAs(state, system, settle('t0'));
    expect(decideAs(state, resident, begin('more')).status).toBe('applied');
  });

  it('B8 nobody but the site says what a provider says', () => {
    const state = begun();
    for (const actor of [resident, manager]) {
      for (const wish of [settle(), of('topup.fail@1'), of('topup.refunded@1')]) {
        expect(codeOf(decideAs(state, actor, wish))).toBe('role_forbidden');
      }
    }
    expect(codeOf(decideAs(state, system, settle('other')))).toBe('topup_not_found');
  });

  it('B8 go back at once, and are refunded once the provider says so', () => {
    const state = begun();
    decideAs(state, system, settle());
    expect(decideAs(state, manager, of('topup.refund@1')).status).toBe('applied');
    expect([balance(state), state.topups.get('t')?.state]).toEqual([50, 'refunding']);
    decideAs(state, system, of('topup.refunded@1'), NOW + HOUR);
    expect([balance(state), state.topups.get('t')?.state]).toEqual([50, 'refunded']);
  });

  it('B8 that the provider gave back by itself go as far as they are left', () => {
    const state = begun();
    decideAs(state, system, settle());
    state.accounts.set(resident.id, { id: resident.id, balance: 4 });
    expect(decideAs(state, system, of('topup.refunded@1'))).toMatchObject({ data: { taken: 4 } });
    expect(balance(state)).toBe(0);
  });

  it('B8 what is sold at the desk is nothing to a provider', () => {
    const state = stateOf({ policy });
    decideAs(state, manager, sell());
    for (const wish of [settle(), of('topup.fail@1'), of('topup.refunded@1')]) {
      expect(codeOf(decideAs(state, system, wish))).toBe('topup_not_found');
    }
  });
});

describe('B8 whatever comes, however often and in whatever order', () => {
  type Said = 'settle' | 'fail' | 'refunded';
  const said = { settle: settle(), fail: of('topup.fail@1'), refunded: of('topup.refunded@1') };

  it('B8 leads to the end that what was said leads to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Said>('settle', 'fail', 'refunded'), { maxLength: 8 }),
        (order) => {
          const state = begun();
          for (const word of order) expect(decideAs(state, system, said[word]).status).toBe('applied');
          const expected: Topup['state'] = order.includes('refunded')
            ? 'refunded'
            : order.includes('settle')
              ? 'paid'
              : order.includes('fail')
                ? 'failed'
                : 'pending';
          expect(state.topups.get('t')?.state).toBe(expected);
          expect(balance(state)).toBe(expected === 'paid' ? 60 : 50);
        },
      ),
    );
  });
});

describe('C5 the books under random histories', () => {
  const ids = ['a', 'b', 'c'];
  const wish = fc.oneof(
    fc.record({
      kind: fc.constant('sell' as const),
      id: fc.constantFrom(...ids),
      credits: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({
      kind: fc.constant('begin' as const),
      id: fc.constantFrom(...ids),
      credits: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({
      kind: fc.constantFrom('settle', 'fail', 'refund', 'refunded', 'cancel'),
      id: fc.constantFrom(...ids),
      credits: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('reserve' as const),
      id: fc.constantFrom(...ids),
      credits: fc.integer({ min: 1, max: 40 }),
    }),
    fc.record({
      kind: fc.constant('change' as const),
      id: fc.constantFrom(...ids),
      credits: fc.integer({ min: 1, max: 40 }),
    }),
    fc.record({
      kind: fc.constant('price' as const),
      id: fc.constantFrom(...ids),
      credits: fc.integer({ min: 0, max: 9 }),
    }),
  );
  type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

  function step(state: State, { kind, id, credits }: Wish) {
    const window = { start: NOW + credits * HOUR, end: NOW + (credits + 1) * HOUR };
    const place = { reservationId: `r${id}`, slotId: credits % 2 === 0 ? 'own' : 'lent', ...window };
    switch (kind) {
      case 'sell':
        return decideAs(state, manager, sell({ topupId: id, credits }));
      case 'begin':
        return decideAs(state, resident, begin(id, credits));
      case 'settle':
        return decideAs(state, system, settle(id));
      case 'refund':
        return decideAs(state, manager, of('topup.refund@1', id));
      case 'reserve':
        return decideAs(state, resident, { op: 'reservation.create@1', args: place });
      case 'change':
        return decideAs(state, resident, { op: 'reservation.change@1', args: place });
      case 'cancel':
        return decideAs(state, resident, { op: 'reservation.cancel@1', args: { reservationId: `r${id}` } });
      case 'price': {
        const peak = { weekdays: [1, 2, 3, 4, 5, 6, 7], from: 600, until: 840, price: credits };
        applyChanges(state, [
          { table: 'policies', row: { siteId: 'site', changes: { peakPrices: [peak], price: credits % 4 } } },
        ]);
        return null;
      }
      default:
        return decideAs(state, system, of(kind === 'fail' ? 'topup.fail@1' : 'topup.refunded@1', id));
    }
  }

  it('C5 nobody comes below zero, every movement sums to zero, and what is reserved costs what was agreed', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        const state = stateOf({
          policy: { ...policy, reservationsAtATime: 10 },
          slots: [
            slot({ id: 'own' }),
            slot({ id: 'lent', ownerId: neighbour.id, lent: [{ start: NOW, end: NOW + 50 * HOUR }] }),
          ],
          accounts: [
            ...[resident, neighbour, manager].map(({ id }) => ({ id, balance: 12 })),
            ...['site', 'issuance'].map((id) => ({ id, balance: id === 'issuance' ? -36 : 0 })),
          ],
        });
        const bought = new Map<string, number>();
        for (const one of wishes) {
          const agreed = new Map([...state.reservations].map(([id, { price }]) => [id, price]));
          const decision = step(state, one);
          for (const change of decision?.status === 'applied' ? decision.changes : []) {
            if (change.table !== 'movements') continue;
            const { entries, topupId, kind } = change.row;
            expect(entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
            expect(entries.every(({ amount }) => amount !== 0)).toBe(true);
            expect(topupId !== null).toBe(kind === 'topup' || kind === 'topup_refund');
            if (topupId) bought.set(topupId, (bought.get(topupId) ?? 0) + entries[0]!.amount);
          }
          const balances = [...state.accounts.values()];
          expect(balances.reduce((sum, account) => sum + account.balance, 0)).toBe(0);
          expect(balances.every(({ id, balance: left }) => left >= 0 || id === 'issuance')).toBe(true);
          for (const [id, price] of agreed) {
            if (one.kind !== 'change') expect(state.reservations.get(id)?.price).toBe(price);
          }
        }
        for (const [id, topup] of state.topups) {
          // What a provider took back of what was spent stays made.
          const rest = bought.get(id) ?? 0;
          if (topup.state === 'paid') expect(rest).toBe(topup.credits);
          else expect(rest >= 0 && (topup.state === 'refunded' || rest === 0)).toBe(true);
        }
        const numbers = [...state.topups.values()].flatMap(({ receiptNumber }) => receiptNumber ?? []);
        expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, at) => at + 1));
      }),
      { numRuns: 300 },
    );
  });
});
