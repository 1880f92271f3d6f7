import type { QuietHours } from './policy';

const MINUTE = 60_000;
/** Minutes of a day by the clock. */
const DAY = 24 * 60;

/** Made once a zone: the constructor costs a hundred times what a call does. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** C3: whether `at` (ms since 1970) lies in the quiet hours by the site's wall clock, right across DST changes. */
export function isQuiet({ from, until }: QuietHours, at: number, timeZone: string): boolean {
  const minute = minuteOfDay(at, timeZone);
  return from <= until ? from <= minute && minute < until : from <= minute || minute < until;
}

/** C3: whether leaving at `at` (ms since 1970) is in the quiet hours: at the moment they begin it is not. */
export function isQuietEnd(hours: QuietHours, at: number, timeZone: string): boolean {
  return isQuiet(hours, at, timeZone) && isQuiet(hours, at - 1, timeZone);
}

/** When the quiet hours that `at` lies in are over, ms since 1970; `at` itself where it lies in none. */
export function quietUntil(hours: QuietHours, at: number, timeZone: string): number {
  if (!isQuiet(hours, at, timeZone)) return at;
  const ahead = (from: number) => (hours.until - minuteOfDay(from, timeZone) + DAY) % DAY;
  let end = at - (at % MINUTE) + ahead(at) * MINUTE;
  // The clock may have leapt in between, and leap over the end itself.
  const off = ahead(end);
  end += (off > DAY / 2 ? off - DAY : off) * MINUTE;
  while (isQuiet(hours, end, timeZone)) end += 15 * MINUTE;
  return end;
}

/** Minutes since local midnight by the wall clock, 0 to 1439. */
export function minuteOfDay(at: number, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
  }
  const [hour, minute] = clock.format(at).split(':').map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
}
