import type { TimeRange } from '#shared/domain/time-range';

/*
 * Wall-clock time of a site: what its residents read off the clock in the hall, whatever zone the phone is in.
 * Built on Intl alone; offsets change with daylight saving time, so nothing here adds hours to get to another day.
 */

/** `2026-03-29T14:05`: what `<input type="datetime-local">` holds. */
export type WallTime = string;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const readers = new Map<string, Intl.DateTimeFormat>();

function readerOf(timeZone: string): Intl.DateTimeFormat {
  let reader = readers.get(timeZone);
  if (!reader) {
    const twoDigits = '2-digit';
    reader = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: twoDigits,
      day: twoDigits,
      hour: twoDigits,
      minute: twoDigits,
    });
    readers.set(timeZone, reader);
  }
  return reader;
}

/** The wall time at `at` (ms since 1970) in `timeZone` (IANA), seconds cut off. */
export function toWall(at: number, timeZone: string): WallTime {
  const parts = new Map(
    readerOf(timeZone)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

/** The wall time read as if it were UTC; null when it is not one. */
function asUtc(wall: WallTime): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(wall)) return null;
  const at = Date.parse(`${wall.slice(0, 16)}Z`);
  return Number.isNaN(at) ? null : at;
}

function offsetAt(at: number, timeZone: string): number {
  const minute = Math.floor(at / 60_000) * 60_000;
  return asUtc(toWall(minute, timeZone))! - minute;
}

/**
 * The moment (ms since 1970) a wall time names. A time that happens twice (clocks go back) is the earlier one; a time
 * that does not happen (clocks go forward) is as much later as the clocks jump. null for text that is no time.
 */
export function fromWall(wall: WallTime, timeZone: string): number | null {
  const utc = asUtc(wall);
  if (utc === null) return null;
  const before = offsetAt(utc - DAY, timeZone);
  const after = offsetAt(utc + DAY, timeZone);
  const candidates = [utc - before, utc - after].filter((at) => offsetAt(at, timeZone) === utc - at);
  return candidates.length > 0 ? Math.min(...candidates) : utc - before;
}

/** The first moment of the day that is `days` days after the one `at` falls in. */
export function startOfDay(at: number, timeZone: string, days = 0): number {
  const midnight = asUtc(`${toWall(at, timeZone).slice(0, 10)}T00:00`)! + days * DAY;
  return fromWall(new Date(midnight).toISOString().slice(0, 16), timeZone)!;
}

/** The moment of `hour` o'clock on the day `at` falls in. */
export function atHour(at: number, timeZone: string, hour: number): number {
  const day = toWall(at, timeZone).slice(0, 10);
  return fromWall(`${day}T${String(hour).padStart(2, '0')}:00`, timeZone)!;
}

/** The first moment after `at` at which the clock shows this minute of the day, 0 to 1439. */
export function atMinuteAfter(at: number, timeZone: string, minute: number): number {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const time = `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
  const on = (days: number): number =>
    fromWall(`${toWall(startOfDay(at, timeZone, days), timeZone).slice(0, 10)}T${time}`, timeZone)!;
  return on(0) > at ? on(0) : on(1);
}

/** 0 to 23, by the wall clock. */
export function hourOf(at: number, timeZone: string): number {
  return Number(toWall(at, timeZone).slice(11, 13));
}

/** How many days lie between the days of the two moments: 0 the same day, 1 when `b` is the day after `a`. */
export function daysBetween(a: number, b: number, timeZone: string): number {
  const day = (at: number): number => asUtc(`${toWall(at, timeZone).slice(0, 10)}T00:00`)!;
  return (day(b) - day(a)) / DAY;
}

/** `at` without its seconds: windows begin on a minute, as inputs and people name them. */
export function floorToMinute(at: number): number {
  return Math.floor(at / 60_000) * 60_000;
}

/** The last moment not after `at` at which the clock shows a full hour: many zones are half an hour off UTC. */
export function floorToHour(at: number, timeZone: string): number {
  let moment = floorToMinute(at);
  // Once, and once more where the clocks jump by half an hour in between.
  for (let past = minuteOf(moment, timeZone); past !== 0; past = minuteOf(moment, timeZone))
    moment -= past * 60_000;
  return moment;
}

/** The first moment not before `at` at which the clock shows a full hour. */
export function ceilToHour(at: number, timeZone: string): number {
  let moment = Math.ceil(at / 60_000) * 60_000;
  for (let past = minuteOf(moment, timeZone); past !== 0; past = minuteOf(moment, timeZone))
    moment += (60 - past) * 60_000;
  return moment;
}

/** The moments in a range (half-open) at which the clock shows a full hour, in order. */
export function hoursIn({ start, end }: TimeRange, timeZone: string): number[] {
  const hours: number[] = [];
  for (let at = ceilToHour(start, timeZone); at < end; at = ceilToHour(at + 1, timeZone)) hours.push(at);
  return hours;
}

function minuteOf(at: number, timeZone: string): number {
  return Number(toWall(at, timeZone).slice(14, 16));
}
