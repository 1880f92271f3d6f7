import { describe, expect, it } from 'vitest';
import type { Pass, Scan } from './entities';
import type { RefusalCode } from './intent';
import { lastUseKey } from './state';
import {
  codeOf,
  decideAs,
  HOUR,
  neighbour,
  NOW,
  reservation,
  resident,
  SITE_ID,
  slot,
  stateOf,
} from './testing';

const lent = [{ start: NOW - HOUR, end: NOW + 24 * HOUR }];
const slots = [slot({ id: 's1' }), slot({ id: 's2' }), slot({ id: 's3', ownerId: neighbour.id, lent })];
const booked = reservation({ id: 'r1', slotId: 's1' });
const change = (
  over: Partial<{ slotId: string; start: number; end: number; reservationId: string }> = {},
) => ({
  op: 'reservation.change@1' as const,
  args: { reservationId: 'r1', slotId: 's1', start: booked.start, end: booked.end, ...over },
});
const pass: Pass = {
  id: 'p1',
  memberId: resident.id,
  reservationId: 'r1',
  visitorPassId: null,
  plate: '',
  slotLabel: 's1',
  clientId: 'phone',
  holderKey: 'key',
  kind: 0,
  notBefore: booked.start,
  expiresAt: booked.end,
  status: 'valid',
};
const scan: Scan = {
  id: 'scan',
  passId: 'p1',
  direction: 'entry',
  undoes: null,
  journal: null,
  guardId: 'guard',
  clientId: 'gate',
  gate: 1,
  scannedAt: NOW,
  recordedAt: NOW,
  result: 'valid',
  counts: true,
  reason: '',
  code: '',
};

describe('reservation.change@1', () => {
  it.each([
    ['extends', { end: booked.end + HOUR }],
    ['shortens', { end: booked.end - HOUR / 2 }],
    [
      'moves to another window, its own old one included',
      { start: booked.start + HOUR / 2, end: booked.end + HOUR / 2 },
    ],
    ['moves to another slot', { slotId: 's2' }],
  ])('C3 %s in one step, at the same price, with a new pass on the same device', (_name, to) => {
    const state = stateOf({ slots, reservations: [booked], passes: [pass] });
    const decision = decideAs(state, resident, change(to), NOW, 'desk');
    expect(decision).toMatchObject({ status: 'applied', data: { cost: 3 } });
    const after = { slotId: 's1', start: booked.start, end: booked.end, ...to };
    expect(state.reservations.get('r1')).toMatchObject({ ...after, state: 'confirmed', cost: 3 });
    expect(state.accounts.get(resident.id)?.balance).toBe(50);
    expect([...state.passes.values()]).toMatchObject([
      { id: 'p1', status: 'revoked' },
      {
        status: 'valid',
        visitorPassId: null,
        plate: '',
        slotLabel: after.slotId,
        notBefore: after.start,
        expiresAt: after.end,
        clientId: 'phone',
        holderKey: 'key',
      },
    ]);
  });

  it('C3 moves the price to the owner of the new slot, at today’s', () => {
    const state = stateOf({
      policy: { price: 5 },
      slots,
      reservations: [booked],
      accounts: [
        { id: resident.id, balance: 2 },
        { id: neighbour.id, balance: 0 },
        { id: SITE_ID, balance: 3 },
      ],
    });
    expect(codeOf(decideAs(state, resident, change({ slotId: 's3' })))).toBe('applied');
    expect([...state.accounts.values()].map(({ balance }) => balance)).toEqual([0, 5, 0]);
    expect(state.reservations.get('r1')).toMatchObject({ cost: 5, receiverAccountId: neighbour.id });
  });

  it('D4 keeps a pass that has let somebody in: the car is inside', () => {
    const running = { ...booked, start: NOW - HOUR };
    const state = stateOf({ slots, reservations: [running], passes: [pass], scans: [scan] });
    const extend = change({ start: running.start, end: booked.end + HOUR });
    expect(decideAs(state, resident, extend)).toMatchObject({ status: 'applied', data: { passId: null } });
    expect([...state.passes.values()]).toEqual([pass]);
  });

  const other = reservation({
    id: 'other',
    slotId: 's1',
    memberId: neighbour.id,
    start: booked.end,
    end: booked.end + HOUR,
  });
  const running = { ...booked, start: NOW - HOUR };
  const table: [string, RefusalCode | 'applied', Parameters<typeof stateOf>[0], ReturnType<typeof change>][] =
    [
      [
        'A6 another’s reservation',
        'reservation_forbidden',
        { reservations: [{ ...booked, memberId: neighbour.id }] },
        change(),
      ],
      ['A6 what is not there', 'reservation_not_found', {}, change({ reservationId: 'nothing' })],
      ['A4 an overlap', 'slot_taken', { reservations: [booked, other] }, change({ end: booked.end + 1 })],
      [
        'A4 nothing that only touches',
        'applied',
        { reservations: [booked, other] },
        change({ start: booked.start + 1 }),
      ],
      [
        'C3 what is over',
        'reservation_ended',
        { reservations: [{ ...booked, start: NOW - HOUR, end: NOW }] },
        change({ end: NOW + HOUR }),
      ],
      [
        'C3 what is cancelled',
        'reservation_ended',
        { reservations: [{ ...booked, state: 'cancelled' }] },
        change(),
      ],
      [
        'X3 a lease',
        'lease_not_booked',
        { reservations: [{ ...booked, state: 'held', holdExpiresAt: booked.end }] },
        change(),
      ],
      ['C3 another start once it has begun', 'reservation_begun', { reservations: [running] }, change()],
      [
        'C3 another slot once it has begun',
        'reservation_begun',
        { reservations: [running] },
        change({ start: running.start, slotId: 's2' }),
      ],
      [
        'C3 nothing about another end once it has begun',
        'applied',
        { reservations: [running] },
        change({ start: running.start, end: NOW + 1 }),
      ],
      [
        'C3 an end that is over',
        'window_past',
        { reservations: [running] },
        change({ start: running.start, end: NOW }),
      ],
      [
        'C3 more than the maximum length',
        'window_too_long',
        {},
        change({ end: booked.start + 24 * HOUR + 1 }),
      ],
      [
        'C1 a window that is not lent',
        'slot_not_lent',
        {},
        change({ slotId: 's3', start: NOW + 24 * HOUR, end: NOW + 25 * HOUR }),
      ],
      [
        'C5 too few credits for another’s slot',
        'credits_short',
        { policy: { price: 6 }, accounts: [{ id: resident.id, balance: 2 }] },
        change({ slotId: 's3' }),
      ],
      [
        'C3 nothing when only what it had already is in quiet hours',
        'applied',
        { policy: { quietHours: { from: 720, until: 721 } } },
        change({ end: booked.end + HOUR }),
      ],
      [
        'C3 nothing when only what it had already is too soon',
        'applied',
        { policy: { leadTime: 2 * HOUR } },
        change({ end: booked.end + HOUR }),
      ],
    ];
  it('C3 is no way around a late cancellation’s charge', () => {
    const policy = { cancelCutOff: 2 * HOUR, lateCancelCharge: 2 };
    const later = { start: booked.start + 24 * HOUR, end: booked.end + 24 * HOUR };
    const rows = { policy, slots, reservations: [booked], passes: [pass] };
    expect(codeOf(decideAs(stateOf(rows), resident, change(later)))).toBe('reservation_late');
    expect(codeOf(decideAs(stateOf(rows), resident, change({ slotId: 's2' })))).toBe('applied');
    expect(codeOf(decideAs(stateOf(rows), resident, change({ end: booked.end + HOUR })))).toBe('applied');
  });

  it('C3 shortens what rules that came later would not let anybody make', () => {
    const state = stateOf({
      policy: { maximumLength: HOUR / 4, horizon: HOUR, coolingOff: HOUR },
      slots,
      reservations: [{ ...booked, slotId: 's3', receiverAccountId: neighbour.id }],
      passes: [pass],
    });
    state.lastUses.set(lastUseKey(neighbour.id, resident.id), NOW);
    const shorter = change({ slotId: 's3', end: booked.end - HOUR / 2 });
    expect(codeOf(decideAs(state, resident, shorter))).toBe('applied');
  });

  it.each(table)('refuses %s: %s', (_name, code, rows, intent) => {
    const state = stateOf({ slots, reservations: [booked], passes: [pass], ...rows });
    const before = structuredClone(state);
    expect(codeOf(decideAs(state, resident, intent))).toBe(code);
    if (code !== 'applied') expect(state).toEqual(before);
  });
});

