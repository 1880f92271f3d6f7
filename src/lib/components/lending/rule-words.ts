import type { DaysOff } from '#shared/domain/entities';
import type { RuleTimes } from '#shared/domain/rule-windows';
import { capitalized, formatList, screenLocale } from '../time/format';
import { hoursWords, weekdayWords } from '../time/weekly-words';

const DAY = 24 * 3_600_000;
/** `Mon–Fri, 08:30 – 17:30`. */
export function ruleTitle(rule: RuleTimes, locale = screenLocale()): string {
  return `${weekdayWords(rule.weekdays, 'short', locale)}, ${hoursWords(rule, locale)}`;
}

/** `Paused. From 1 Dec 2026 to 31 Jan 2027. Not on 24 Dec – 1 Jan.`; empty where there is nothing to add. `today` is `YYYY-MM-DD`. */
export function ruleDetail(rule: RuleTimes, today: string, locale = screenLocale()): string {
  const from = rule.startsOn > today ? `from ${dayWords(rule.startsOn, today, locale)}` : '';
  const to = rule.endsOn === null ? '' : `to ${dayWords(rule.endsOn, today, locale)}`;
  const span = [from, to].filter(Boolean).join(' ');
  const ahead = rule.daysOff.filter(({ until }) => until > today);
  const off =
    ahead.length === 0
      ? ''
      : `not on ${formatList(
          ahead.map((days) => daysOffWords(days, today, locale)),
          locale,
        )}`;
  return [rule.paused ? 'paused' : '', span, off]
    .filter(Boolean)
    .map((part) => `${capitalized(part)}.`)
    .join(' ');
}

/** `24 Dec`, `24 Dec – 1 Jan`: the last day off is said, not the first that is lent again. */
export function daysOffWords({ from, until }: DaysOff, today: string, locale = screenLocale()): string {
  const last = dayBefore(until);
  if (last === from) return dayWords(from, today, locale);
  return `${dayWords(from, today, locale)} – ${dayWords(last, today, locale)}`;
}

/** `24 Dec`, with the year when it is another than that of `today`. */
export function dayWords(day: string, today: string, locale = screenLocale()): string {
  return new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'short', timeZone: 'UTC' },
    ...(day.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' }),
  }).format(Date.parse(`${day}T00:00:00Z`));
}

/** The day before a `YYYY-MM-DD`. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
}

/** `The clocks go forward by an hour`, `The clocks go back by 30 minutes`: `shift` in ms. */
export function clockChangeWords(shift: number): string {
  const minutes = Math.abs(shift) / 60_000;
  const by = minutes === 60 ? 'an hour' : `${String(minutes)} minutes`;
  return `The clocks go ${shift > 0 ? 'forward' : 'back'} by ${by}`;
}
