import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternativesTo, freeRanges, freeUntil, isFree, nextFree } from './availability';
import { normalize, type TimeRange } from './time-range';

const range = fc
  .tuple(fc.nat(40), fc.integer({ min: 1, max: 10 }))
  .map(([start, length]): TimeRange => ({ start, end: start + length }));

describe('availability', () => {
  it('C4 agrees with a moment-by-moment model', () => {
    fc.assert(
      fc.property(fc.option(fc.array(range)), fc.array(range), range, (lent, busy, window) => {
        const slot = { ownerId: lent ? 'owner' : null, lent: normalize(lent ?? []) };
        const inside = (list: readonly TimeRange[], at: number) =>
          list.some(({ start, end }) => start <= at && at < end);
        const free = freeRanges(slot, busy, window);
        for (let at = window.start; at < window.end; at++) {
          expect(inside(free, at)).toBe((lent === null || inside(lent, at)) && !inside(busy, at));
        }
        expect(free.every(({ start, end }) => start >= window.start && end <= window.end)).toBe(true);
        expect(isFree(slot, busy, window)).toBe(
          free.length === 1 && free[0]!.end - free[0]!.start === window.end - window.start,
        );
      }),
    );
  });

  const free = { ownerId: null, lent: [] };
  it('C4 tells “free now, reserved from 17:00”', () => {
    expect(freeUntil(free, [{ start: 17, end: 19 }], 9, 24)).toBe(17);
    expect(freeUntil(free, [{ start: 8, end: 10 }], 9, 24)).toBeNull();
    expect(freeUntil(free, [], 9, 24)).toBe(24);
  });

  it('C4 finds the first gap that is long enough', () => {
    expect(
      nextFree(
        free,
        [
          { start: 2, end: 5 },
          { start: 6, end: 9 },
        ],
        { start: 1, end: 20 },
        2,
      ),
    ).toEqual({ start: 9, end: 11 });
    expect(nextFree(free, [{ start: 2, end: 20 }], { start: 1, end: 20 }, 2)).toBeNull();
  });

  it('A4 offers free slots of the same level first, never the own or the wanted one', () => {
    const at = (id: string, level: string, fields = {}) => ({
      id,
      label: id,
      level,
      ...free,
      busy: [] as TimeRange[],
      ...fields,
    });
    const slots = [
      at('c', 'B2'),
      at('b', 'B1'),
      at('a', 'B1', { busy: [{ start: 3, end: 4 }] }),
      at('d', 'B1'),
      at('own', 'B1', { ownerId: 'me', lent: [{ start: 0, end: 9 }] }),
      at('wanted', 'B1'),
    ];
    const found = alternativesTo(slots, { slotId: 'wanted', level: 'B1' }, { start: 2, end: 5 }, 'me');
    expect(found.map(({ id }) => id)).toEqual(['b', 'd', 'c']);
  });
});
