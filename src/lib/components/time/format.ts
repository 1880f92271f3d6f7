import type { TimeRange } from '#shared/domain/time-range';
import { daysBetween } from './site-clock';

/*
 * The one module that turns times, durations and numbers into words, with Intl. The app's words are English, so a
 * phone set to another language gets British forms rather than a sentence in two languages; an English phone gets its own
 * (12-hour clocks where that is the habit).
 */

/** The language that formats follow: the device's when it is an English one. */
export function screenLocale(languages: readonly string[] = globalThis.navigator?.languages ?? []): string {
  const first = languages[0] ?? '';
  return /^en(-|$)/i.test(first) ? first : 'en-GB';
}

/** Formats times as a site's clock shows them. `now` decides what "today" is. All times in ms since 1970. */
export interface TimeFormat {
  readonly timeZone: string;
  /** `14:05` */
  time(at: number): string;
  /** `14:05:09`, for a clock that is seen to run. */
  clock(at: number): string;
  /** `Today`, `Tomorrow`, `Yesterday`, `Sat 28 Nov`, `Sat 2 Jan 2027` */
  day(at: number, now: number): string;
  /** `Tuesday` */
  weekday(at: number): string;
  /** `14:05` today, else `tomorrow 14:05`: for the end of a sentence. */
  moment(at: number, now: number): string;
  /** `Today, 14:00 – 17:00`, `Today 22:00 – Tomorrow 06:00` */
  window(range: TimeRange, now: number): string;
  /** `21 Nov 2026, 14:05`, for records. */
  record(at: number): string;
  /** `November 2026` */
  month(at: number): string;
  /** `Warsaw time (GMT+1)` */
  zoneName(at: number): string;
}

const formats = new Map<string, TimeFormat>();

/**
 * The same for words that are read at another time than they are made, as a notification on a locked screen: with the day's name
 * and date, never "today" or "tomorrow".
 */
export function lastingFormat(format: TimeFormat): TimeFormat {
  // From so far away every day has its date, and in the same year no year.
  const far = 40 * 86_400_000;
  const yearOf = (at: number): number => new Date(at).getUTCFullYear();
  const from = (at: number): number => (yearOf(at - far) === yearOf(at) ? at - far : at + far);
  return {
    ...format,
    day: (at) => format.day(at, from(at)),
    moment: (at) => format.moment(at, from(at)),
    window: (range) => format.window(range, from(range.start)),
  };
}

/** The formats for a site's time zone, made once for each. */
export function timeFormat(timeZone: string, locale = screenLocale()): TimeFormat {
  const key = `${locale} ${timeZone}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = createTimeFormat(timeZone, locale)));
  return format;
}

function createTimeFormat(timeZone: string, locale: string): TimeFormat {
  // Each is made when it is first asked for: one takes a slow phone some 10 ms, and the first screen needs two.
  const make = (options: Intl.DateTimeFormatOptions): (() => Intl.DateTimeFormat) => {
    let made: Intl.DateTimeFormat | null = null;
    return () => (made ??= new Intl.DateTimeFormat(locale, { timeZone, ...options }));
  };
  const time = make({ timeStyle: 'short' });
  const clock = make({ timeStyle: 'medium' });
  const day = make({ weekday: 'short', day: 'numeric', month: 'short' });
  const dayAndYear = make({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const weekday = make({ weekday: 'long' });
  const year = make({ year: 'numeric' });
  const record = make({ dateStyle: 'medium', timeStyle: 'short' });
  const month = make({ month: 'long', year: 'numeric' });
  const zone = make({ timeZoneName: 'shortOffset' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

  const dayInSentence = (at: number, now: number): string => {
    const days = daysBetween(now, at, timeZone);
    if (Math.abs(days) <= 1) return relative.format(days, 'day');
    return (year().format(at) === year().format(now) ? day : dayAndYear)().format(at);
  };
  const dayOf = (at: number, now: number): string => capitalized(dayInSentence(at, now));
  return {
    timeZone,
    time: (at) => time().format(at),
    clock: (at) => clock().format(at),
    day: dayOf,
    weekday: (at) => weekday().format(at),
    moment: (at, now) =>
      daysBetween(now, at, timeZone) === 0
        ? time().format(at)
        : `${dayInSentence(at, now)} ${time().format(at)}`,
    window: (range, now) =>
      daysBetween(range.start, range.end, timeZone) === 0
        ? `${dayOf(range.start, now)}, ${time().format(range.start)} – ${time().format(range.end)}`
        : `${dayOf(range.start, now)} ${time().format(range.start)} – ${dayOf(range.end, now)} ${time().format(range.end)}`,
    record: (at) => record().format(at),
    month: (at) => month().format(at),
    zoneName: (at) => {
      const city = timeZone.split('/').at(-1)!.replaceAll('_', ' ');
      const offset = zone()
        .formatToParts(at)
        .find((part) => part.type === 'timeZoneName')?.value;
      return offset && offset !== city ? `${city} time (${offset})` : `${city} time`;
    },
  };
}

/** Whether the device's own clock reads otherwise than the site's at that moment, so that a screen has to say whose time it shows. */
export function deviceZoneDiffers(siteZone: string, at: number, deviceZone?: string): boolean {
  const zone = deviceZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const read = (timeZone: string): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return read(zone) !== read(siteZone);
}

/** `2 hr 15 min`, `45 min`, `3 days 2 hr`; seconds are never shown and a started minute counts: it is time left. */
export function formatDuration(milliseconds: number, locale = screenLocale()): string {
  const minutes = Math.max(0, Math.ceil(milliseconds / 60_000));
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor((minutes % 1440) / 60), 'hour'],
    [minutes % 60, 'minute'],
  ];
  const shown = parts.filter(([value]) => value > 0).slice(0, 2);
  if (shown.length === 0) shown.push([0, 'minute']);
  return shown
    .map(([value, unit]) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value),
    )
    .join(' ');
}

/** `30 minutes`, `24 hours`, `1 hour 30 minutes`, `30 days`: a rule's length; days only from two on, as people say it. */
export function formatLength(milliseconds: number, locale = screenLocale()): string {
  const minutes = Math.round(milliseconds / 60_000);
  const inDays = minutes >= 2880 && minutes % 1440 === 0;
  const parts: [number, string][] = inDays
    ? [[minutes / 1440, 'day']]
    : [
        [Math.floor(minutes / 60), 'hour'],
        [minutes % 60, 'minute'],
      ];
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value),
    )
    .join(' ');
}

/** `22:00`: a moment of any day, by its minutes since midnight. */
export function formatMinuteOfDay(minute: number, locale = screenLocale()): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' }).format(minute * 60_000);
}

/** `3 credits`, `1 credit`. */
export function formatCredits(credits: number, locale = screenLocale()): string {
  const number = new Intl.NumberFormat(locale).format(credits);
  return Math.abs(credits) === 1 ? `${number} credit` : `${number} credits`;
}

/** `+3`, `−3`: a movement's amount, with a real minus sign. */
export function formatSigned(credits: number, locale = screenLocale()): string {
  const number = new Intl.NumberFormat(locale).format(Math.abs(credits));
  if (credits === 0) return number;
  return credits > 0 ? `+${number}` : `−${number}`;
}

/** `one, two and three`. */
export function formatList(items: readonly string[], locale = screenLocale()): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(items);
}

/** With a capital, for the beginning of a line. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
