import type { QuietHours } from './policy';

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
