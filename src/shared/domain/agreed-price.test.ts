import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atNewPrice } from './agreed-price';
import type { DomainArgs, Intent } from './intent';
import type { SitePolicy } from './policy';
import { decideAs, HOUR, neighbour, NOW, reservation, resident, slot, stateOf, system } from './testing';

const lent = [{ start: NOW - HOUR, end: NOW + 48 * HOUR }];
const slots = [slot({ id: 's1' }), slot({ id: 's2' }), slot({ id: 's3', ownerId: neighbour.id, lent })];
const window = { start: NOW + HOUR, end: NOW + 2 * HOUR };
const args = { reservationId: 'r1', slotId: 's1', ...window };
/** Every day, from 14:00 to 20:00 UTC. */
const afternoon = [{ weekdays: [1, 2, 3, 4, 5, 6, 7], from: 15 * 60, until: 21 * 60, price: 9 }];
const placed = (op: 'reservation.create@1' | 'reservation.lease@1', most?: number): Intent => ({
  op,
  args: { ...args, most },
});
const changed = (to: Partial<DomainArgs['reservation.change@1']>): Intent => ({
  op: 'reservation.change@1',
  args: { ...args, ...to },
});
const confirmed = (most?: number): Intent => ({
  op: 'reservation.confirm@1',
  args: { reservationId: 'r1', most },
});
const isDearer = (most: number) => ({ status: 'refused', code: 'price_changed', data: { price: 9, most } });

const booked = reservation({ id: 'r1', slotId: 's1' });
const later = { start: NOW + 5 * HOUR, end: NOW + 6 * HOUR };

type Row = [string, Partial<SitePolicy>, Intent, object];
const made: Row[] = (['reservation.create@1', 'reservation.lease@1'] as const).flatMap((op): Row[] => [
  [`${op} at a price that has risen`, { price: 9 }, placed(op, 3), isDearer(3)],
  [`${op} at exactly what was agreed`, { price: 9 }, placed(op, 9), { data: { cost: 9 } }],
  [`${op} at a price that has fallen, which is paid`, { price: 2 }, placed(op, 9), { data: { cost: 2 } }],
  [`${op} of a build that names no price`, { price: 9 }, placed(op), { data: { cost: 9 } }],
  [`${op} that was free`, { price: 9 }, placed(op, 0), isDearer(0)],
]);
const moved: Row[] = [
  [
    'a change into dear hours, by what they cost now',
    { peakPrices: afternoon },
    changed({ ...later, most: 6 }),
    isDearer(6),
  ],
  [
    'a change at what they cost now',
    { peakPrices: afternoon },
    changed({ ...later, most: 9 }),
    { data: { cost: 9 } },
  ],
  ['a change that pays somebody else', { price: 9 }, changed({ slotId: 's3', most: 3 }), isDearer(3)],
  [
    'a change whose price stays, whatever the site’s is now',
    { price: 9 },
    changed({ slotId: 's2', most: 3 }),
    { data: { cost: 3 } },
  ],
  [
    'a change that costs nothing more than is agreed elsewhere',
    {},
    changed({ slotId: 's2', most: 1 }),
    { data: { cost: 3 } },
  ],
  ['a change of a build that names no price', { price: 9 }, changed({ slotId: 's3' }), { data: { cost: 9 } }],
];

