import { describe, expect, it } from 'vitest';
import type { RefusalCode } from './intent';
import type { SitePolicy } from './policy';
import { lastUseKey } from './state';
import {
  codeOf,
  decideAs,
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
const create = (over: Partial<typeof window> = {}) => ({
  op: 'reservation.create@1' as const,
  args: { reservationId: 'r1', slotId: 's1', ...window, ...over },
});
const cancel = { op: 'reservation.cancel@1' as const, args: { reservationId: 'r1' } };

describe('the policy on making a reservation', () => {
  // NOW is 11:00 in Berlin.
  const table: [string, RefusalCode | 'applied', Partial<SitePolicy>, ReturnType<typeof create>][] = [
    ['a start within the lead time', 'window_too_soon', { leadTime: HOUR + 1 }, create()],
    ['nothing at exactly the lead time', 'applied', { leadTime: HOUR }, create()],
    ['nothing that has begun, without a lead time', 'applied', {}, create({ start: NOW - HOUR })],
    ['a start in quiet hours', 'window_quiet', { quietHours: { from: 720, until: 721 } }, create()],
    ['an end in quiet hours', 'window_quiet', { quietHours: { from: 779, until: 781 } }, create()],
    [
      'nothing that lasts through quiet hours',
      'applied',
      { quietHours: { from: 721, until: 780 } },
      create(),
    ],
  ];
  it.each(table)('C3 refuses %s: %s', (_name, code, policy, intent) => {
    expect(codeOf(decideAs(stateOf({ policy, slots: [slot({ id: 's1' })] }), resident, intent))).toBe(code);
  });

  it('C6 refuses the slot of an owner who has just used one’s own, until the pause is over', () => {
    const policy = { coolingOff: 24 * HOUR };
    const lent = [{ start: NOW, end: NOW + 24 * HOUR }];
    const slots = [slot({ id: 's1', ownerId: neighbour.id, lent })];
    const state = stateOf({ policy, slots });
    state.lastUses.set(lastUseKey(neighbour.id, resident.id), NOW - 23 * HOUR);
    expect(decideAs(state, resident, create())).toEqual({
      status: 'refused',
      code: 'mutual_cooling_off',
      data: { until: NOW + HOUR },
    });
    state.lastUses.set(lastUseKey(neighbour.id, resident.id), NOW - 24 * HOUR);
    expect(codeOf(decideAs(state, resident, create()))).toBe('applied');
  });

  it('C6 sees a use that was decided a moment before', () => {
    const lent = [{ start: NOW, end: NOW + 24 * HOUR }];
    const state = stateOf({
      policy: { coolingOff: HOUR },
      slots: [
        slot({ id: 's1', ownerId: neighbour.id, lent }),
        slot({ id: 's2', ownerId: resident.id, lent }),
      ],
    });
    const back = {
      op: 'reservation.create@1' as const,
      args: { reservationId: 'r2', slotId: 's2', ...window },
    };
    expect(codeOf(decideAs(state, resident, create()))).toBe('applied');
    expect(codeOf(decideAs(state, neighbour, back))).toBe('mutual_cooling_off');
  });
});

describe('the policy on cancelling', () => {
  const policy = { cancelCutOff: 2 * HOUR, lateCancelCharge: 2 };
  const reserved = () =>
    stateOf({
      policy,
      slots: [slot({ id: 's1' })],
      reservations: [reservation({ id: 'r1', slotId: 's1', start: NOW + 2 * HOUR, end: NOW + 3 * HOUR })],
      accounts: [
        { id: resident.id, balance: 10 },
        { id: SITE_ID, balance: 3 },
      ],
    });

  it.each([
    ['in time gives all back', NOW, { refund: 3, kept: 0 }, 13],
    ['late keeps the charge', NOW + 1, { refund: 1, kept: 2 }, 11],
  ])('C3 %s', (_name, now, data, balance) => {
    const state = reserved();
    expect(decideAs(state, resident, cancel, now)).toMatchObject({ status: 'applied', data });
    expect(state.accounts.get(resident.id)?.balance).toBe(balance);
    expect(state.reservations.get('r1')).toMatchObject({ state: 'cancelled', cost: data.kept });
  });

  it('C3 charges nobody for what the manager cancels', () => {
    expect(decideAs(reserved(), manager, cancel, NOW + 1)).toMatchObject({ data: { refund: 3, kept: 0 } });
  });

  it('C3 never keeps more than the cost', () => {
    const state = reserved();
    state.site = { ...state.site, policy: { ...state.site.policy, lateCancelCharge: 99 } };
    expect(decideAs(state, resident, cancel, NOW + 1)).toMatchObject({ data: { refund: 0, kept: 3 } });
  });
});

describe('site.set_policy@1', () => {
  const set = (changes: Partial<SitePolicy>) => ({ op: 'site.set_policy@1' as const, args: { changes } });

  it('C3 is the manager’s, keeps what it does not name and counts from the next intent on', () => {
    const state = stateOf({ slots: [slot({ id: 's1' })] });
    expect(codeOf(decideAs(state, resident, set({ maximumLength: HOUR / 2 })))).toBe('role_forbidden');
    expect(codeOf(decideAs(state, manager, set({ maximumLength: HOUR / 2, price: 7 })))).toBe('applied');
    expect(state.site.policy).toMatchObject({ maximumLength: HOUR / 2, price: 7, startingCredits: 50 });
    expect(codeOf(decideAs(state, resident, create()))).toBe('window_too_long');
  });
});
