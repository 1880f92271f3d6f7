import { describe, expect, it } from 'vitest';
import type { RefusalCode } from './intent';
import {
  codeOf,
  decideAs,
  guard,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  SITE_ID,
  slot,
  stateOf,
} from './testing';

const window = { start: NOW + HOUR, end: NOW + 2 * HOUR };
const create = (
  over: Partial<{ slotId: string; start: number; end: number; reservationId: string }> = {},
) => ({
  op: 'reservation.create@1' as const,
  args: { reservationId: 'r1', slotId: 's1', ...window, ...over },
});
const cancel = (reservationId = 'r1') => ({ op: 'reservation.cancel@1' as const, args: { reservationId } });
const lentAllDay = [{ start: NOW, end: NOW + 24 * HOUR }];

describe('reservation.create@1', () => {
  it('A4 confirms, moves 3 credits to the owner and makes a pass for the window', () => {
    const state = stateOf({ slots: [slot({ id: 's1', ownerId: neighbour.id, lent: lentAllDay })] });
    const decision = decideAs(state, resident, create());
    expect(decision).toMatchObject({ status: 'applied', data: { cost: 3 } });
    expect(state.reservations.get('r1')).toMatchObject({
      state: 'confirmed',
      memberId: resident.id,
      ...window,
    });
    expect(state.accounts.get(resident.id)?.balance).toBe(47);
    expect(state.accounts.get(neighbour.id)?.balance).toBe(53);
    expect([...state.passes.values()]).toMatchObject([
      {
        reservationId: 'r1',
        notBefore: window.start,
        expiresAt: window.end,
        holderKey: null,
        status: 'valid',
      },
    ]);
  });

  it('C5 pays the site for the site’s own slot', () => {
    const state = stateOf({ slots: [slot({ id: 's1' })] });
    decideAs(state, resident, create());
    expect(state.accounts.get(SITE_ID)?.balance).toBe(3);
  });

  it('C3 accepts a window that has begun, for an intent made in time offline', () => {
    const state = stateOf({ slots: [slot({ id: 's1' })] });
    expect(codeOf(decideAs(state, resident, create({ start: NOW - HOUR, end: NOW + 1 })))).toBe('applied');
  });

  it('D3 binds the pass to the device’s key, and never to another member’s', () => {
    for (const [memberId, bound] of [
      [resident.id, 'key'],
      [neighbour.id, null],
    ] as const) {
      const holderKeys = [{ clientId: 'client', memberId, key: 'key', revokedAt: null }];
      const state = stateOf({ slots: [slot({ id: 's1' })], holderKeys });
      decideAs(state, resident, create());
      expect([...state.passes.values()][0]?.holderKey).toBe(bound);
    }
  });

  const other = reservation({ id: 'other', slotId: 's1', memberId: neighbour.id, ...window });
  const table: [string, RefusalCode | 'applied', Parameters<typeof stateOf>[0], ReturnType<typeof create>][] =
    [
      [
        'A4 an overlap',
        'slot_taken',
        { reservations: [other] },
        create({ start: window.end - 1, end: window.end + HOUR }),
      ],
      [
        'A4 nothing when windows only touch',
        'applied',
        { reservations: [other] },
        create({ start: window.end, end: window.end + HOUR }),
      ],
      [
        'A4 nothing over a cancelled reservation',
        'applied',
        { reservations: [{ ...other, state: 'cancelled' }] },
        create(),
      ],
      ['A4 a slot that does not exist', 'slot_not_found', {}, create({ slotId: 'nowhere' })],
      [
        'A4 an id used before',
        'reservation_exists',
        { reservations: [{ ...other, id: 'r1', state: 'cancelled' }] },
        create(),
      ],
      ['C3 an end before the start', 'window_invalid', {}, create({ start: window.end, end: window.start })],
      ['C3 an empty window', 'window_invalid', {}, create({ end: window.start })],
      ['C3 a window that is over', 'window_past', {}, create({ start: NOW - HOUR, end: NOW })],
      [
        'C3 more than the maximum length',
        'window_too_long',
        {},
        create({ end: window.start + 24 * HOUR + 1 }),
      ],
      [
        'C3 an end past the horizon',
        'window_too_far',
        {},
        create({ start: NOW + 30 * 24 * HOUR - 1, end: NOW + 30 * 24 * HOUR + 1 }),
      ],
      [
        'C3 one more than the site allows',
        'too_many_reservations',
        { reservations: [{ ...other, memberId: resident.id, slotId: 's2' }] },
        create(),
      ],
      [
        'C3 nothing after an own reservation has ended',
        'applied',
        { reservations: [{ ...other, memberId: resident.id, slotId: 's2', start: NOW - HOUR, end: NOW }] },
        create(),
      ],
      [
        'C3 the own slot',
        'own_slot',
        { slots: [slot({ id: 's1', ownerId: resident.id, lent: lentAllDay })] },
        create(),
      ],
      [
        'C1 a window that is lent in part',
        'slot_not_lent',
        {
          slots: [
            slot({ id: 's1', ownerId: neighbour.id, lent: [{ start: window.start, end: window.end - 1 }] }),
          ],
        },
        create(),
      ],
      ['C5 too few credits', 'credits_short', { accounts: [{ id: resident.id, balance: 2 }] }, create()],
      [
        'C5 nothing when the last credits are enough',
        'applied',
        { accounts: [{ id: resident.id, balance: 3 }] },
        create(),
      ],
    ];
  it.each(table)('refuses %s: %s', (_name, code, rows, intent) => {
    const state = stateOf({ slots: [slot({ id: 's1' }), slot({ id: 's2' })], ...rows });
    const before = structuredClone(state);
    expect(codeOf(decideAs(state, resident, intent))).toBe(code);
    if (code !== 'applied') expect(state).toEqual(before);
  });

  it('C1 says no list of windows when a time is not lent', () => {
    const state = stateOf({ slots: [slot({ id: 's1', ownerId: neighbour.id, lent: [] })] });
    expect(decideAs(state, resident, create())).toEqual({
      status: 'refused',
      code: 'slot_not_lent',
      data: {},
    });
  });

  it('D1 refuses a guard', () => {
    expect(codeOf(decideAs(stateOf({ slots: [slot({ id: 's1' })] }), guard, create()))).toBe(
      'role_forbidden',
    );
  });
});

