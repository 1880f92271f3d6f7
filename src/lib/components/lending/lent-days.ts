import { subtract, type TimeRange } from '#shared/domain/time-range';

interface RuleDay {
  readonly windows: readonly TimeRange[];
  /** How the clock changes on that day; null where it does not. */
  readonly change: unknown;
}

/** C1: the days on which rules lend something, or the clock changes; what was taken back by hand is not lent. */
export function lentDays<D extends RuleDay>(days: readonly D[], exceptions: readonly TimeRange[]): D[] {
  return days
    .map((day): D => {
      const windows = exceptions.reduce<readonly TimeRange[]>(subtract, day.windows);
      return { ...day, windows };
    })
    .filter(({ windows, change }) => windows.length > 0 || change !== null);
}
