import { expect, test } from 'vitest';
import { lentDays } from './lent-days';

const HOUR = 3_600_000;
const window = (start: number, end: number) => ({ start: start * HOUR, end: end * HOUR });
const days = [
  { day: 'Mon', windows: [window(8, 18)], change: null },
  { day: 'Tue', windows: [window(32, 42)], change: null },
  { day: 'Wed', windows: [], change: null },
  { day: 'Sun', windows: [], change: { shift: HOUR } },
];

test('C1 the rules’ preview shows the days on which something is lent, or the clock changes', () => {
  expect(lentDays(days, []).map(({ day }) => day)).toEqual(['Mon', 'Tue', 'Sun']);
});

test('C1 what was taken back by hand is not shown as lent: neither an hour of a day nor all of it', () => {
  const exceptions = [window(10, 12), window(30, 42)];
  expect(lentDays(days, exceptions)).toEqual([
    { day: 'Mon', windows: [window(8, 10), window(12, 18)], change: null },
    days[3],
  ]);
});
