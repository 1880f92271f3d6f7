import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, contains, covers, normalize, overlaps, subtract, type TimeRange } from './time-range';

const moments = 40;
const range = fc
  .tuple(fc.nat(moments - 1), fc.integer({ min: 1, max: 10 }))
  .map(([start, length]): TimeRange => ({ start, end: start + length }));
const ranges = fc.array(range, { maxLength: 8 });

/** The naive model: which whole moments are inside. */
function momentsOf(list: readonly TimeRange[]): Set<number> {
  const set = new Set<number>();
  for (const { start, end } of list) for (let at = start; at < end; at++) set.add(at);
  return set;
}

describe('time ranges, against a moment-by-moment model', () => {
  it('C1 normalize keeps every moment, in order, with gaps between ranges', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const normal = normalize(list);
        expect(momentsOf(normal)).toEqual(momentsOf(list));
        for (const [index, next] of normal.entries()) {
          expect(next.start).toBeLessThan(next.end);
          if (index > 0) expect(normal[index - 1]!.end).toBeLessThan(next.start);
        }
      }),
    );
  });

  it('C1 add is the union and C2 subtract the difference', () => {
    fc.assert(
      fc.property(ranges, range, (list, one) => {
        const inside = momentsOf([one]);
        expect(momentsOf(add(list, one))).toEqual(new Set([...momentsOf(list), ...inside]));
        expect(momentsOf(subtract(list, one))).toEqual(
          new Set([...momentsOf(list)].filter((at) => !inside.has(at))),
        );
      }),
    );
  });

  it('C1 covers says whether every moment is lent', () => {
    fc.assert(
      fc.property(ranges, range, (list, one) => {
        const lent = momentsOf(list);
        expect(covers(normalize(list), one)).toBe([...momentsOf([one])].every((at) => lent.has(at)));
      }),
    );
  });

  it('A4 overlaps is symmetric and false for ranges that only touch', () => {
    fc.assert(
      fc.property(range, range, (a, b) => {
        const shared = [...momentsOf([a])].some((at) => momentsOf([b]).has(at));
        expect(overlaps(a, b)).toBe(shared);
        expect(overlaps(b, a)).toBe(shared);
      }),
    );
    expect(overlaps({ start: 0, end: 5 }, { start: 5, end: 9 })).toBe(false);
    expect(contains({ start: 0, end: 5 }, { start: 0, end: 5 })).toBe(true);
  });
});
