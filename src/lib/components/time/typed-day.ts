import { daysBetween, fromWall, toWall } from './site-clock';

/*
 * C4: the days in what was typed, and words that mean times. Both are put in plain form first, so that the grammar of
 * typed-window.ts stays small: `tomorrow` becomes `<1>`, a weekday `<4w>` (that day, or a week later when it is over).
 */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH = String.raw`(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`;
/** Not four digits before a dash: `28 nov 1800 - 2000` are times. */
const YEAR = String.raw`(?: (\d{4})(?! ?-))?(?=\s|$)`;
const WEEKDAY = String.raw`(sun|mon|tue|wed|thu|fri|sat)(?:s?day|nesday|rsday|urday|sday|s|rs|r)?`;

/** Lower case, one kind of dash, and times instead of words like `noon` or `evening`. */
export function withPlainWords(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/(\d),(\d)/g, '$1.$2')
      .replace(/[,;]/g, ' ')
      .replace(/[‐‑‒–—−]/g, '-')
      .replace(/\b(a\.m\.|p\.m\.)/g, (half) => half.replaceAll('.', ''))
      .replace(/\bhalf an hour\b/g, '30 min')
      .replace(/\ban? hour\b/g, '1 h')
      .replace(/\ball day\b/g, '0-24')
      // A house in Germany types so, whatever language its phones have.
      .replace(/(\d) ?uhr (\d{2})\b/g, '$1:$2')
      .replace(/(\d) ?uhr\b/g, '$1')
      .replace(/\btonight\b/g, 'today 18-23')
      .replace(/\bmorning\b/g, '8-12')
      .replace(/\bafternoon\b/g, '12-18')
      .replace(/\bevening\b/g, '18-22')
      .replace(/\bnoon\b/g, '12:00')
      .replace(/\bmidnight\b/g, '24:00')
      .replace(/\b(from|von|at|on|between|the|o'clock)\b/g, ' ')
      .replace(/(\d)(st|nd|rd|th)\b/g, '$1')
      .replace(/ (to|until|till|til|through|and|bis) /g, ' - ')
      .replace(/^(to|until|till|til|bis) /g, '- ')
      .replace(/\s+/g, ' ')
      .trim()
  );
}

interface Today {
  readonly now: number;
  readonly timeZone: string;
  readonly monthFirst?: boolean;
}

/** The text with its days as `<days from today>`; null when it names a day that no calendar has. */
export function withDays(text: string, today: Today): string | null {
  let isReal = true;
  const mark = (year: string | undefined, month: number, day: string): string => {
    const days = daysTo(year, month, Number(day), today);
    if (days === null || days < 0) isReal = false;
    return ` <${String(days ?? 0)}> `;
  };
  const monthOf = (word: string): number => MONTHS.indexOf(word) + 1;
  const named = text
    .replace(/\b(\d{4})-(\d{1,2})-(\d{1,2})\b/g, (_, year: string, month: string, day: string) =>
      mark(year, Number(month), day),
    )
    .replace(
      new RegExp(String.raw`\b(\d{1,2})\.? ${MONTH}${YEAR}`, 'g'),
      (_, day: string, month: string, year?: string) => mark(year, monthOf(month), day),
    )
    .replace(
      new RegExp(String.raw`\b${MONTH} (\d{1,2})${YEAR}`, 'g'),
      (_, month: string, day: string, year?: string) => mark(year, monthOf(month), day),
    )
    .replace(/\b(\d{1,2})\.(\d{1,2})\.(\d{4})?(?=\s|$)/g, (_, day: string, month: string, year?: string) =>
      mark(year, Number(month), day),
    )
    .replace(/\b(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?\b/g, (_, one: string, other: string, year?: string) =>
      today.monthFirst ? mark(year, Number(one), other) : mark(year, Number(other), one),
    )
    .replace(
      new RegExp(String.raw`\b(?:next week ${WEEKDAY}|${WEEKDAY} next week)\b`, 'g'),
      (_, before?: string, after?: string) => ` <${String(inNextWeek(before ?? after ?? '', today))}> `,
    )
    .replace(new RegExp(String.raw`\b(?:next )?${WEEKDAY}\b`, 'g'), (word, day: string) => {
      const ahead = (WEEKDAYS.indexOf(day) - weekdayOf(today) + 7) % 7;
      return ` <${String(word.startsWith('next') && ahead === 0 ? 7 : ahead)}w> `;
    })
    .replace(/\btoday\b/g, ' <0> ')
    .replace(/\b(?:tomorrow|tmr|tmrw)\b/g, ' <1> ')
    .replace(/\s+/g, ' ')
    .trim();
  return isReal ? named : null;
}

/** Days to a weekday of the week after this one; weeks begin on Monday. */
function inNextWeek(day: string, today: Today): number {
  const sinceMonday = (weekday: number): number => (weekday + 6) % 7;
  return 7 - sinceMonday(weekdayOf(today)) + sinceMonday(WEEKDAYS.indexOf(day));
}

function weekdayOf({ now, timeZone }: Today): number {
  return new Date(`${toWall(now, timeZone).slice(0, 10)}T00:00Z`).getUTCDay();
}

/** Without a year the next such day. */
function daysTo(year: string | undefined, month: number, day: number, today: Today): number | null {
  const thisYear = Number(toWall(today.now, today.timeZone).slice(0, 4));
  // The 29th of February may be eight years away.
  const years =
    year === undefined ? [0, 1, 2, 3, 4, 5, 6, 7, 8].map((ahead) => thisYear + ahead) : [Number(year)];
  const days = years
    .map((candidate) => daysUntil(candidate, month, day, today))
    .filter((ahead) => ahead !== null);
  return days.find((ahead) => ahead >= 0) ?? days[0] ?? null;
}

function daysUntil(year: number, month: number, day: number, { now, timeZone }: Today): number | null {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
  const noon = fromWall(`${date}T12:00`, timeZone);
  if (noon === null || toWall(noon, timeZone).slice(0, 10) !== date) return null;
  return daysBetween(now, noon, timeZone);
}
