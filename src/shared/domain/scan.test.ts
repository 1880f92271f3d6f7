import { describe, expect, it } from 'vitest';
import type { Pass, ScanResult } from './entities';
import { codeOf, decideAs, guard, HOUR, NOW, resident, stateOf } from './testing';

const record = (scanId: string, result: ScanResult = 'valid', passId: string | null = 'p1') => ({
  op: 'scan.record@1' as const,
  args: { scanId, passId, gate: 1, scannedAt: NOW - HOUR, result, reason: '', code: 'UC1:…' },
});
const pass = (kind: Pass['kind']): Pass => ({
  id: 'p1',
  memberId: resident.id,
  reservationId: 'r1',
  slotLabel: 'A-03',
  clientId: null,
  holderKey: null,
  kind,
  notBefore: NOW,
  expiresAt: NOW + HOUR,
  status: 'valid',
});

describe('scan.record@1', () => {
  it('D4 records the fact with the guard’s time and the server’s', () => {
    const state = stateOf({ passes: [pass(0)] });
    expect(decideAs(state, guard, record('scan-1'))).toMatchObject({
      data: { passKnown: true, doubleUse: [] },
    });
    expect(state.scans.get('scan-1')).toMatchObject({ scannedAt: NOW - HOUR, recordedAt: NOW, counts: true });
  });

  it('D4 keeps both records of an offline double use and names the earlier one', () => {
    const state = stateOf({ passes: [pass(0)] });
    decideAs(state, guard, record('scan-1'));
    expect(decideAs(state, guard, record('scan-2'))).toMatchObject({
      data: { doubleUse: [{ scanId: 'scan-1' }] },
    });
    expect(state.scans.size).toBe(2);
  });

  it('D4 names the use of another pass of the same reservation', () => {
    const state = stateOf({
      passes: [
        { ...pass(0), status: 'revoked' },
        { ...pass(0), id: 'p2', clientId: 'phone', holderKey: 'key' },
        { ...pass(0), id: 'p3', reservationId: 'r2' },
      ],
    });
    decideAs(state, guard, record('scan-1', 'valid', 'p1'));
    expect(decideAs(state, guard, record('scan-2', 'valid', 'p2'))).toMatchObject({
      data: { doubleUse: [{ scanId: 'scan-1' }] },
    });
    expect(decideAs(state, guard, record('scan-3', 'valid', 'p3'))).toMatchObject({
      data: { doubleUse: [] },
    });
  });

  it('D4 lets a double visitor pass in twice', () => {
    const state = stateOf({ passes: [pass(2)] });
    decideAs(state, guard, record('scan-1'));
    expect(decideAs(state, guard, record('scan-2'))).toMatchObject({ data: { doubleUse: [] } });
    expect(decideAs(state, guard, record('scan-3'))).toMatchObject({ data: { doubleUse: [{}, {}] } });
  });

  it('D4 counts what let somebody in and nothing else', () => {
    const state = stateOf({ passes: [pass(0)] });
    for (const result of ['replay', 'forged', 'too_early', 'valid_provisional', 'override'] as const) {
      decideAs(state, guard, record(result, result));
    }
    expect([...state.scans.values()].filter(({ counts }) => counts).map(({ id }) => id)).toEqual([
      'valid_provisional',
      'override',
    ]);
  });

  it('D4 records what holds no known pass, and refuses only an id used before', () => {
    const state = stateOf({});
    expect(decideAs(state, guard, record('scan-1', 'forged', 'strange'))).toMatchObject({
      data: { passKnown: false },
    });
    expect(codeOf(decideAs(state, guard, record('scan-1')))).toBe('scan_exists');
    expect(codeOf(decideAs(state, resident, record('scan-2')))).toBe('role_forbidden');
  });
});
