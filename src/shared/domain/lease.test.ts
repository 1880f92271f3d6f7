import { describe, expect, it } from 'vitest';
import type { RefusalCode } from './intent';
import type { SitePolicy } from './policy';
import {
  codeOf,
  decideAs,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
  system,
} from './testing';

const window = { start: NOW + HOUR, end: NOW + 3 * HOUR };
const slots = [slot({ id: 's1' }), slot({ id: 's2' })];
const lease = (over: Partial<typeof window & { slotId: string; reservationId: string }> = {}) => ({
  op: 'reservation.lease@1' as const,
  args: { reservationId: 'r1', slotId: 's1', ...window, ...over },
});
const named = (op: 'reservation.confirm@1' | 'reservation.cancel@1' | 'reservation.settle@1') => ({
  op,
  args: { reservationId: 'r1' },
});

function leased(policy: Partial<SitePolicy> = {}) {
  const state = stateOf({ policy: { leasePrice: 1, ...policy }, slots });
  expect(codeOf(decideAs(state, resident, lease()))).toBe('applied');
  return state;
}
const balance = (state: ReturnType<typeof stateOf>) => state.accounts.get(resident.id)?.balance;

describe('reservation.lease@1', () => {
  it('X3 keeps the slot to the end of its window, paid, with a pass signed in advance', () => {
    const state = leased();
    expect(state.reservations.get('r1')).toMatchObject({ state: 'held', holdExpiresAt: window.end, cost: 3 });
    expect(balance(state)).toBe(47);
    expect([...state.passes.values()]).toMatchObject([{ status: 'valid', expiresAt: window.end }]);
    const other = {
      op: 'reservation.create@1' as const,
      args: { reservationId: 'r2', slotId: 's1', ...window },
    };
    expect(codeOf(decideAs(state, neighbour, other))).toBe('slot_taken');
  });

  const table: [string, RefusalCode | 'applied', Parameters<typeof stateOf>[0], ReturnType<typeof lease>][] =
    [
      ['where there are none', 'leases_off', { policy: { leaseTime: 0 } }, lease()],
      [
        'further ahead than the site keeps',
        'lease_too_far',
        { policy: { leaseTime: 3 * HOUR - 1 } },
        lease(),
      ],
      ['nothing at exactly that', 'applied', { policy: { leaseTime: 3 * HOUR } }, lease()],
      [
        'a second one',
        'too_many_leases',
        {
          policy: { reservationsAtATime: 2 },
          reservations: [
            reservation({ id: 'r0', slotId: 's2', state: 'held', holdExpiresAt: NOW + 2 * HOUR }),
          ],
        },
        lease(),
      ],
      [
        'beside as many reservations as one may have',
        'too_many_reservations',
        { reservations: [reservation({ id: 'r0', slotId: 's2' })] },
        lease(),
      ],
    ];
  it.each(table)('X3 refuses %s: %s', (_name, code, rows, intent) => {
    expect(codeOf(decideAs(stateOf({ slots, ...rows }), resident, intent))).toBe(code);
  });
});

describe('reservation.confirm@1', () => {
  it('X3 books a lease at no further cost, and says so again when asked again', () => {
    const state = leased();
    for (const now of [NOW + HOUR, NOW + 2 * HOUR]) {
      expect(decideAs(state, resident, named('reservation.confirm@1'), now)).toMatchObject({
        status: 'applied',
        data: { cost: 3 },
      });
    }
    expect(state.reservations.get('r1')).toMatchObject({ state: 'confirmed', holdExpiresAt: null });
    expect(balance(state)).toBe(47);
  });

  it('X3 honours a booking that arrives long after the lease has expired, and takes what it had given back', () => {
    const state = leased();
    decideAs(state, system, named('reservation.settle@1'), window.end);
    expect(state.reservations.get('r1')).toMatchObject({ state: 'expired', cost: 1 });
    expect(balance(state)).toBe(49);
    const late = window.end + 48 * HOUR;
    expect(codeOf(decideAs(state, resident, named('reservation.confirm@1'), late))).toBe('applied');
    expect(state.reservations.get('r1')).toMatchObject({ state: 'completed', cost: 3 });
    expect(balance(state)).toBe(47);
  });

  it('C5 a late booking never takes the balance below zero', () => {
    const state = leased();
    decideAs(state, system, named('reservation.settle@1'), window.end);
    state.accounts.set(resident.id, { id: resident.id, balance: 1 });
    decideAs(state, resident, named('reservation.confirm@1'), window.end + HOUR);
    expect(balance(state)).toBe(0);
    expect(state.reservations.get('r1')?.cost).toBe(2);
  });

  it.each([
    ['A6 another’s lease', neighbour, 'reservation_forbidden'],
    ['A6 another’s lease, a manager too', manager, 'reservation_forbidden'],
  ])('refuses %s', (_name, actor, code) => {
    expect(codeOf(decideAs(leased(), actor, named('reservation.confirm@1')))).toBe(code);
  });

  it('X3 refuses what its holder gave back', () => {
    const state = leased();
    expect(decideAs(state, resident, named('reservation.cancel@1'), NOW + 2 * HOUR)).toMatchObject({
      status: 'applied',
      data: { refund: 2, kept: 1 },
    });
    expect(balance(state)).toBe(49);
    expect(codeOf(decideAs(state, resident, named('reservation.confirm@1')))).toBe('reservation_ended');
  });

  it('X3 lets no other device of its holder end a lease whose pass is bound to one', () => {
    const holderKeys = [{ clientId: 'phone', memberId: resident.id, key: 'key', revokedAt: null }];
    const state = stateOf({ slots, holderKeys });
    decideAs(state, resident, lease(), NOW, 'phone');
    expect(codeOf(decideAs(state, resident, named('reservation.cancel@1'), NOW, 'desk'))).toBe('lease_held');
    expect(codeOf(decideAs(state, resident, named('reservation.cancel@1'), NOW, 'phone'))).toBe('applied');
  });

  it('X3 is paid again late at the price that was agreed', () => {
    const state = leased();
    decideAs(state, system, named('reservation.settle@1'), window.end);
    state.site = { ...state.site, policy: { ...state.site.policy, price: 10 } };
    decideAs(state, resident, named('reservation.confirm@1'), window.end + HOUR);
    expect(balance(state)).toBe(47);
  });

  it('X3 lets nobody but its holder end a lease: it may be booked already, without signal', () => {
    expect(codeOf(decideAs(leased(), manager, named('reservation.cancel@1')))).toBe('lease_held');
  });
});
