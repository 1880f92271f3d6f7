import type { TimeRange } from '#shared/domain/time-range';
import { fromWall, startOfDay, toWall } from './site-clock';
import { withDays, withPlainWords } from './typed-day';

/*
 * C4: a window as people type it: `18-20`, `tomorrow 9 to 17:30`, `fri 9am-5pm`, `22 for 8 h`, `until 18`, `2h`. What was
 * understood is always shown in words before it is used, so a guess (`9-5` is nine to five) can be seen.
 */

const MINUTE = 60_000;
const DAY_MINUTES = 1440;
const NOON = 720;

/** Where and when it is typed: `now` and `earliest` (what "now" means to the rules) in ms since 1970. */
export interface TypedAt {
  readonly now: number;
  readonly earliest: number;
  readonly timeZone: string;
  /** Whether `3/4` is the fourth of March, as Americans write. */
  readonly monthFirst?: boolean;
}

export type TypedWindow =
  | (TimeRange & { readonly problem: null })
  /** `no_end`: a beginning alone. `no_such_day`: the 31st of February. */
  | { readonly problem: 'empty' | 'not_understood' | 'no_end' | 'no_such_day' };

interface TimeOfDay {
  /** Minutes since midnight, to 1440. */
  readonly minute: number;
  readonly half: 'am' | 'pm' | null;
}

/** A moment as it was typed: days from today, and whether the same weekday a week later is meant when it is over. */
interface Side {
  readonly day: number | null;
  readonly weekly: boolean;
  readonly time: TimeOfDay | null;
}

