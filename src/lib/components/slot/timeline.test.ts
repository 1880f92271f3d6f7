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

// Since 1990 all three keep to half hours.
const moments = fc.integer({ min: Date.UTC(1990, 0), max: 4e12 });
const zones = ['Europe/Warsaw', 'Asia/Kolkata', 'Australia/Lord_Howe'] as const;

test.each(zones)('begins today with the running hour of the clock in %s', (timeZone) => {
  const start = fromWall('2026-07-21T14:25', timeZone)!;
  const shown = spanFor({ start, end: start + 3_600_000 }, start, timeZone);
  expect(toWall(shown.start, timeZone)).toBe('2026-07-21T14:00');
  expect(ticksOf(shown, timeZone).map((tick) => toWall(tick.at, timeZone).slice(11))).toEqual([
    ...['14:00', '16:00', '18:00', '20:00', '22:00', '00:00'],
  ]);
});

test('ticks are round hours, few, and inside', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 1, max: 30 }), fc.constantFrom(...zones), (start, hours, zone) => {
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
