import { formatList, formatMinuteOfDay, screenLocale } from './format';

/*
 * What comes every week, in words: days of 1 Monday to 7 Sunday, and hours as minutes since midnight.
 */

const DAY = 24 * 3_600_000;
const MONDAY = Date.UTC(2024, 0, 1);

/** `Mon`, or `Monday`. */
export function weekdayName(
  weekday: number,
  length: 'short' | 'long' = 'short',
  locale = screenLocale(),
): string {
  const format = new Intl.DateTimeFormat(locale, { weekday: length, timeZone: 'UTC' });
  return format.format(MONDAY + (weekday - 1) * DAY);
}

/** `Every day`, `Mon–Fri`, `Monday – Friday`, `Sat and Sun`: three days in a row, or more, are said as one. Ascending. */
export function weekdayWords(
  weekdays: readonly number[],
  length: 'short' | 'long' = 'short',
  locale = screenLocale(),
): string {
  if (weekdays.length === 7) return 'Every day';
  const runs: number[][] = [];
  for (const weekday of weekdays) {
    const last = runs.at(-1);
    if (last && last.at(-1) === weekday - 1) last.push(weekday);
    else runs.push([weekday]);
  }
  const name = (weekday: number): string => weekdayName(weekday, length, locale);
  const to = length === 'short' ? '–' : ' – ';
  const words = runs.flatMap((run) =>
    run.length > 2 ? [`${name(run[0]!)}${to}${name(run.at(-1)!)}`] : run.map(name),
  );
  return formatList(words, locale);
}

/** `08:30 – 17:30`, `22:00 – 07:00 the next day`, `all day`. */
export function hoursWords(
  { from, until }: { readonly from: number; readonly until: number },
  locale = screenLocale(),
): string {
  if (from === 0 && until === 0) return 'all day';
  const hours = `${formatMinuteOfDay(from, locale)} – ${formatMinuteOfDay(until, locale)}`;
  return until > from || until === 0 ? hours : `${hours} the next day`;
}
