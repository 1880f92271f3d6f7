import { describe, expect, it } from 'vitest';
import type { Pass, ScanResult } from './entities';
import type { DomainArgs } from './intent';
import { usesOf } from './pass-uses';
import { codeOf, decideAs, guard, HOUR, manager, NOW, resident, stateOf } from './testing';

const record = (scanId: string, result: ScanResult = 'valid', passId: string | null = 'p1') => ({
  op: 'scan.record@1' as const,
  args: { scanId, passId, gate: 1, scannedAt: NOW - HOUR, result, reason: '', code: 'UC1:…' },
});
const pass = (kind: Pass['kind']): Pass => ({
  id: 'p1',
  memberId: resident.id,
  reservationId: 'r1',
  visitorPassId: null,
  plate: '',
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

describe('scan.record@2', () => {
  const scan = (scanId: string, fields: Partial<DomainArgs['scan.record@2']> = {}) => ({
    op: 'scan.record@2' as const,
    args: {
      ...record(scanId).args,
      direction: 'entry' as const,
      undoes: null,
      journal: null,
      ...fields,
    },
  });
  const takenBack = (scanId: string, undoes: string, after: number) =>
    scan(scanId, { result: 'undone', undoes, scannedAt: NOW - HOUR + after });

  it('D4 lets a resident in again once the car has left, whichever gate was heard of first', () => {
    for (const first of ['entry', 'exit'] as const) {
      const state = stateOf({ passes: [pass(0)] });
      const second = first === 'entry' ? 'exit' : 'entry';
      const times = { entry: NOW - HOUR, exit: NOW - HOUR + 1000 };
      decideAs(state, guard, scan('scan-1', { direction: first, scannedAt: times[first] }));
      decideAs(state, guard, scan('scan-2', { direction: second, scannedAt: times[second] }));
      const later = { scannedAt: NOW - HOUR + 2000 };
      expect(decideAs(state, guard, scan('scan-3', later))).toMatchObject({ data: { doubleUse: [] } });
      expect(decideAs(state, guard, scan('scan-4', later))).toMatchObject({ data: { doubleUse: [{}] } });
    }
  });

  it('D4 an exit uses nothing up, and a visitor who left has still come', () => {
    const state = stateOf({ passes: [pass(1)] });
    decideAs(state, guard, scan('scan-1'));
    expect(decideAs(state, guard, scan('scan-2', { direction: 'exit' }))).toMatchObject({
      data: { doubleUse: [] },
    });
    expect(state.scans.get('scan-2')?.counts).toBe(false);
    expect(decideAs(state, guard, scan('scan-3'))).toMatchObject({
      data: { doubleUse: [{ scanId: 'scan-1' }] },
    });
  });

  it('D4 a decision taken back within seconds stays recorded and uses nothing up', () => {
    const state = stateOf({ passes: [pass(0)] });
    decideAs(state, guard, scan('scan-1'));
    expect(codeOf(decideAs(state, guard, takenBack('scan-2', 'scan-1', 9_000)))).toBe('applied');
    expect(state.scans.get('scan-1')).toMatchObject({ result: 'valid', counts: true });
    expect(decideAs(state, guard, scan('scan-3'))).toMatchObject({ data: { doubleUse: [] } });
  });

  it.each([
    ['too late', 16_000, {}],
    ['before it was', -1, {}],
    ['at another gate', 1000, { gate: 2 }],
    ['the other way', 1000, { direction: 'exit' }],
  ] as const)(
    'D4 what says it takes back an entry %s takes nothing back, whichever came first',
    (_, after, fields) => {
      const entry = scan('scan-1');
      const undo = { ...entry, args: { ...takenBack('scan-2', 'scan-1', after).args, ...fields } };
      for (const order of [
        [entry, undo],
        [undo, entry],
      ]) {
        const state = stateOf({ passes: [pass(0)] });
        for (const intent of order) decideAs(state, guard, intent);
        expect(usesOf(state, pass(0)).map(({ id }) => id)).toEqual(['scan-1']);
      }
    },
  );

  it('D4 refuses to take back what is long ago, another guard’s, gate’s, way’s or pass’s', () => {
    const state = stateOf({ passes: [pass(0)] });
    decideAs(state, guard, scan('scan-1'));
    const other = { ...takenBack('scan-2', 'scan-1', 1000).args, passId: null };
    for (const [actor, intent] of [
      [guard, takenBack('scan-2', 'scan-1', 16_000)],
      [manager, takenBack('scan-2', 'scan-1', 1000)],
      [guard, { op: 'scan.record@2' as const, args: other }],
      [guard, takenBack('scan-2', 'scan-1', -1)],
      [guard, scan('scan-2', { ...takenBack('scan-2', 'scan-1', 1000).args, gate: 2 })],
      [guard, scan('scan-2', { ...takenBack('scan-2', 'scan-1', 1000).args, direction: 'exit' })],
      [guard, scan('scan-2', { undoes: 'scan-1' })],
      [guard, scan('scan-2', { result: 'undone' })],
    ] as const) {
      expect(codeOf(decideAs(state, actor, intent))).toBe('undo_late');
    }
  });
});
