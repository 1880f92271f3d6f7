import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { checkListedPass, checkTypedCode, type TypedCodeContext } from './check-typed-code';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const pass = (fields: Partial<Row<'gate_pass'>> = {}): Row<'gate_pass'> => ({
  id: '0190a000-0000-7000-8000-000000000101',
  slotLabel: 'A-01',
  plate: 'KR 12345',
  personName: 'Mara',
  kind: 0,
  notBefore: NOW - HOUR,
  expiresAt: NOW + HOUR,
  status: 'valid',
  code: 'ABCD2345',
  bound: false,
  visitorPassId: null,
  hostName: null,
  ...fields,
});
const use = (at: number) => ({ at: at / 1000, gate: 2, by: 'Petra' });

function decide(
  fields: Partial<Row<'gate_pass'>>,
  { uses = 0, ...known }: { uses?: number } & Partial<TypedCodeContext> = {},
  check = (listed: Row<'gate_pass'>, context: TypedCodeContext) =>
    checkTypedCode('ABCD2345', listed, context),
) {
  const pending = check(pass(fields), { gate: 1, direction: 'entry', now: NOW, dataProblem: null, ...known });
  const earlier = Array.from({ length: uses }, (_, index) => use(NOW - (uses - index) * 60_000));
  return pending.settle({ highestCtr: null, uses: earlier });
}

describe('D4 a typed code is decided in the order of the pass format', () => {
  it.each([
    ['a static pass in its time', {}, {}, 'valid'],
    ['a bound pass, which a code cannot prove', { bound: true }, {}, 'valid_provisional'],
    ['old data', {}, { dataProblem: 'status_stale' }, 'valid_provisional'],
    ['the first moment of its window', { notBefore: NOW }, {}, 'valid'],
    ['before its window', { notBefore: NOW + 1 }, {}, 'too_early'],
    ['the end of its window', { expiresAt: NOW }, {}, 'expired'],
    ['revoked', { status: 'revoked' }, {}, 'revoked'],
    ['suspended and bound', { status: 'suspended', bound: true }, {}, 'suspended'],
    ['revoked and over: the time is looked at first', { status: 'revoked', expiresAt: NOW }, {}, 'expired'],
    ['used once', {}, { uses: 1 }, 'already_used'],
    ['revoked and used: the status is looked at first', { status: 'revoked' }, { uses: 1 }, 'revoked'],
    ['a double pass used once', { kind: 2 }, { uses: 1 }, 'valid'],
    ['a double pass used twice', { kind: 2 }, { uses: 2 }, 'already_used'],
  ] as const)('%s', (_what, fields, known, result) => {
    expect(decide(fields, known)).toMatchObject({ result, passId: pass().id, code: 'ABCD2345' });
  });

  it('says when, where and by whom it was last used', () => {
    expect(decide({ kind: 2 }, { uses: 3 }).lastUse).toEqual({ at: NOW - 60_000, gate: 2, by: 'Petra' });
  });

  it('is amber because it was typed, or because the data are old', () => {
    expect(decide({ bound: true }, { dataProblem: 'status_stale' }).provisional).toBe('typed');
    expect(decide({}, { dataProblem: 'status_stale' }).provisional).toBe('status_stale');
    expect(decide({}).provisional).toBeNull();
  });

  it('is not found when no pass has it', () => {
    const context = { gate: 1, direction: 'entry', now: NOW, dataProblem: null } as const;
    const pending = checkTypedCode('WXYZ2345', undefined, context);
    expect(pending.settle({ highestCtr: null, uses: [] })).toMatchObject({
      result: 'not_found',
      passId: null,
      pass: null,
    });
  });
});

describe('D4 a typed code where cars leave', () => {
  it.each([
    ['used up', {}, { uses: 1 }, 'valid'],
    ['over', { expiresAt: NOW }, {}, 'expired'],
    ['revoked', { status: 'revoked' }, { uses: 1 }, 'revoked'],
  ] as const)('%s', (_what, fields, known, result) => {
    expect(decide(fields, { ...known, direction: 'exit' })).toMatchObject({ result, direction: 'exit' });
  });

  it('tells how many entries are known', () => {
    expect(decide({}, { direction: 'exit' }).earlierUses).toBe(0);
    expect(decide({}, { direction: 'exit', uses: 1 }).earlierUses).toBe(1);
  });
});

describe('K8 a pass found in the list', () => {
  it.each([
    ['static', {}, {}, 'valid_provisional'],
    ['bound', { bound: true }, {}, 'valid_provisional'],
    ['revoked', { status: 'revoked' }, {}, 'revoked'],
    ['used', {}, { uses: 1 }, 'already_used'],
    ['leaving', {}, { uses: 1, direction: 'exit' }, 'valid_provisional'],
  ] as const)('%s', (_what, fields, known, result) => {
    const found = decide(fields, known, checkListedPass);
    expect(found).toMatchObject({ result, source: 'list', code: '', passId: pass().id });
    expect(found.provisional).toBe(result === 'valid_provisional' ? 'found' : null);
  });
});