describe('C5 no more than was agreed', () => {
  it.each([...made, ...moved])('C5 %s', (_name, policy, intent, expected) => {
    const reservations = intent.op === 'reservation.change@1' ? [booked] : [];
    const state = stateOf({ policy, slots, reservations });
    const decision = decideAs(state, resident, intent);
    expect(decision).toMatchObject(expected);
    const cost =
      decision.status === 'applied' ? Number(decision.data['cost']) - (reservations[0]?.cost ?? 0) : 0;
    expect(state.accounts.get(resident.id)?.balance).toBe(50 - cost);
  });

  it('C5 a harder no is told first: there is no use in agreeing to the price of what is taken', () => {
    const reservations = [reservation({ id: 'other', slotId: 's1', memberId: neighbour.id })];
    const state = stateOf({ policy: { price: 9 }, slots, reservations });
    expect(decideAs(state, resident, placed('reservation.create@1', 3))).toMatchObject({
      code: 'slot_taken',
    });
  });

  it('X3 a lease booked late is paid up to what it was taken at, also when prices have risen', () => {
    const dearer = (most: number) => {
      const state = stateOf({ policy: { leasePrice: 1 }, slots });
      decideAs(state, resident, placed('reservation.lease@1', 3));
      decideAs(state, system, { op: 'reservation.settle@1', args: { reservationId: 'r1' } }, window.end);
      state.site = { ...state.site, policy: { ...state.site.policy, price: 9 } };
      return decideAs(state, resident, confirmed(most), window.end + HOUR);
    };
    expect(dearer(3)).toMatchObject({ status: 'applied', data: { cost: 3 } });
    expect(dearer(2)).toMatchObject({ code: 'price_changed', data: { price: 3, most: 2 } });
  });

  it('A4 offers the same at its new price, and only then', () => {
    const state = stateOf({ policy: { price: 9 }, slots });
    const wish = placed('reservation.create@1', 3);
    const no = { status: 'refused', code: 'price_changed', data: { price: 9, most: 3 } } as const;
    const same = { slotId: 's1', label: 's1', ...window, cost: 9 };
    expect(atNewPrice(state, wish, no)).toEqual(same);
    expect(atNewPrice(state, wish, { ...no, code: 'slot_taken' })).toBeNull();
    expect(atNewPrice(state, confirmed(3), no)).toBeNull();
    expect(decideAs(state, resident, placed('reservation.create@1', same.cost))).toMatchObject({
      status: 'applied',
    });
  });

  const price = fc.nat(12);
  const hours = fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }))
    .map(([from, length]) => ({ start: NOW + from * HOUR, end: NOW + (from + length) * HOUR }));
  const step = fc.record({
    what: fc.constantFrom('create', 'lease', 'change', 'confirm', 'settle'),
    reservationId: fc.constantFrom('r1', 'r2', 'r3'),
    slotId: fc.constantFrom('s1', 's2', 's3'),
    hours,
    most: price,
    policy: fc.record({ price, leasePrice: price, peak: price }),
    pause: fc.nat(2 * HOUR),
  });

  function wishOf({
    what,
    reservationId,
    slotId,
    hours: range,
    most,
  }: typeof step extends fc.Arbitrary<infer S> ? S : never): Intent {
    const placing = { reservationId, slotId, ...range, most };
    if (what === 'create') return { op: 'reservation.create@1', args: placing };
    if (what === 'lease') return { op: 'reservation.lease@1', args: placing };
    if (what === 'change') return { op: 'reservation.change@1', args: placing };
    if (what === 'confirm') return { op: 'reservation.confirm@1', args: { reservationId, most } };
    return { op: 'reservation.settle@1', args: { reservationId } };
  }

  it('C5 no wish takes more than it names, through any history of prices', () => {
    let charged = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
        const state = stateOf({ policy: { reservationsAtATime: 3, leasesAtATime: 2 }, slots });
        let now = NOW;
        for (const one of steps) {
          now += one.pause;
          const { peak, ...prices } = one.policy;
          const peakPrices = afternoon.map((hoursOfDay) => ({ ...hoursOfDay, price: peak }));
          state.site = { ...state.site, policy: { ...state.site.policy, ...prices, peakPrices } };
          const before = state.accounts.get(resident.id)!.balance;
          decideAs(state, one.what === 'settle' ? system : resident, wishOf(one), now);
          const paid = before - state.accounts.get(resident.id)!.balance;
          if (paid <= 0) continue;
          charged++;
          expect(paid).toBeLessThanOrEqual(one.most);
          expect(state.reservations.get(one.reservationId)!.cost).toBeLessThanOrEqual(one.most);
        }
      }),
      { numRuns: 300 },
    );
    expect(charged).toBeGreaterThan(100);
  });
});
