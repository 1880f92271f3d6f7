import { expect, test } from 'vitest';
import { minuteText, parseMinute } from './clock-text';

test('C3 moments of the day go through their field and come back', () => {
  expect(parseMinute('22:30')).toBe(1350);
  expect(parseMinute('24:00')).toBeNull();
  expect(parseMinute('')).toBeNull();
  expect(minuteText(365)).toBe('06:05');
  for (let minute = 0; minute < 1440; minute++) expect(parseMinute(minuteText(minute))).toBe(minute);
});
