import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromWall, toWall } from './site-clock';
import { axisOf, moveDay, moveEnd, moveStart, QUARTER } from './window-slider';

const zone = 'Europe/Berlin';
const at = (wall: string): number => fromWall(wall, zone)!;
const range = (start: string, end: string) => ({ start: at(start), end: at(end) });
const first = at('2026-11-21T14:02');
const HOUR = 3_600_000;

describe('C4 a window between two thumbs', () => {
  test('the axis is the rest of today, and at least twelve hours', () => {
    expect(axisOf(range('2026-11-21T14:02', '2026-11-21T16:02'), first, zone)).toEqual(
      range('2026-11-21T14:00', '2026-11-22T02:00'),
    );
    const late = range('2026-11-21T14:02', '2026-11-22T06:10');
    expect(axisOf(late, first, zone).end).toBe(at('2026-11-22T06:15'));
  });

  test('the axis of another day is all of it, also when the clocks change', () => {
    expect(axisOf(range('2026-11-24T09:00', '2026-11-24T17:00'), first, zone)).toEqual(
      range('2026-11-24T00:00', '2026-11-25T00:00'),
    );
    const long = axisOf(range('2027-03-28T09:00', '2027-03-28T17:00'), first, zone);
    expect(long.end - long.start).toBe(23 * HOUR);
  });

  test('a beginning that passes the end pushes it along', () => {
    const window = range('2026-11-24T09:00', '2026-11-24T11:00');
    expect(moveStart(window, at('2026-11-24T10:00'), { first, longest: 24 * HOUR })).toEqual(
      range('2026-11-24T10:00', '2026-11-24T11:00'),
    );
    expect(moveStart(window, at('2026-11-24T11:30'), { first, longest: 24 * HOUR })).toEqual(
      range('2026-11-24T11:30', '2026-11-24T13:30'),
    );
  });

  test('always gives a window that begins in time, is a quarter long at least and no longer than allowed', () => {
    const moment = fc
      .integer({ min: 0, max: 400 })
      .map((quarters) => at('2026-11-21T14:00') + quarters * QUARTER);
    fc.assert(
      fc.property(moment, moment, moment, fc.integer({ min: 1, max: 200 }), (start, length, to, most) => {
        const begins = Math.max(start, first);
        const window = { start: begins, end: begins + QUARTER + (length - at('2026-11-21T14:00')) };
        const limits = { first, longest: most * QUARTER };
        for (const moved of [moveStart(window, to, limits), moveEnd(window, to, limits)]) {
          expect(moved.start).toBeGreaterThanOrEqual(first);
          expect(moved.end - moved.start).toBeGreaterThanOrEqual(QUARTER);
          expect(moved.end - moved.start).toBeLessThanOrEqual(Math.max(limits.longest, QUARTER));
        }
      }),
    );
  });

  test('another day keeps the times of the day, and today nothing that is over', () => {
    const window = range('2026-11-22T13:00', '2026-11-22T17:00');
    expect(moveDay(window, 1, { first, timeZone: zone })).toEqual(
      range('2026-11-23T13:00', '2026-11-23T17:00'),
    );
    expect(moveDay(window, -1, { first, timeZone: zone })).toEqual(
      range('2026-11-21T14:02', '2026-11-21T17:00'),
    );
    expect(moveDay(range('2026-11-22T09:00', '2026-11-22T12:00'), -1, { first, timeZone: zone })).toBeNull();
    const overNight = range('2026-10-24T22:00', '2026-10-25T06:00');
    const moved = moveDay(overNight, 1, { first: 0, timeZone: zone })!;
    expect([toWall(moved.start, zone), toWall(moved.end, zone)]).toEqual([
      '2026-10-25T22:00',
      '2026-10-26T06:00',
    ]);
  });
});
