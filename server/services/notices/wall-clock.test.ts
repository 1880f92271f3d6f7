import { describe, expect, it } from 'vitest';
import { nextWallClock } from './wall-clock';

const at = (text: string) => Date.parse(text);
const SEVEN = 7 * 60;

describe('nextWallClock', () => {
  it.each([
    ['Europe/Berlin', '2026-11-22T05:59:59.999Z', '2026-11-22T06:00:00Z'],
    ['Europe/Berlin', '2026-11-22T06:00:00Z', '2026-11-23T06:00:00Z'],
    // Spring: the night has 23 hours; autumn: 25.
    ['Europe/Berlin', '2026-03-28T21:00:00Z', '2026-03-29T05:00:00Z'],
    ['Europe/Berlin', '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T12:00:00Z', '2026-10-03T20:00:00Z'],
    ['Asia/Kolkata', '2028-02-28T10:00:00Z', '2028-02-29T01:30:00Z'],
  ])('B4 seven o’clock in %s after %s is %s', (timeZone, now, next) => {
    expect(new Date(nextWallClock(at(now), SEVEN, timeZone)).toISOString()).toBe(
      new Date(next).toISOString(),
    );
  });

  it('B4 is as much later as the clock leaps, and the next of two', () => {
    // 02:30 is not there on that day; the clock goes from 02:00 to 03:00 at 01:00Z.
    expect(nextWallClock(at('2026-03-29T00:00:00Z'), 150, 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
    expect(nextWallClock(at('2026-10-24T23:00:00Z'), 150, 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    // 02:30 comes again an hour later: what ends then does not wait for the next day.
    expect(nextWallClock(at('2026-10-25T00:30:00Z'), 150, 'Europe/Berlin')).toBe(at('2026-10-25T01:30:00Z'));
    expect(nextWallClock(at('2026-10-25T01:10:00Z'), 150, 'Europe/Berlin')).toBe(at('2026-10-25T01:30:00Z'));
    expect(nextWallClock(at('2026-10-25T01:30:00Z'), 150, 'Europe/Berlin')).toBe(at('2026-10-26T01:30:00Z'));
  });
});
