import { describe, expect, it } from 'vitest';
import type { Pass, Reservation } from './entities';
import type { SitePolicy } from './policy';
import {
  codeOf,
  decideAs,
  guard,
  HOUR,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
  system,
} from './testing';

const settle = { op: 'reservation.settle@1' as const, args: { reservationId: 'r1' } };
const over = reservation({
  id: 'r1',
  slotId: 's1',
  start: NOW - 2 * HOUR,
  end: NOW,
  receiverAccountId: neighbour.id,
});
const pass: Pass = {
  id: 'p1',
  memberId: resident.id,
  reservationId: 'r1',
  visitorPassId: null,
  plate: '',
  slotLabel: 's1',
  clientId: null,
  holderKey: null,
  kind: 0,
  notBefore: over.start,
  expiresAt: over.end,
  status: 'valid',
};
const shown = (scanId: string) => ({
  op: 'scan.record@1' as const,
  args: {
    scanId,
    passId: 'p1',
    gate: 1,
    scannedAt: NOW - HOUR,
    result: 'valid' as const,
    reason: '',
    code: '',
  },
});

function stateWith(policy: Partial<SitePolicy>, row: Partial<Reservation> = {}) {
  return stateOf({
    policy,
    slots: [slot({ id: 's1' })],
    reservations: [{ ...over, ...row }],
    passes: [pass],
  });
}
const stateAfter = (state: ReturnType<typeof stateOf>) => state.reservations.get('r1')?.state;
const balances = (state: ReturnType<typeof stateOf>) => [
  state.accounts.get(resident.id)?.balance,
  state.accounts.get(neighbour.id)?.balance,
];
const tracking = { tracksNoShows: true, noShowCharge: 4 };

describe('reservation.settle@1', () => {
  it('C3 completes what is over where nobody looks who came', () => {
    const state = stateWith({ noShowCharge: 4 });
    expect(codeOf(decideAs(state, system, settle))).toBe('applied');
    expect(state.reservations.get('r1')).toMatchObject({ state: 'completed', endedAt: NOW, charge: 0 });
    expect(balances(state)).toEqual([50, 50]);
  });

  it('C3 charges a no-show, to the one whose slot stood empty', () => {
    const state = stateWith(tracking);
    expect(codeOf(decideAs(state, system, settle))).toBe('applied');
    expect(state.reservations.get('r1')).toMatchObject({ state: 'no_show', charge: 4 });
    expect(balances(state)).toEqual([46, 54]);
  });

  it('C5 charges a no-show no more than there is', () => {
    const state = stateWith(tracking);
    state.accounts.set(resident.id, { id: resident.id, balance: 1 });
    decideAs(state, system, settle);
    expect(balances(state)).toEqual([0, 51]);
    expect(state.reservations.get('r1')?.charge).toBe(1);
  });

  it('C3 completes what somebody was let in on', () => {
    const state = stateWith(tracking);
    decideAs(state, guard, shown('scan'));
    decideAs(state, system, settle);
    expect(stateAfter(state)).toBe('completed');
  });

  it('D4 a scan that arrives late takes a no-show and its charge back, once', () => {
    const state = stateWith(tracking);
    decideAs(state, system, settle);
    for (const scanId of ['scan', 'again'])
      expect(codeOf(decideAs(state, guard, shown(scanId)))).toBe('applied');
    expect(state.reservations.get('r1')).toMatchObject({ state: 'completed', charge: 0 });
    expect(balances(state)).toEqual([50, 50]);
  });

  it('X3 a scan books a lease', () => {
    const state = stateWith({}, { state: 'held', holdExpiresAt: NOW + HOUR, end: NOW + HOUR });
    decideAs(state, guard, shown('scan'));
    expect(stateAfter(state)).toBe('confirmed');
  });

  it('X3 gives an unbooked lease back but for its price', () => {
    const state = stateWith({ leasePrice: 1, ...tracking }, { state: 'held', holdExpiresAt: NOW });
    decideAs(state, system, settle);
    expect(state.reservations.get('r1')).toMatchObject({ state: 'expired', cost: 1, charge: 0 });
    expect(balances(state)).toEqual([52, 48]);
  });

  it.each([
    ['what is not over', { end: NOW + 1 }, 'reservation_running'],
    ['what is settled', { state: 'completed' as const }, 'reservation_ended'],
    ['what is cancelled', { state: 'cancelled' as const }, 'reservation_ended'],
  ])('C3 refuses %s', (_name, row, code) => {
    expect(codeOf(decideAs(stateWith({}, row), system, settle))).toBe(code);
  });

  it.each([resident, guard])('D1 refuses everybody but the site itself', (actor) => {
    expect(codeOf(decideAs(stateWith({}), actor, settle))).toBe('role_forbidden');
  });
});
