import type { PeakPrice } from '#shared/domain/policy';

/** The wire's limit (protocol/policy). */
export const MOST_PEAKS = 20;

/** What a new one begins with. */
export const newPeak: PeakPrice = { weekdays: [1, 2, 3, 4, 5], from: 7 * 60, until: 10 * 60, price: 6 };

/** The days with this one put in or taken out, ascending. */
export function toggledDay(weekdays: readonly number[], day: number): number[] {
  const others = weekdays.filter((one) => one !== day);
  return others.length < weekdays.length ? others : [...others, day].toSorted((a, b) => a - b);
}

/** Said at the field itself, where there is no time in it. */
export const NO_TIME = 'Give a time.';

/** What is wrong with peak prices, by their place; a time that is no time is NaN. */
export function peakProblems(peaks: readonly PeakPrice[]): Record<number, string> {
  return Object.fromEntries(
    peaks.flatMap(({ weekdays, from, until, price }, at): [number, string][] => {
      if (Number.isNaN(from) || Number.isNaN(until)) return [[at, NO_TIME]];
      if (weekdays.length === 0) return [[at, 'Choose a day at least.']];
      return Number.isInteger(price) && price >= 0 && price <= 10_000
        ? []
        : [[at, 'Give a whole number of credits from 0 to 10000.']];
    }),
  );
}