/** Reads a window by the site's clock, as moments: in the hour that the clocks repeat a wall time would name two. */
export function readWindow(text: string, at: TypedAt): TypedWindow {
  const plain = withPlainWords(text);
  if (plain === '') return { problem: 'empty' };
  const named = withDays(plain, at);
  if (named === null) return { problem: 'no_such_day' };
  return readLength(named, at) ?? readRange(named, at);
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const HOURS = String.raw`(${NUMBER}) ?(?:hours?|hrs?|h)`;
const MINUTES = String.raw`(\d+) ?(?:minutes?|mins?|m)`;
const LENGTH = String.raw`(?:${HOURS}(?: ?(\d+) ?(?:minutes?|mins?|m)?)?|${MINUTES}|(${NUMBER}) ?days?)`;
const lengthAlone = new RegExp(`^(?:for )?${LENGTH}$`);
const lengthAfter = new RegExp(String.raw`^(.+?) (?:for|\+) ?${LENGTH}$`);
const lengthFirst = new RegExp(`^in ${LENGTH}$`);

/** `2h`, `18 for 90 min`, `in 1 h for 2 h`; null when no length is named. */
function readLength(text: string, at: TypedAt): TypedWindow | null {
  const alone = lengthAlone.exec(text);
  if (alone) return from(at.earliest, lengthOf(alone, 1));
  const after = lengthAfter.exec(text);
  if (!after) return null;
  const length = lengthOf(after, 2);
  const delayed = lengthFirst.exec(after[1]!);
  if (delayed) return from(at.earliest + lengthOf(delayed, 1), length);
  if (after[1] === 'now') return from(at.earliest, length);
  const side = readSide(after[1]!);
  if (!side?.time) return { problem: 'not_understood' };
  const start = momentOf(side.day ?? 0, side.time.minute, at);
  const isOver = start + length <= at.now;
  return from(isOver ? momentOf((side.day ?? 0) + later(side), side.time.minute, at) : start, length);
}

function from(start: number, length: number): TypedWindow {
  return { start, end: start + length, problem: null };
}

/** Milliseconds; the groups begin at `first`. */
function lengthOf(match: RegExpExecArray, first: number): number {
  const [hours, more, minutes, days] = [0, 1, 2, 3].map((index) => Number(match[first + index] ?? 0));
  return Math.round(hours! * 60 + more! + minutes! + days! * DAY_MINUTES) * MINUTE;
}

/** `18 - 20`, `<1> 9 - 17:30`, `- 18`, `<6w> 10 - <7w> 18`. */
function readRange(text: string, at: TypedAt): TypedWindow {
  const parts = text.split('-').map((part) => part.trim());
  if (parts.length === 1) {
    return { problem: readSide(parts[0]!) === null ? 'not_understood' : 'no_end' };
  }
  const [left, right] = parts as [string, string];
  const to = readSide(right);
  if (parts.length > 2 || !to?.time) return { problem: 'not_understood' };
  if (left === '' || left === 'now') return readUntil(to, at);
  const begin = readSide(left);
  if (!begin?.time) return { problem: 'not_understood' };
  // `9 - 17 tomorrow`: one day for both.
  const day = begin.day ?? to.day;
  const endsOnOwnDay = begin.day !== null && to.day !== null;
  const [start, end] = minutesOf(begin.time, to.time, endsOnOwnDay);
  return placed(
    { day, endDay: endsOnOwnDay ? to.day : null, start, end, weekly: begin.weekly || to.weekly },
    at,
  );
}

function readUntil(to: Side, at: TypedAt): TypedWindow {
  const day = to.day ?? 0;
  const minute = to.time!.minute;
  const plain = momentOf(day, minute + (to.time!.half === 'pm' && minute < NOON ? NOON : 0), at);
  // `until 6` in the afternoon is six in the evening, not tomorrow.
  const candidates = [
    plain,
    ...(to.time!.half === null && minute < NOON ? [momentOf(day, minute + NOON, at)] : []),
  ];
  const end = candidates.find((moment) => moment > at.now) ?? momentOf(day + later(to), minute, at);
  return { start: at.earliest, end, problem: null };
}

/** How many days later the same words mean when what they mean first is over. */
function later({ day, weekly }: Side): number {
  if (weekly) return 7;
  return day === null ? 1 : 0;
}

interface Placing {
  readonly day: number | null;
  readonly endDay: number | null;
  readonly start: number;
  /** Past 1440 on the next day. */
  readonly end: number;
  readonly weekly: boolean;
}

function placed({ day, endDay, start, end, weekly }: Placing, at: TypedAt): TypedWindow {
  const first = day ?? 0;
  const last = endDay === null ? first : endDay < first && weekly ? endDay + 7 : endDay;
  const isOver = momentOf(last, end, at) <= at.now;
  const shift = isOver ? later({ day, weekly, time: null }) : 0;
  const begins = momentOf(first + shift, start, at);
  const ends = momentOf(last + shift, end, at);
  // What has begun goes on from now: the minutes before are nobody's.
  const running = begins < at.earliest && at.earliest < ends && day === null;
  return { start: running ? at.earliest : begins, end: ends, problem: null };
}

function momentOf(day: number, minute: number, { now, timeZone }: TypedAt): number {
  const days = day + Math.floor(minute / DAY_MINUTES);
  const date = toWall(startOfDay(now, timeZone, days), timeZone).slice(0, 10);
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const rest = minute % DAY_MINUTES;
  return fromWall(`${date}T${twoDigits(Math.floor(rest / 60))}:${twoDigits(rest % 60)}`, timeZone)!;
}

/** Minutes since midnight of the first day. Half-day words that one side lacks are the other's; `9-5` is nine to five. */
function minutesOf(start: TimeOfDay, end: TimeOfDay, endsOnOwnDay: boolean): [number, number] {
  let from = halved(start.minute, start.half);
  let to = halved(end.minute, end.half);
  if (start.half === null && end.half !== null && start.minute <= NOON) {
    const same = halved(start.minute, end.half);
    from = same < to ? same : halved(start.minute, end.half === 'pm' ? 'am' : 'pm');
  }
  if (start.half !== null && end.half === null && end.minute <= NOON) {
    const same = halved(end.minute, start.half);
    to = same > from ? same : halved(end.minute, start.half === 'pm' ? 'am' : 'pm');
  }
  if (endsOnOwnDay || to > from) return [from, to];
  const noHalves = start.half === null && end.half === null;
  if (noHalves && from < NOON + 60 && to < NOON && to + NOON > from) return [from, to + NOON];
  return [from, to + DAY_MINUTES];
}

function halved(minute: number, half: 'am' | 'pm' | null): number {
  if (half === null || minute >= NOON + 60) return minute;
  return (minute % NOON) + (half === 'pm' ? NOON : 0);
}

const side = /^(?:<(\d+)(w?)>)? ?(?:(\d{1,2})(?:[:.]?(\d{2}))? ?(am|pm)?h?)? ?(?:<(\d+)(w?)>)?$/;

/** One end of a range: a time, a day, or both in either order; null when it is neither. */
function readSide(text: string): Side | null {
  const match = side.exec(text);
  if (!match || text === '') return null;
  const [, dayBefore, weeklyBefore, hour, minute = '0', half, dayAfter, weeklyAfter] = match;
  const minutes = Number(hour ?? 0) * 60 + Number(minute);
  if (minutes > DAY_MINUTES || Number(minute) > 59) return null;
  const day = dayBefore ?? dayAfter;
  return {
    day: day === undefined ? null : Number(day),
    weekly: (weeklyBefore ?? weeklyAfter) === 'w',
    time: hour === undefined ? null : { minute: minutes, half: half === 'am' || half === 'pm' ? half : null },
  };
}
