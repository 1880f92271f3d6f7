import { expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { timeFormat } from '../time/format';
import { fromWall } from '../time/site-clock';
import { canBeKept, keepWords } from './keep-words';

const zone = 'Europe/Warsaw';
const now = fromWall('2026-11-21T14:00', zone)!;
const HOUR = 3_600_000;
const window = { start: now, end: now + 4 * HOUR };

test('X3 keeping is offered for a window that ends within the lease time only', () => {
  expect(canBeKept({ leaseTime: 4 * HOUR }, window, now)).toBe(true);
  expect(canBeKept({ leaseTime: 4 * HOUR - 1 }, window, now)).toBe(false);
  expect(canBeKept({ leaseTime: 0 }, window, now)).toBe(false);
  expect(canBeKept(null, window, now)).toBe(false);
});

test('X3 one line says until when, what is certain and what it costs, never more than the price', () => {
  const words = (leasePrice: number) =>
    keepWords({ ...defaultPolicy, leasePrice }, window, now, timeFormat(zone, 'en-GB'));
  expect(words(1)).toBe(
    'Yours until 18:00, also without signal. Booking it later is certain. Costs 1 credit if you do not book.',
  );
  expect(words(9)).toMatch(/Costs 3 credits if/);
  expect(words(0)).toMatch(/Costs nothing if/);
});
