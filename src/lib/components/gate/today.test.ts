import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { passesOfDay, searchPasses } from './today';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;
const day = { start: 0, end: 24 * HOUR };
const pass = (id: string, fields: Partial<Row<'gate_pass'>> = {}): Row<'gate_pass'> => ({
  ...{ id, slotLabel: 'A-01', plate: 'KR 123-AB', personName: 'Luka Babić', kind: 0, status: 'valid' },
  ...{ notBefore: 9 * HOUR, expiresAt: 12 * HOUR, code: 'ABCD2345', bound: true },
  ...fields,
});
const use = (passId: string, at = 9.5 * HOUR) => ({ passId, at, gate: 1 });
const stateOf = (fields: Partial<Row<'gate_pass'>>, uses = [use('other')]) =>
  passesOfDay([pass('p', fields)], uses, { day, now: NOW })[0]?.state;

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

  it('yesterday’s, which the gate still has for a day, are not in it, even when the car stayed', () => {
    expect(stateOf({ notBefore: -5 * HOUR, expiresAt: -HOUR }, [use('p', -4 * HOUR)])).toBeUndefined();
  });

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

  it.each(['kr123', 'KR-123 ab', 'a01', 'babic', 'abcd 2345', ''])('%j finds it', (words) => {
    const today = passesOfDay([pass('p')], [], { day, now: NOW });
    expect(searchPasses(today, words)).toHaveLength(1);
    expect(searchPasses(today, 'nobody')).toHaveLength(0);
  });
});
