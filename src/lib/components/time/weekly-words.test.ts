import { expect, test } from 'vitest';
import { hoursWords, weekdayWords } from './weekly-words';

test.each([
  [[1, 2, 3, 4, 5, 6, 7], 'Every day', 'Every day'],
  [[1, 2, 3, 4, 5], 'Mon–Fri', 'Monday – Friday'],
  [[6, 7], 'Sat and Sun', 'Saturday and Sunday'],
  [[1, 3, 4, 5, 7], 'Mon, Wed–Fri and Sun', 'Monday, Wednesday – Friday and Sunday'],
  [[], '', ''],
])('C1 C5 the days %j are said as %s', (weekdays, short, long) => {
  expect(weekdayWords(weekdays, 'short', 'en-GB')).toBe(short);
  expect(weekdayWords(weekdays, 'long', 'en-GB')).toBe(long);
});

test('C1 C5 hours say where they go on the next day', () => {
  const said = [
    { from: 510, until: 1050 },
    { from: 1320, until: 420 },
    { from: 1320, until: 0 },
    { from: 0, until: 0 },
  ].map((hours) => hoursWords(hours, 'en-GB'));
  expect(said).toEqual(['08:30 – 17:30', '22:00 – 07:00 the next day', '22:00 – 00:00', 'all day']);
});
