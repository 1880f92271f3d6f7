import { describe, expect, test } from 'vitest';
import { timeFormat } from './format';
import { fromWall } from './site-clock';
import { habitsOf, habitWords, type PastReservation } from './habits';

const timeZone = 'Europe/Berlin';
const at = (wall: string): number => fromWall(wall, timeZone)!;
// A Thursday.
const now = at('2026-11-26T12:00');

function past(start: string, end: string, fields: Partial<PastReservation> = {}): PastReservation {
  return {
    start: at(start),
    end: at(end),
    state: 'completed',
    mark: 'confirmed',
    cancelWaiting: false,
    ...fields,
  };
}

const tuesdays = [
  past('2026-11-10T09:00', '2026-11-10T17:00'),
  past('2026-11-17T09:00', '2026-11-17T17:00'),
  past('2026-11-24T09:02', '2026-11-24T17:00'),
];

describe('C4 remembered habits', () => {
  test('as last Tuesday, next Tuesday', () => {
    expect(habitsOf(tuesdays, { now, timeZone })).toEqual([
      { start: at('2026-12-01T09:00'), end: at('2026-12-01T17:00'), last: at('2026-11-24T09:02'), count: 3 },
    ]);
  });

  test('later today when its time is still to come, else in a week', () => {
    const thursday = (start: string, end: string) => [past(`2026-11-19T${start}`, `2026-11-19T${end}`)];
    expect(habitsOf(thursday('18:00', '20:00'), { now, timeZone })[0]!.start).toBe(at('2026-11-26T18:00'));
    expect(habitsOf(thursday('09:00', '10:00'), { now, timeZone })[0]!.start).toBe(at('2026-12-03T09:00'));
  });

  test('what is often and lately comes first when there are many, shown by when they come', () => {
    const once = [
      past('2026-10-05T09:00', '2026-10-05T10:00'),
      past('2026-11-20T08:00', '2026-11-20T10:00'),
      past('2026-11-22T08:00', '2026-11-22T10:00'),
    ];
    const starts = habitsOf([...once, ...tuesdays], { now, timeZone }).map(({ start }) => start);
    expect(starts).toEqual([at('2026-11-27T08:00'), at('2026-11-29T08:00'), at('2026-12-01T09:00')]);
  });

  test('not what was called off, refused, is long ago, or is reserved already', () => {
    const window = ['2026-11-19T18:00', '2026-11-19T20:00'] as const;
    expect(habitsOf([past(...window, { state: 'cancelled' })], { now, timeZone })).toEqual([]);
    expect(habitsOf([past(...window, { mark: 'refused' })], { now, timeZone })).toEqual([]);
    expect(habitsOf([past(...window, { cancelWaiting: true })], { now, timeZone })).toEqual([]);
    expect(
      habitsOf([past('2026-11-26T11:00', '2026-11-26T13:00', { state: 'confirmed' })], { now, timeZone }),
    ).toEqual([]);
    expect(habitsOf([past('2026-09-17T18:00', '2026-09-17T20:00')], { now, timeZone })).toEqual([]);
    const booked = past('2026-11-26T19:00', '2026-11-26T21:00', { state: 'confirmed', mark: 'waiting' });
    expect(habitsOf([past(...window), booked], { now, timeZone })).toEqual([]);
  });

  test('keeps its time of day across a change of the clocks', () => {
    const summer = at('2026-10-22T12:00');
    const sunday = [past('2026-10-18T09:00', '2026-10-18T11:00')];
    expect(habitsOf(sunday, { now: summer, timeZone })[0]).toMatchObject({
      start: at('2026-10-25T09:00'),
      end: at('2026-10-25T11:00'),
    });
  });
});

test('C4 a habit in words', () => {
  const format = timeFormat(timeZone, 'en-GB');
  const words = (last: string, count: number): string =>
    habitWords({ start: 0, end: 1, last: at(last), count }, now, format);
  expect(words('2026-11-24T09:02', 1)).toBe('As last Tuesday');
  expect(words('2026-11-19T18:00', 1)).toBe('As last Thursday');
  expect(words('2026-11-26T08:00', 3)).toBe('As today');
  expect(words('2026-11-17T09:02', 2)).toBe('As on Tuesdays');
  expect(words('2026-11-10T09:02', 1)).toBe('As on Tue 10 Nov');
});