describe('C5 a change and the hours of the day', () => {
  // 2026-03-02 in Berlin: NOW is 11:00 on a Monday; the reservation is from 12:00 to 13:00.
  const evening = { weekdays: [1], from: 17 * 60, until: 19 * 60, price: 5 };
  const policy = { price: 3, peakPrices: [evening] };
  const state = () => stateOf({ policy, slots, reservations: [booked] });

  it('C5 moved into dearer hours pays what they cost more, moved out again gets nothing back', () => {
    const after = state();
    const later = { start: NOW + 6 * HOUR, end: NOW + 7 * HOUR };
    expect(decideAs(after, resident, change(later))).toMatchObject({ status: 'applied', data: { cost: 5 } });
    expect(after.reservations.get('r1')).toMatchObject({ price: 5, cost: 5 });
    expect(after.accounts.get(resident.id)?.balance).toBe(48);
    decideAs(after, resident, change());
    expect(after.reservations.get('r1')).toMatchObject({ price: 5, cost: 5 });
    expect(after.accounts.get(resident.id)?.balance).toBe(48);
    // And back again: that has been paid.
    decideAs(after, resident, change(later));
    expect(after.reservations.get('r1')).toMatchObject({ ...later, price: 5, cost: 5 });
    expect(after.accounts.get(resident.id)?.balance).toBe(48);
  });

  it('C5 is refused without the credits for that, and agreed prices stay when the policy becomes another', () => {
    const poor = state();
    poor.accounts.set(resident.id, { id: resident.id, balance: 1 });
    const later = { start: NOW + 6 * HOUR, end: NOW + 7 * HOUR };
    expect(codeOf(decideAs(poor, resident, change(later)))).toBe('credits_short');
    const dearer = stateOf({ policy: { price: 9, peakPrices: [] }, slots, reservations: [booked] });
    decideAs(dearer, resident, change({ end: booked.end + HOUR }));
    expect(dearer.reservations.get('r1')).toMatchObject({ price: 3, cost: 3 });
  });

  it('C5 on another owner’s slot costs what its hours cost', () => {
    const after = state();
    const later = { slotId: 's3', start: NOW + 6 * HOUR, end: NOW + 7 * HOUR };
    expect(decideAs(after, resident, change(later))).toMatchObject({ status: 'applied', data: { cost: 5 } });
    expect(after.accounts.get(resident.id)?.balance).toBe(48);
    expect(after.accounts.get(neighbour.id)?.balance).toBe(55);
  });
});
