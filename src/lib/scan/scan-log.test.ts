import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { countRefused, countUnsent, mergeScanLog, type LogContext, type LoggedDecision } from './scan-log';

const decision = (scanId: string, fields: Partial<LoggedDecision> = {}): LoggedDecision => ({
  ...{ scanId, passId: 'pass', gate: 1, scannedAt: 1000, result: 'valid', reason: '', guardName: 'Me' },
  ...fields,
});
const scan = (id: string, fields: Partial<Row<'scan'>> = {}): Row<'scan'> => ({
  ...{ id, passId: 'pass', guardName: 'Petra', clientId: 'c', gate: 2, scannedAt: 2000, recordedAt: 3000 },
  ...{ result: 'valid', counts: true, reason: '' },
  ...fields,
});
const context = (fields: Partial<LogContext> = {}): LogContext => ({
  waiting: new Set(),
  refused: new Map(),
  usesAllowed: () => 1,
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
    ['a double pass used twice', [scan('b')], context({ usesAllowed: () => 2 })],
    ['a refusal of another gate', [scan('b', { result: 'already_used', counts: false })], context()],
    ['an override, which is a decision', [scan('b', { result: 'override' })], context()],
    ['another pass', [scan('b', { passId: 'other' })], context()],
  ])('%s is no double use', (_what, scans, known) => {
    const entries = mergeScanLog([decision('a')], scans, known);
    expect(entries.flatMap((entry) => entry.doubleUse)).toEqual([]);
  });
});
