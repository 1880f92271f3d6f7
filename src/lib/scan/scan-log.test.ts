import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import {
  countRefused,
  countUnsent,
  filterScanLog,
  mergeScanLog,
  type LogContext,
  type LoggedDecision,
} from './scan-log';

const decision = (scanId: string, fields: Partial<LoggedDecision> = {}): LoggedDecision => ({
  ...{ scanId, passId: 'pass', gate: 1, scannedAt: 1000, result: 'valid', reason: '', guardName: 'Me' },
  ...{ direction: 'entry', undoes: null },
  ...fields,
});
const scan = (id: string, fields: Partial<Row<'scan'>> = {}): Row<'scan'> => ({
  ...{ id, passId: 'pass', guardName: 'Petra', clientId: 'c', gate: 2, scannedAt: 2000, recordedAt: 3000 },
  ...{ result: 'valid', counts: true, reason: '', direction: 'entry', undoes: null },
  ...{ journalId: null, journalSeq: null, genuine: null },
  ...fields,
});
const context = (fields: Partial<LogContext> = {}): LogContext => ({
  waiting: new Set(),
  refused: new Map(),
  kindOf: () => 0,
  ...fields,
});

describe('K8 scan log', () => {
  it('has each scan once, newest first', () => {
    const entries = mergeScanLog(
      [decision('a'), decision('b', { scannedAt: 5000 })],
      [scan('a', { scannedAt: 1000 }), scan('c')],
      context(),
    );
    expect(entries.map(({ scanId, own }) => [scanId, own])).toEqual([
      ['b', true],
      ['c', false],
      ['a', true],
    ]);
  });

  it('says which scans the server has', () => {
    const known = context({ waiting: new Set(['waits', 'arrived']), refused: new Map([['refused', 'No.']]) });
    const own = ['waits', 'arrived', 'refused', 'older'].map((id) => decision(id, { result: 'expired' }));
    const entries = mergeScanLog(own, [scan('arrived', { result: 'expired' })], known);
    expect(Object.fromEntries(entries.map(({ scanId, state }) => [scanId, state]))).toEqual({
      waits: 'unsent',
      arrived: 'on_server',
      refused: 'refused',
      older: 'on_server',
    });
    expect(countUnsent(entries)).toBe(1);
    expect(countRefused(entries)).toBe(1);
  });

  it('says why the server would not take a scan, and nothing of the kind about one that it has', () => {
    const refused = new Map([
      ['refused', 'Another scan is already recorded under this id.'],
      ['arrived', 'This was refused when it was sent again.'],
    ]);
    const own = ['refused', 'arrived', 'older'].map((id) => decision(id));
    const entries = mergeScanLog(own, [scan('arrived')], context({ refused }));
    expect(Object.fromEntries(entries.map(({ scanId, refusal }) => [scanId, refusal]))).toEqual({
      refused: 'Another scan is already recorded under this id.',
      arrived: null,
      older: null,
    });
  });

  it('D4 shows a double use on both lines, with the other one', () => {
    const entries = mergeScanLog([decision('mine')], [scan('theirs')], context());
    expect(entries.map((entry) => [entry.scanId, entry.doubleUse.map(({ scanId }) => scanId)])).toEqual([
      ['theirs', ['mine']],
      ['mine', ['theirs']],
    ]);
  });

  it.each([
    ['a double pass used twice', [scan('b')], context({ kindOf: () => 2 })],
    ['a refusal of another gate', [scan('b', { result: 'already_used', counts: false })], context()],
    ['an override, which is a decision', [scan('b', { result: 'override' })], context()],
    ['another pass', [scan('b', { passId: 'other' })], context()],
  ])('%s is no double use', (_what, scans, known) => {
    const entries = mergeScanLog([decision('a')], scans, known);
    expect(entries.flatMap((entry) => entry.doubleUse)).toEqual([]);
  });

  it('D4 shows what was taken back, and counts it as no use', () => {
    const undo = decision('undo', { result: 'undone', undoes: 'mine', scannedAt: 1500 });
    const entries = mergeScanLog([decision('mine'), undo], [scan('theirs')], context());
    expect(entries.map(({ scanId, takenBack, doubleUse }) => [scanId, takenBack, doubleUse.length])).toEqual([
      ['theirs', false, 0],
      ['undo', false, 0],
      ['mine', true, 0],
    ]);
  });

  it('D4 an exit in between makes the second entry no double use', () => {
    const exit = scan('out', { direction: 'exit', counts: false, scannedAt: 1500 });
    const entries = mergeScanLog([decision('a')], [exit, scan('b')], context());
    expect(entries.flatMap((entry) => entry.doubleUse)).toEqual([]);
  });

  it('X8 says what the server found out about the signature, of own scans too', () => {
    const entries = mergeScanLog(
      [decision('mine'), decision('unsent', { scannedAt: 500 })],
      [scan('mine', { genuine: true }), scan('theirs', { genuine: false })],
      context(),
    );
    expect(entries.map(({ scanId, genuine }) => [scanId, genuine])).toEqual([
      ['theirs', false],
      ['mine', true],
      ['unsent', null],
    ]);
  });

  it('K8 filters', () => {
    const known = context({ waiting: new Set(['waits']), refused: new Map([['lost', 'No.']]) });
    const own = [
      decision('waits', { scannedAt: 1 }),
      decision('lost', { scannedAt: 2, passId: 'p2' }),
      decision('away', { scannedAt: 3, result: 'revoked' }),
      decision('late', { scannedAt: 4, result: 'expired', direction: 'exit' }),
      decision('back', { scannedAt: 5, result: 'undone', undoes: 'late', direction: 'exit' }),
    ];
    const entries = mergeScanLog(own, [], known);
    const left = (filter: Parameters<typeof filterScanLog>[1]) =>
      filterScanLog(entries, filter, new Set(['away'])).map(({ scanId }) => scanId);
    expect(left('all')).toHaveLength(5);
    expect(left('incidents')).toEqual(['away']);
    expect(left('refused')).toEqual(['away', 'lost']);
    expect(left('unsent')).toEqual(['waits']);
  });
});
