import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atHour, atMinuteAfter, daysBetween, fromWall, hourOf, startOfDay, toWall } from './site-clock';

const zones = ['Europe/Warsaw', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC'];
const utc = (text: string): number => Date.parse(`${text}Z`);

describe('wall time', () => {
  test.each([
    ['winter', '2026-01-15T14:05', 'Europe/Warsaw', '2026-01-15T13:05'],
    ['summer', '2026-07-15T14:05', 'Europe/Warsaw', '2026-07-15T12:05'],
    [
      'the hour that is skipped becomes an hour later',
      '2026-03-29T02:30',
      'Europe/Warsaw',
      '2026-03-29T01:30',
    ],
    ['the hour that happens twice is the first', '2026-10-25T02:30', 'Europe/Warsaw', '2026-10-25T00:30'],
    ['a half-hour jump', '2026-10-04T02:10', 'Australia/Lord_Howe', '2026-10-03T15:40'],
    ['a zone of three quarters', '2026-05-01T00:00', 'Asia/Kathmandu', '2026-04-30T18:15'],
  ])('%s', (_name, wall, zone, expected) => {
    expect(fromWall(wall, zone)).toBe(utc(expected));
  });

  test.each(['', 'tomorrow', '2026-13-01T10:00', '2026-01-01'])('%j is no time', (text) => {
    expect(fromWall(text, 'Europe/Warsaw')).toBeNull();
  });

  test('takes the seconds that some browsers add', () => {
    expect(fromWall('2026-01-15T14:05:00', 'UTC')).toBe(utc('2026-01-15T14:05'));
  });

  test('reads back what it wrote, but for the hour that happens twice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: utc('2099-12-31T00:00') }),
        fc.constantFrom(...zones),
        (at, zone) => {
          const wall = toWall(at, zone);
          expect(toWall(fromWall(wall, zone)!, zone)).toBe(wall);
        },
      ),
    );
  });
});

describe('days', () => {
  test('a day with 23 hours and one with 25', () => {
    const length = (day: string): number => {
      const at = fromWall(`${day}T12:00`, 'Europe/Warsaw')!;
      return (startOfDay(at, 'Europe/Warsaw', 1) - startOfDay(at, 'Europe/Warsaw')) / 3_600_000;
    };
    expect([length('2026-03-29'), length('2026-10-25'), length('2026-11-21')]).toEqual([23, 25, 24]);
  });

  test('tomorrow is by the wall clock, not by 24 hours', () => {
    const lateEvening = fromWall('2026-11-21T23:30', 'Europe/Warsaw')!;
    expect(daysBetween(lateEvening, lateEvening + 3_600_000, 'Europe/Warsaw')).toBe(1);
    expect(daysBetween(lateEvening, lateEvening + 3_600_000, 'UTC')).toBe(0);
    expect(daysBetween(lateEvening, lateEvening - 86_400_000, 'Europe/Warsaw')).toBe(-1);
  });

  test('an hour of the same day', () => {
    const morning = fromWall('2026-10-25T01:00', 'Europe/Warsaw')!;
    expect(toWall(atHour(morning, 'Europe/Warsaw', 20), 'Europe/Warsaw')).toBe('2026-10-25T20:00');
    expect(hourOf(morning, 'Europe/Warsaw')).toBe(1);
  });
});

test('the next time the clock shows a minute of the day, the same length of night or not', () => {
  const zone = 'Europe/Warsaw';
  const evening = fromWall('2026-10-24T22:00', zone)!;
  expect(atMinuteAfter(evening, zone, 6 * 60)).toBe(fromWall('2026-10-25T06:00', zone));
  expect(atMinuteAfter(evening, zone, 22 * 60)).toBe(fromWall('2026-10-25T22:00', zone));
  expect(atMinuteAfter(evening, zone, 22 * 60 + 1) - evening).toBe(60_000);
});
