import { expect, test } from 'vitest';
import {
  creditsSummary,
  hoursWords,
  lentAheadWords,
  monthNames,
  othersParkedSummary,
  parkedSummary,
} from './figure-words';
import { lentAhead, ownFigures, type OwnRows } from './own-figures';

const NOW = Date.UTC(2026, 3, 15, 10);
const HOUR = 3_600_000;

const figures = (rows: Partial<OwnRows>) =>
  ownFigures({ reservations: [], visits: [], movements: [], ...rows }, 'Europe/Berlin', NOW);
const past = (hours: number) => ({
  start: NOW - 9 * HOUR,
  end: NOW - (9 - hours) * HOUR,
  state: 'completed' as const,
});

test('B9 says all of it in one sentence', () => {
  expect(parkedSummary(figures({ reservations: [past(1)] }))).toBe('1 reservation, 1 hr in all.');
  const justBegun = { start: NOW - 20_000, end: NOW + HOUR, state: 'confirmed' as const };
  expect(parkedSummary(figures({ reservations: [justBegun] }))).toBe('1 reservation, just begun.');
  expect(othersParkedSummary(figures({ visits: [past(1), past(2)] }))).toBe(
    '2 reservations by others, 3 hrs in all.',
  );
  const movements = [{ amount: -3, reservationId: 'a', createdAt: NOW - HOUR }];
  expect(creditsSummary(figures({ movements }))).toBe('3 credits spent, 0 credits earned.');
});

test('B9 says plainly that there is nothing yet', () => {
  expect([parkedSummary(figures({})), othersParkedSummary(figures({})), creditsSummary(figures({}))]).toEqual(
    [
      ...['You have not parked here yet.', 'Nobody has parked on your slots yet.'],
      'No credits spent or earned yet.',
    ],
  );
});

test('B9 names months by the site’s calendar, not the phone’s', () => {
  const [, march] = figures({});
  expect(monthNames(march!, 'Europe/Berlin', 'en-GB')).toEqual({ short: 'Mar', long: 'March 2026' });
  expect([0, 1.5, 42, 0.25].map((hours) => hoursWords(hours, 'en-GB'))).toEqual([
    ...['0 hrs', '1 hr 30 mins', '42 hrs', '15 mins'],
  ]);
});

test('B9 says how much is lent from now on, and how much of that is taken', () => {
  const range = (from: number, to: number) => ({ start: NOW + from * HOUR, end: NOW + to * HOUR });
  const slots = [{ lent: [range(-5, 2), range(10, 20)] }, { lent: [range(1, 2)] }];
  const visit = { ...range(-1, 1), state: 'confirmed' as const };
  const cancelled = { ...range(10, 12), state: 'cancelled' as const };
  expect(lentAhead(slots, [visit, cancelled], NOW)).toEqual({ lent: 13 * HOUR, reserved: HOUR });
  expect(lentAheadWords({ lent: 13 * HOUR, reserved: HOUR })).toBe(
    'Lent from now on: 13 hrs, 1 hr of it reserved.',
  );
  expect(lentAheadWords({ lent: HOUR, reserved: 0 })).toBe(
    'Lent from now on: 1 hr, nothing of it is reserved yet.',
  );
  expect(lentAheadWords(lentAhead([], [], NOW))).toBe('Nothing is lent from now on.');
});
