import { expect, it } from 'vitest';
import { isVerified, VERIFIED_FOR } from './verification';

const NOW = 1_000_000_000_000;
const verified = (verifiedAt: number | null) => isVerified({ verifiedAt, now: NOW });

it('K6 a proof counts for five minutes, end not included, and never when there was none', () => {
  expect(VERIFIED_FOR).toBe(300_000);
  expect(verified(null)).toBe(false);
  expect(verified(NOW)).toBe(true);
  expect(verified(NOW - VERIFIED_FOR + 1)).toBe(true);
  expect(verified(NOW - VERIFIED_FOR)).toBe(false);
});

it('K6 a proof up to a minute ahead is a clock’s difference, one further ahead is none', () => {
  expect(verified(NOW + 60_000)).toBe(true);
  expect(verified(NOW + 60_001)).toBe(false);
});
