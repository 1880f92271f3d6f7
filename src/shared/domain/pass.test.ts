import { describe, expect, it } from 'vitest';
import type { Pass, ScanResult } from './entities';
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
} from './testing';

const bind = (reservationId: string | null, holderKey = 'phone-key') => ({
  op: 'pass.bind@1' as const,
  args: { holderKey, reservationId },
});
let scans = 0;
const scan = (passId: string, result: ScanResult = 'valid') => ({
  op: 'scan.record@1' as const,
  args: {
    scanId: `scan-${String(scans++)}`,
    ...{ passId, gate: 1, scannedAt: NOW, result, reason: '', code: 'UC1:…' },
  },
});
const pass = (fields: Partial<Pass>): Pass => ({
  id: 'p1',
  memberId: resident.id,
  reservationId: 'r1',
  visitorPassId: null,
  plate: '',
  slotLabel: 's1',
  clientId: null,
  holderKey: null,
  kind: 0,
  notBefore: NOW,
  expiresAt: NOW + HOUR,
  status: 'valid',
  ...fields,
});
const withPass = (current: Pass, fields = {}) =>
  stateOf({
    slots: [slot({ id: 's1' })],
    reservations: [reservation({ id: 'r1', slotId: 's1', ...fields })],
    passes: [current],
  });
const validKeys = (state: ReturnType<typeof stateOf>) =>
  [...state.passes.values()].filter(({ status }) => status === 'valid').map(({ holderKey }) => holderKey);

describe('pass.bind@1', () => {
  it('X1 takes a static pass and revokes its static form', () => {
    const state = withPass(pass({}));
    expect(codeOf(decideAs(state, resident, bind(null), NOW, 'phone'))).toBe('applied');
    expect(validKeys(state)).toEqual(['phone-key']);
    expect(state.passes.get('p1')?.status).toBe('revoked');
    expect(state.holderKeys.get('phone')?.key).toBe('phone-key');
  });

  it('X1 leaves a pass with the device that holds it, unless it is named', () => {
    const state = withPass(pass({ clientId: 'phone', holderKey: 'old' }));
    decideAs(state, resident, bind(null, 'desk-key'), NOW, 'desk');
    expect(validKeys(state)).toEqual(['old']);
    decideAs(state, resident, bind('r1', 'desk-key'), NOW, 'desk');
    expect(validKeys(state)).toEqual(['desk-key']);
  });

  it('X1 renews a pass of the same device whose key was lost, and is idempotent after', () => {
    const state = withPass(pass({ clientId: 'phone', holderKey: 'lost' }));
    expect(decideAs(state, resident, bind(null), NOW, 'phone')).toMatchObject({
      data: { passIds: [expect.any(String)] },
    });
    expect(decideAs(state, resident, bind(null), NOW, 'phone')).toMatchObject({ data: { passIds: [] } });
    expect(validKeys(state)).toEqual(['phone-key']);
  });

  it('D4 refuses to move a pass that has let somebody in, and leaves it and the key as they are', () => {
    const state = withPass(pass({ clientId: 'phone', holderKey: 'old' }));
    decideAs(state, guard, scan('p1'));
    expect(decideAs(state, resident, bind('r1', 'desk-key'), NOW, 'desk')).toEqual({
      status: 'refused',
      code: 'pass_used',
      data: {},
    });
    expect(validKeys(state)).toEqual(['old']);
    expect(state.holderKeys.size).toBe(0);
  });

  it('D4 counts the uses of the reservation, also those of a pass that was revoked since', () => {
    const state = withPass(pass({}));
    decideAs(state, resident, bind('r1', 'first-key'), NOW, 'first');
    decideAs(state, guard, scan('p1'));
    expect(codeOf(decideAs(state, resident, bind('r1', 'second-key'), NOW, 'second'))).toBe('pass_used');
    expect(validKeys(state)).toEqual(['first-key']);
  });

  it('D4 registers the key of an unnamed bind and leaves a used pass alone', () => {
    const state = withPass(pass({ clientId: 'phone', holderKey: 'lost' }));
    decideAs(state, guard, scan('p1'));
    expect(decideAs(state, resident, bind(null), NOW, 'phone')).toMatchObject({ data: { passIds: [] } });
    expect(validKeys(state)).toEqual(['lost']);
    expect(state.holderKeys.get('phone')?.key).toBe('phone-key');
  });

  it('D4 moves a pass that was read but let nobody in, and a double pass used once', () => {
    const read = withPass(pass({}));
    decideAs(read, guard, scan('p1', 'replay'));
    expect(codeOf(decideAs(read, resident, bind('r1')))).toBe('applied');
    const double = withPass(pass({ kind: 2 }));
    decideAs(double, guard, scan('p1'));
    expect(codeOf(decideAs(double, resident, bind('r1')))).toBe('applied');
    expect([...double.passes.values()].find(({ status }) => status === 'valid')?.kind).toBe(2);
  });

  it('A6 refuses another’s reservation, one that is over, and one that does not exist', () => {
    expect(codeOf(decideAs(withPass(pass({})), neighbour, bind('r1')))).toBe('reservation_forbidden');
    expect(codeOf(decideAs(withPass(pass({}), { state: 'cancelled' }), resident, bind('r1')))).toBe(
      'reservation_ended',
    );
    expect(codeOf(decideAs(stateOf({}), resident, bind('r1')))).toBe('reservation_not_found');
  });
});
