import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { countInside, passesOfDay, passTitle, searchPasses, type Reading, withdrawnWord } from './today';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;
const day = { start: 0, end: 24 * HOUR };
const pass = (id: string, fields: Partial<Row<'gate_pass'>> = {}): Row<'gate_pass'> => ({
  ...{ id, slotLabel: 'A-01', plate: 'KR 123-AB', personName: 'Luka Babić', kind: 0, status: 'valid' },
  ...{ notBefore: 9 * HOUR, expiresAt: 12 * HOUR, code: 'ABCD2345', bound: true },
  ...{ visitorPassId: null, hostName: null },
  ...fields,
});
let made = 0;
const reading = (passId: string, fields: Partial<Reading> = {}): Reading => ({
  ...{ id: `scan-${++made}`, passId, at: 9.5 * HOUR, gate: 1, direction: 'entry', result: 'valid' },
  ...{ undoes: null },
  ...fields,
});
const use = (passId: string, at = 9.5 * HOUR) => reading(passId, { at });
const exit = (passId: string, fields: Partial<Reading> = {}) =>
  reading(passId, { at: 9.75 * HOUR, direction: 'exit', ...fields });
const undo = (of: Reading) =>
  reading('p', { at: of.at, result: 'undone', undoes: of.id, direction: of.direction });
const todayOf = (fields: Partial<Row<'gate_pass'>>, readings: readonly Reading[]) =>
  passesOfDay([pass('p', fields)], readings, { day, now: NOW })[0];
const stateOf = (fields: Partial<Row<'gate_pass'>>, readings: readonly Reading[] = [use('other')]) =>
  todayOf(fields, readings)?.state;

describe('D4 today at the gate', () => {
  it.each([
    ['expected', {}],
    ['expected', { notBefore: 20 * HOUR, expiresAt: 30 * HOUR }],
    ['over', { notBefore: -HOUR, expiresAt: HOUR }],
    ['revoked', { status: 'revoked' }],
    ['suspended', { status: 'suspended' }],
  ] as const)('%s: %o', (state, fields) => expect(stateOf(fields)).toBe(state));

  it('who came in is inside, also when the pass was revoked later', () => {
    expect(stateOf({ status: 'revoked' }, [use('p')])).toBe('inside');
  });

  it.each([[{ notBefore: -HOUR, expiresAt: 0 }], [{ notBefore: 24 * HOUR, expiresAt: 30 * HOUR }]])(
    '%o only touches the day and is not in it',
    (fields) => expect(stateOf(fields)).toBeUndefined(),
  );

  it('yesterday’s stay listed while the car is inside, and not after', () => {
    const yesterday = { notBefore: -5 * HOUR, expiresAt: -HOUR };
    expect(stateOf(yesterday)).toBeUndefined();
    expect(stateOf(yesterday, [use('p', -4 * HOUR)])).toBe('inside');
    expect(stateOf(yesterday, [use('p', -4 * HOUR), exit('p', { result: 'expired' })])).toBeUndefined();
  });

  it.each([
    ['has left', [use('p'), exit('p')], 'left'],
    ['has left though the pass was over', [use('p'), exit('p', { result: 'expired' })], 'left'],
    ['was not let out', [use('p'), exit('p', { result: 'revoked' })], 'inside'],
    ['came back', [use('p'), exit('p'), use('p', 9.9 * HOUR)], 'inside'],
    ['left and was not seen coming in', [exit('p')], 'left'],
    ['was refused', [reading('p', { result: 'already_used' })], 'expected'],
  ] as const)('who %s: %o, is %s', (_what, readings, state) => expect(stateOf({}, readings)).toBe(state));

  it('what was taken back counts for nothing, on the way in and out', () => {
    const entry = use('p');
    expect(stateOf({}, [entry, undo(entry)])).toBe('expected');
    const left = exit('p');
    expect(stateOf({}, [entry, left, undo(left)])).toBe('inside');
  });

  it('a visitor who left has used an entry all the same', () => {
    const visitor = todayOf({ kind: 2 }, [use('p'), exit('p')]);
    expect(visitor).toMatchObject({ state: 'left', usesAllowed: 2, leftAt: { at: 9.75 * HOUR } });
    expect(visitor?.uses).toHaveLength(1);
  });

  it('counts the cars that are inside', () => {
    const passes = [pass('p'), pass('q'), pass('r')];
    const today = passesOfDay(passes, [use('p'), use('q'), exit('q')], { day, now: NOW });
    expect(countInside(today)).toBe(1);
  });

  it.each([
    [{}, 'A-01 · KR 123-AB · Luka Babić'],
    [
      { kind: 1, slotLabel: '', personName: 'Ana', hostName: 'Luka' },
      'Visitor · KR 123-AB · Ana, comes to Luka',
    ],
    [{ plate: '', personName: '' }, 'A-01'],
  ] as const)('%o is called %s', (fields, title) => expect(passTitle(pass('p', fields))).toBe(title));

  it('is in the order in which passes begin', () => {
    const passes = [
      pass('late', { notBefore: 11 * HOUR }),
      pass('b', { slotLabel: 'B' }),
      pass('a', { slotLabel: 'A' }),
    ];
    expect(passesOfDay(passes, [], { day, now: NOW }).map((entry) => entry.pass.id)).toEqual([
      'a',
      'b',
      'late',
    ]);
  });

  it.each(['kr123', 'KR-123 ab', 'a01', 'babic', 'abcd 2345', 'horvat', ''])('%j finds it', (words) => {
    const today = passesOfDay([pass('p', { hostName: 'Ana Horvat' })], [], { day, now: NOW });
    expect(searchPasses(today, words)).toHaveLength(1);
    expect(searchPasses(today, 'nobody')).toHaveLength(0);
  });
});

it('K8 a pass that does not stand is named as its check would say', () => {
  const words = (['valid', 'revoked', 'suspended'] as const).map((status) => withdrawnWord({ status }));
  expect(words).toEqual([null, 'Revoked', 'Suspended']);
});
