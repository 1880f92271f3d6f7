import { expect, test } from 'vitest';
import type { RuleTimes } from '#shared/domain/rule-windows';
import { hoursWords, weekdayName, weekdayWords } from '../time/weekly-words';
import { clockChangeWords, dayBefore, daysOffWords, ruleDetail, ruleTitle } from './rule-words';

const locale = 'en-GB';
const today = '2026-11-22';
const rule = (fields: Partial<RuleTimes> = {}): RuleTimes => ({
  ...{ weekdays: [1, 2, 3, 4, 5], from: 510, until: 1050, startsOn: '2026-01-01', endsOn: null },
  ...{ daysOff: [], paused: false },
  ...fields,
});

test('C1 says days in a row as one, and Monday is the first', () => {
  expect(weekdayName(1, 'long', locale)).toBe('Monday');
  expect(weekdayWords([1, 2, 3, 4, 5, 6, 7], 'short', locale)).toBe('Every day');
  expect(weekdayWords([1, 2, 3, 6], 'short', locale)).toBe('Mon–Wed and Sat');
  expect(weekdayWords([6, 7], 'short', locale)).toBe('Sat and Sun');
});

test('C1 says hours over midnight, to midnight, and of a whole day', () => {
  expect(hoursWords({ from: 510, until: 1050 }, locale)).toBe('08:30 – 17:30');
  expect(hoursWords({ from: 1320, until: 420 }, locale)).toBe('22:00 – 07:00 the next day');
  expect(hoursWords({ from: 1320, until: 0 }, locale)).not.toContain('next day');
  expect(hoursWords({ from: 0, until: 0 }, locale)).toBe('all day');
  expect(ruleTitle(rule(), locale)).toBe('Mon–Fri, 08:30 – 17:30');
});

test('C1 adds only what there is to add: a pause, a span, days off ahead', () => {
  expect(ruleDetail(rule(), today, locale)).toBe('');
  const over = { from: '2026-11-01', until: today };
  expect(ruleDetail(rule({ daysOff: [over] }), today, locale)).toBe('');
  const full = rule({
    ...{ paused: true, startsOn: '2026-12-01', endsOn: '2027-01-31' },
    daysOff: [over, { from: '2026-12-24', until: '2027-01-02' }],
  });
  expect(ruleDetail(full, today, locale)).toBe(
    'Paused. From 1 Dec to 31 Jan 2027. Not on 24 Dec – 1 Jan 2027.',
  );
});

test('C1 names the last day off, over a leap day too', () => {
  expect(daysOffWords({ from: '2026-12-24', until: '2026-12-25' }, today, locale)).toBe('24 Dec');
  expect(dayBefore('2028-03-01')).toBe('2028-02-29');
  expect(dayBefore('2027-01-01')).toBe('2026-12-31');
});

test('C1 says by how much the clocks change', () => {
  expect(clockChangeWords(3_600_000)).toBe('The clocks go forward by an hour');
  expect(clockChangeWords(-1_800_000)).toBe('The clocks go back by 30 minutes');
});