describe('reservation.cancel@1', () => {
  it('C5 gives the cost back and revokes the pass', () => {
    const state = stateOf({ slots: [slot({ id: 's1', ownerId: neighbour.id, lent: lentAllDay })] });
    decideAs(state, resident, create());
    expect(decideAs(state, resident, cancel())).toMatchObject({ status: 'applied', data: { refund: 3 } });
    expect(state.accounts.get(resident.id)?.balance).toBe(50);
    expect(state.accounts.get(neighbour.id)?.balance).toBe(50);
    expect(state.reservations.get('r1')).toMatchObject({ state: 'cancelled', endedAt: NOW });
    expect([...state.passes.values()].map((pass) => pass.status)).toEqual(['revoked']);
  });

  it('C5 never takes the receiver below zero: the issuance account stands in', () => {
    const state = stateOf({
      slots: [slot({ id: 's1' })],
      reservations: [reservation({ id: 'r1', slotId: 's1', receiverAccountId: neighbour.id })],
      accounts: [
        { id: resident.id, balance: 0 },
        { id: neighbour.id, balance: 1 },
        { id: 'issuance', balance: -100 },
      ],
    });
    decideAs(state, resident, cancel());
    expect([...state.accounts.values()].map(({ balance }) => balance)).toEqual([3, 0, -102]);
  });

  const table: [string, RefusalCode | 'applied', Partial<ReturnType<typeof reservation>>, typeof resident][] =
    [
      ['A6 another’s reservation', 'reservation_forbidden', {}, neighbour],
      ['C3 nothing to the manager', 'applied', {}, manager],
      ['C3 a reservation that has started', 'reservation_started', { start: NOW }, resident],
      ['C3 nothing a millisecond before the start', 'applied', { start: NOW + 1 }, resident],
      ['C3 a reservation that is over', 'reservation_ended', { start: NOW - HOUR, end: NOW }, resident],
      ['C3 a cancelled reservation', 'reservation_ended', { state: 'cancelled' }, resident],
    ];
  it.each(table)('refuses %s: %s', (_name, code, fields, actor) => {
    const state = stateOf({
      slots: [slot({ id: 's1' })],
      reservations: [reservation({ id: 'r1', slotId: 's1', ...fields })],
    });
    expect(codeOf(decideAs(state, actor, cancel()))).toBe(code);
  });

  it('A6 says when there is no such reservation', () => {
    expect(codeOf(decideAs(stateOf({}), resident, cancel('nothing')))).toBe('reservation_not_found');
  });
});
