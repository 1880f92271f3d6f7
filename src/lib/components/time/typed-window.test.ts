import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromWall, toWall } from './site-clock';
import { readWindow } from './typed-window';

const timeZone = 'Europe/Warsaw';
// A Saturday, 14:02.
const now = fromWall('2026-11-21T14:02', timeZone)!;
const at = { now, earliest: now, timeZone };

function read(text: string, where: Partial<typeof at> & { monthFirst?: boolean } = {}): string {
  const typed = readWindow(text, { ...at, ...where });
  return typed.problem ?? `${toWall(typed.start, timeZone)} ${toWall(typed.end, timeZone)}`;
}

describe('C4 a window as people type it', () => {
  test.each([
    ['18-20', '2026-11-21T18:00 2026-11-21T20:00'],
    ['18–20', '2026-11-21T18:00 2026-11-21T20:00'],
    ['1800-2000', '2026-11-21T18:00 2026-11-21T20:00'],
    ['tomorrow 930 to 1730', '2026-11-22T09:30 2026-11-22T17:30'],
    ['18 uhr - 20', '2026-11-21T18:00 2026-11-21T20:00'],
    ['von 18 Uhr bis 20 Uhr 30', '2026-11-21T18:00 2026-11-21T20:30'],
    ['18:30 to 20', '2026-11-21T18:30 2026-11-21T20:00'],
    ['18.30-20.15', '2026-11-21T18:30 2026-11-21T20:15'],
    ['tomorrow 9 to 17:30', '2026-11-22T09:00 2026-11-22T17:30'],
    ['9 to 17:30 tomorrow', '2026-11-22T09:00 2026-11-22T17:30'],
    ['Tomorrow, from 9 until 17:30', '2026-11-22T09:00 2026-11-22T17:30'],
    ['22-6', '2026-11-21T22:00 2026-11-22T06:00'],
    ['tomorrow 9-5', '2026-11-22T09:00 2026-11-22T17:00'],
    ['tomorrow 10-2', '2026-11-22T10:00 2026-11-22T14:00'],
    ['12-1 tomorrow', '2026-11-22T12:00 2026-11-22T13:00'],
    ['tomorrow 9am-5pm', '2026-11-22T09:00 2026-11-22T17:00'],
    ['6-8pm', '2026-11-21T18:00 2026-11-21T20:00'],
    ['tomorrow 11-1 pm', '2026-11-22T11:00 2026-11-22T13:00'],
    ['9 pm - 1', '2026-11-21T21:00 2026-11-22T01:00'],
    ['tomorrow noon to midnight', '2026-11-22T12:00 2026-11-23T00:00'],
    ['20-24', '2026-11-21T20:00 2026-11-22T00:00'],
    ['tomorrow all day', '2026-11-22T00:00 2026-11-23T00:00'],
    ['monday morning', '2026-11-23T08:00 2026-11-23T12:00'],
    ['tonight', '2026-11-21T18:00 2026-11-21T23:00'],
  ])('%s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    ['fri 8-12', '2026-11-27T08:00 2026-11-27T12:00'],
    ['on Wednesday 8-12', '2026-11-25T08:00 2026-11-25T12:00'],
    ['sat 18-20', '2026-11-21T18:00 2026-11-21T20:00'],
    // Today's is over.
    ['sat 8-12', '2026-11-28T08:00 2026-11-28T12:00'],
    ['next saturday 18-20', '2026-11-28T18:00 2026-11-28T20:00'],
    ['next week mon 9-10', '2026-11-23T09:00 2026-11-23T10:00'],
    ['Sunday next week 9-10', '2026-11-29T09:00 2026-11-29T10:00'],
    ['9-10 next week fri', '2026-11-27T09:00 2026-11-27T10:00'],
    ['28 nov 1800 - 2000', '2026-11-28T18:00 2026-11-28T20:00'],
    ['28 nov 2026 18-20', '2026-11-28T18:00 2026-11-28T20:00'],
    ['sun 10 - mon 18', '2026-11-22T10:00 2026-11-23T18:00'],
    ['fri 18 - sun 12', '2026-11-27T18:00 2026-11-29T12:00'],
    ['28 nov 9-17', '2026-11-28T09:00 2026-11-28T17:00'],
    ['Nov 28th, 9-17', '2026-11-28T09:00 2026-11-28T17:00'],
    ['28.11. 9-17', '2026-11-28T09:00 2026-11-28T17:00'],
    ['2026-11-28 9-17', '2026-11-28T09:00 2026-11-28T17:00'],
    ['3 january 9-17', '2027-01-03T09:00 2027-01-03T17:00'],
    ['29 february 9-17', '2028-02-29T09:00 2028-02-29T17:00'],
    ['3/12 9-17', '2026-12-03T09:00 2026-12-03T17:00'],
    ['30 feb 9-17', 'no_such_day'],
    ['28.11.2025 9-17', 'no_such_day'],
  ])('with a day: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test('3/12 is in March where months come first', () => {
    expect(read('3/12 9-17', { monthFirst: true })).toBe('2027-03-12T09:00 2027-03-12T17:00');
  });

  test.each([
    ['2h', '2026-11-21T14:02 2026-11-21T16:02'],
    ['for 90 min', '2026-11-21T14:02 2026-11-21T15:32'],
    ['1.5 hours', '2026-11-21T14:02 2026-11-21T15:32'],
    ['1,5 h', '2026-11-21T14:02 2026-11-21T15:32'],
    ['1h30', '2026-11-21T14:02 2026-11-21T15:32'],
    ['half an hour', '2026-11-21T14:02 2026-11-21T14:32'],
    ['until 18', '2026-11-21T14:02 2026-11-21T18:00'],
    ['until 6', '2026-11-21T14:02 2026-11-21T18:00'],
    ['until 6pm', '2026-11-21T14:02 2026-11-21T18:00'],
    ['now to 16', '2026-11-21T14:02 2026-11-21T16:00'],
    ['until tomorrow 8', '2026-11-21T14:02 2026-11-22T08:00'],
    ['in 1 h for 2 h', '2026-11-21T15:02 2026-11-21T17:02'],
    ['18 for 2h', '2026-11-21T18:00 2026-11-21T20:00'],
    ['tomorrow 22 for 8 hours', '2026-11-22T22:00 2026-11-23T06:00'],
    ['13 for 30 min', '2026-11-22T13:00 2026-11-22T13:30'],
  ])('from now or with a length: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test('in the hour that the clocks repeat, from now is from now', () => {
    // The second 02:30 of Berlin's night, an hour after the first.
    const second = Date.parse('2026-10-25T01:30Z');
    const where = { now: second, earliest: second, timeZone: 'Europe/Berlin' };
    const HOUR = 3_600_000;
    expect(readWindow('2h', where)).toEqual({ start: second, end: second + 2 * HOUR, problem: null });
    expect(readWindow('until 8', where)).toEqual({ start: second, end: second + 5.5 * HOUR, problem: null });
  });

  test('what has begun goes on from now, what is over is tomorrow’s', () => {
    expect(read('13-16')).toBe('2026-11-21T14:02 2026-11-21T16:00');
    expect(read('9-14')).toBe('2026-11-22T09:00 2026-11-22T14:00');
    expect(read('today 9-14')).toBe('2026-11-21T09:00 2026-11-21T14:00');
  });

  test.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['18', 'no_end'],
    ['tomorrow', 'no_end'],
    ['tomorrow 18:30', 'no_end'],
    ['soon', 'not_understood'],
    ['25-27', 'not_understood'],
    ['9:75-10', 'not_understood'],
    ['1875-2000', 'not_understood'],
    ['next week 9-10', 'not_understood'],
    ['1-2-3', 'not_understood'],
    ['tomorrow until 18', 'not_understood'],
  ])('says what is missing: "%s" is %s', (text, problem) => {
    expect(read(text)).toBe(problem);
  });

  test('never throws, and reads back every window that is written out', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789:-. apmhfortnuisdywe<>') }),
        (text) => void read(text),
      ),
    );
    const clock = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        clock,
        fc.integer({ min: 1, max: 700 }),
        (days, { hour, minute }, length) => {
          // Noon, and by the calendar, so that no change of clocks lies between.
          const day = new Date(Date.UTC(2026, 10, 21 + days)).toISOString().slice(0, 10);
          const two = (value: number): string => String(value).padStart(2, '0');
          const end = new Date(Date.UTC(2026, 10, 21 + days, hour, minute + length))
            .toISOString()
            .slice(0, 16);
          const start = `${day}T${two(hour)}:${two(minute)}`;
          const real =
            toWall(fromWall(start, timeZone)!, timeZone) === start &&
            toWall(fromWall(end, timeZone)!, timeZone) === end;
          fc.pre(real);
          expect(read(`${day} ${two(hour)}:${two(minute)} - ${end.slice(0, 10)} ${end.slice(11)}`)).toBe(
            `${start} ${end}`,
          );
        },
      ),
    );
  });

  test('by the site’s clock across a change of the clocks', () => {
    const before = fromWall('2026-10-24T20:00', timeZone)!;
    expect(read('22-6', { now: before, earliest: before })).toBe('2026-10-24T22:00 2026-10-25T06:00');
    expect(read('tomorrow 9-17', { now: before, earliest: before })).toBe(
      '2026-10-25T09:00 2026-10-25T17:00',
    );
  });
});
