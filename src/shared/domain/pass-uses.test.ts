import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanResult } from './entities';
import { openUses, usesAllowed, type Passage } from './pass-uses';

function passage(id: string, fields: Partial<Passage> = {}): Passage {
  return { id, at: 0, passId: 'p', gate: 1, direction: 'entry', result: 'valid', undoes: null, ...fields };
}

const passages = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    at: fc.integer({ min: 0, max: 1000 }),
    direction: fc.constantFrom('entry', 'exit'),
    result: fc.constantFrom<ScanResult>(
      'valid',
      'valid_provisional',
      'override',
      'expired',
      'copied',
      'revoked',
    ),
    passId: fc.constant('p'),
    gate: fc.constant(1),
    undoes: fc.constant(null),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);

describe('D4 what uses a pass up', () => {
  it.each([
    ['nothing', [], []],
    ['an entry', [passage('a')], ['a']],
    ['an entry that was refused', [passage('a', { result: 'copied' })], []],
    ['an entry on a guard’s word', [passage('a', { result: 'override' })], ['a']],
    ['an entry, and out again', [passage('a'), passage('b', { at: 1, direction: 'exit' })], []],
    [
      'out after the pass had ended',
      [passage('a'), passage('b', { direction: 'exit', result: 'expired' })],
      [],
    ],
    [
      'not out: the pass at the exit was a copy',
      [passage('a'), passage('b', { direction: 'exit', result: 'copied' })],
      ['a'],
    ],
    [
      'out and in again',
      [passage('a'), passage('b', { at: 1, direction: 'exit' }), passage('c', { at: 2 })],
      ['c'],
    ],
    [
      'two entries, one exit: the later is inside',
      [passage('b', { at: 2 }), passage('a', { at: 1 }), passage('c', { at: 3, direction: 'exit' })],
      ['b'],
    ],
    ['an entry taken back', [passage('a'), passage('b', { result: 'undone', undoes: 'a' })], []],
    [
      'an exit taken back',
      [
        passage('a'),
        passage('b', { direction: 'exit' }),
        passage('c', { direction: 'exit', result: 'undone', undoes: 'b' }),
      ],
      ['a'],
    ],
    ['an exit that nobody saw enter', [passage('a', { direction: 'exit' })], []],
    [
      'in again after an exit that was read twice',
      [
        passage('a'),
        passage('b', { at: 1, direction: 'exit' }),
        passage('c', { at: 2, direction: 'exit' }),
        passage('d', { at: 3 }),
      ],
      ['d'],
    ],
    [
      'in after an exit that nobody saw enter',
      [passage('a', { direction: 'exit' }), passage('b', { at: 1 })],
      ['b'],
    ],
    [
      'an entry taken back too late, at another gate, on another pass or by another guard',
      [
        passage('a', { guardId: 'g' }),
        passage('b', { at: 15_001, result: 'undone', undoes: 'a' }),
        passage('c', { gate: 2, result: 'undone', undoes: 'a' }),
        passage('d', { passId: 'q', result: 'undone', undoes: 'a' }),
        passage('e', { guardId: 'h', result: 'undone', undoes: 'a' }),
      ],
      ['a'],
    ],
  ])('a resident’s, by %s', (_, given, expected) => {
    expect(openUses(0, given).map(({ id }) => id)).toEqual(expected);
    expect(openUses(3, given)).toEqual(openUses(0, given));
  });

  it('a visitor’s by each entry, whoever has left again', () => {
    const given = [passage('a'), passage('b', { at: 1, direction: 'exit' }), passage('c', { at: 2 })];
    expect(openUses(1, given).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(openUses(2, given).length).toBe(usesAllowed(2));
  });

  it('whatever the order in which scans arrive', () => {
    fc.assert(
      fc.property(passages, fc.constantFrom(0, 1, 2, 3), fc.infiniteStream(fc.nat()), (given, kind, dice) => {
        const shuffled = given
          .map((one) => ({ one, place: dice.next().value as number }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ one }) => one);
        const sorted = (list: readonly Passage[]) => list.map(({ id }) => id);
        expect(sorted(openUses(kind, shuffled))).toEqual(sorted(openUses(kind, given)));
      }),
    );
  });

  it('by an entry after all others, however many exits there were', () => {
    fc.assert(
      fc.property(passages, fc.constantFrom(0, 1, 2, 3), (given, kind) => {
        const last = passage('the last', { at: 1001 });
        expect(openUses(kind, [...given, last]).at(-1)).toBe(last);
        expect(openUses(kind, [...given, last]).length).toBe(openUses(kind, given).length + 1);
      }),
    );
  });

  it('never by more than the entries, never by fewer than entries less exits', () => {
    fc.assert(
      fc.property(passages, (given) => {
        const entries = openUses(1, given).length;
        const inside = openUses(0, given).length;
        const exits = given.filter(({ direction }) => direction === 'exit').length;
        expect(inside).toBeLessThanOrEqual(entries);
        expect(inside).toBeGreaterThanOrEqual(entries - exits);
      }),
    );
  });
});
