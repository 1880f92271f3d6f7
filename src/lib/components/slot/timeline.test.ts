import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromWall, toWall } from '../time/site-clock';
import { placeIn, spanFor, ticksOf } from './timeline';

const zone = 'Europe/Warsaw';
const at = (wall: string): number => fromWall(wall, zone)!;
const now = at('2026-11-21T14:25');
const span = (start: string, end: string): string[] => {
  const found = spanFor({ start: at(start), end: at(end) }, now, zone);
  return [toWall(found.start, zone), toWall(found.end, zone)];
};

test.each([
  [
    'today from the running hour',
    '2026-11-21T14:25',
    '2026-11-21T16:25',
    '2026-11-21T14:00',
    '2026-11-22T02:00',
  ],
  ['another day whole', '2026-11-22T09:00', '2026-11-22T17:00', '2026-11-22T00:00', '2026-11-23T00:00'],
  ['two days for a night', '2026-11-21T22:00', '2026-11-22T06:00', '2026-11-21T14:00', '2026-11-23T00:00'],
  [
    'a window that ends at midnight',
    '2026-11-22T12:00',
    '2026-11-23T00:00',
    '2026-11-22T00:00',
    '2026-11-23T00:00',
  ],
])('shows %s', (_name, start, end, from, until) => {
  expect(span(start, end)).toEqual([from, until]);
});

test('puts ranges inside the span, cut where they leave it', () => {
  const whole = { start: 0, end: 100 };
  expect(placeIn({ start: 25, end: 50 }, whole)).toEqual({ offset: 0.25, size: 0.25 });
  expect(placeIn({ start: -50, end: 10 }, whole)).toEqual({ offset: 0, size: 0.1 });
  expect(placeIn({ start: 90, end: 500 }, whole)).toEqual({ offset: 0.9, size: 0.1 });
});

test('ticks are round hours, few, and inside', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 30 }), (start, hours) => {
      const window = { start, end: start + hours * 3_600_000 };
      const shown = spanFor(window, start, zone);
      const ticks = ticksOf(shown, zone);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(8);
      for (const tick of ticks) {
        expect(toWall(tick.at, zone).slice(14)).toBe('00');
        expect(tick.position).toBeGreaterThanOrEqual(0);
        expect(tick.position).toBeLessThan(1);
      }
      expect(shown.start).toBeLessThanOrEqual(window.start);
      expect(shown.end).toBeGreaterThanOrEqual(window.end);
    }),
  );
});
