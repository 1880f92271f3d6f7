import { expect, test } from 'vitest';
import { dataAge, isOld } from './data-age';

test('X7 the age of a copy, and from when on it may mislead', () => {
  expect(dataAge(null, 5)).toBeNull();
  expect(dataAge(1_000_000, 1_240_000)).toBe(240_000);
  expect(dataAge(1_000_000, 999_000)).toBe(0);
  expect([240_000, 299_999, 300_000].map(isOld)).toEqual([false, false, true]);
});
