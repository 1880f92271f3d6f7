import { describe, expect, test } from 'vitest';
import {
  deviceZoneDiffers,
  formatCredits,
  formatDuration,
  formatLength,
  formatList,
  formatMinuteOfDay,
  formatSigned,
  screenLocale,
  timeFormat,
} from './format';
import { fromWall } from './site-clock';

const zone = 'Europe/Warsaw';
const british = timeFormat(zone, 'en-GB');
const american = timeFormat(zone, 'en-US');
const at = (wall: string): number => fromWall(wall, zone)!;
const now = at('2026-11-21T13:00');
/** Intl puts narrow and no-break spaces that differ between releases of its data. */
const plain = (text: string): string => text.replace(/[\u00a0\u2009\u202f]/g, ' ');

describe('times', () => {
  test('C12 follow the locale, in the zone of the site', () => {
    expect(british.time(Date.parse('2026-11-21T13:02:00Z'))).toBe('14:02');
    expect(plain(american.time(Date.parse('2026-11-21T13:02:00Z')))).toBe('2:02 PM');
    expect(british.clock(Date.parse('2026-11-21T13:02:09Z'))).toBe('14:02:09');
  });

  test.each([
    ['2026-11-21T23:59', 'Today'],
    ['2026-11-22T00:00', 'Tomorrow'],
    ['2026-11-20T12:00', 'Yesterday'],
    ['2026-11-28T12:00', 'Sat 28 Nov'],
    ['2027-01-02T12:00', 'Sat, 2 Jan 2027'],
  ])('the day of %s is %s', (wall, expected) => {
    expect(british.day(at(wall), now).replace(/^(\w{3}) (\d+ \w+ \d{4})/, '$1, $2')).toBe(expected);
  });

  test('a window in one day, across midnight, and a moment', () => {
    const window = (start: string, end: string): string =>
      british.window({ start: at(start), end: at(end) }, now);
    expect(window('2026-11-21T14:00', '2026-11-21T17:00')).toBe('Today, 14:00 – 17:00');
    expect(window('2026-11-21T22:00', '2026-11-22T06:00')).toBe('Today 22:00 – Tomorrow 06:00');
    expect(british.moment(at('2026-11-21T17:00'), now)).toBe('17:00');
    expect(british.moment(at('2026-11-22T17:00'), now)).toBe('tomorrow 17:00');
  });

  test('the night the clocks go back shows the wall clock at both ends', () => {
    const night = { start: at('2026-10-24T22:00'), end: at('2026-10-25T06:00') };
    expect(british.window(night, at('2026-10-24T12:00'))).toBe('Today 22:00 – Tomorrow 06:00');
    expect(formatDuration(night.end - night.start, 'en-US')).toBe('9 hr');
  });

  test('the zone has a name with its present offset', () => {
    expect(british.zoneName(now)).toBe('Warsaw time (GMT+1)');
    expect(british.zoneName(at('2026-07-01T12:00'))).toBe('Warsaw time (GMT+2)');
  });

  test('a device in the same wall time needs no remark', () => {
    expect(deviceZoneDiffers(zone, now, 'Europe/Berlin')).toBe(false);
    expect(deviceZoneDiffers(zone, now, 'Europe/London')).toBe(true);
    // Berlin and Tunis read the same in winter only.
    expect(deviceZoneDiffers(zone, now, 'Africa/Tunis')).toBe(false);
    expect(deviceZoneDiffers(zone, at('2026-07-01T12:00'), 'Africa/Tunis')).toBe(true);
  });
});

test.each([
  [0, '0 min'],
  [1, '1 min'],
  [45 * 60_000, '45 min'],
  [135 * 60_000, '2 hr 15 min'],
  [26 * 3_600_000, '1 day 2 hr'],
  [-5, '0 min'],
])('%d ms is %s', (duration, expected) => {
  expect(plain(formatDuration(duration, 'en-US'))).toBe(expected);
});

test('numbers and lists', () => {
  expect([formatCredits(1, 'en'), formatCredits(3, 'en'), formatCredits(0, 'en')]).toEqual([
    '1 credit',
    '3 credits',
    '0 credits',
  ]);
  expect([formatSigned(3, 'en'), formatSigned(-3, 'en'), formatSigned(0, 'en')]).toEqual(['+3', '−3', '0']);
  expect(formatList(['09:00', '10:00', '11:00'], 'en-GB')).toBe('09:00, 10:00 and 11:00');
});

test('words and formats are of one language', () => {
  expect(screenLocale(['en-US', 'de'])).toBe('en-US');
  expect(screenLocale(['de-DE', 'en-US'])).toBe('en-GB');
  expect(screenLocale([])).toBe('en-GB');
});

test('a rule’s length counts in days only from two on', () => {
  const HOUR = 3_600_000;
  const lengths = [HOUR / 2, 1.5 * HOUR, 24 * HOUR, 48 * HOUR, 36 * HOUR].map((length) =>
    formatLength(length, 'en-GB'),
  );
  expect(lengths).toEqual(['30 minutes', '1 hour 30 minutes', '24 hours', '2 days', '36 hours']);
  expect(formatMinuteOfDay(22 * 60 + 5, 'en-GB')).toBe('22:05');
});
