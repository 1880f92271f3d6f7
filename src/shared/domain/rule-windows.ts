import { dayAfter, daysBetween, weekdayOf } from './calendar-day';
import type { LendingRule } from './entities';
import { normalize, overlaps, type TimeRange } from './time-range';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** A stretch of time in which a zone's clocks keep one offset; `wall = instant + offset`, all in ms. */
export interface ZoneStretch extends TimeRange {
  readonly offset: number;
}

/** What of a weekly rule says when it lends. */
export type RuleTimes = Pick<
  LendingRule,
  'weekdays' | 'from' | 'until' | 'startsOn' | 'endsOn' | 'daysOff' | 'paused'
>;

/** Windows that begin on one day, as that day's clock shows them. */
export interface DayWindows {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly windows: readonly TimeRange[];
}

/**
 * C1: the windows that a rule gives, those that are not over at `range.start` and begin before `range.end`, by the day they begin on.
 * A slot is lent at every moment at which the clock on the wall shows a time of the rule: what the clocks leave out in spring is not
 * lent, and a time that they show twice in autumn is lent twice, which may be two windows. Weekday, first and last day and days off are
 * those of the day on which the window begins. `stretches` (lending/zone-stretches) must cover the range and two days on each side of it.
 */
export function windowsByDay(
  rule: RuleTimes,
  stretches: readonly ZoneStretch[],
  range: TimeRange,
): DayWindows[] {
  if (rule.paused) return [];
  const found: DayWindows[] = [];
  const last = dayAt(range.end, stretches);
  for (let day = firstDay(rule, stretches, range); day <= last; day = dayAfter(day)) {
    if (rule.endsOn !== null && day > rule.endsOn) break;
    if (!rule.weekdays.includes(weekdayOf(day)) || isOff(rule, day)) continue;
    const windows = windowsOn(rule, day, stretches).filter(
      ({ start, end }) => end > range.start && start < range.end,
    );
    if (windows.length > 0) found.push({ day, windows });
  }
  return found;
}

/** C1: what all of a slot's rules give in `range`, normalized; see `windowsByDay`. */
export function windowsOfRules(
  rules: readonly RuleTimes[],
  stretches: readonly ZoneStretch[],
  range: TimeRange,
): TimeRange[] {
  return normalize(
    rules.flatMap((rule) => windowsByDay(rule, stretches, range)).flatMap(({ windows }) => windows),
  );
}

/** A day on which the clocks change: forward by so many ms, or back when negative. */
export interface ClockChange {
  /** `YYYY-MM-DD`, by the clock as it was before. */
  readonly day: string;
  readonly shift: number;
}

/** The changes of the clocks inside the stretches, in order. */
export function clockChanges(stretches: readonly ZoneStretch[]): ClockChange[] {
  return stretches.slice(1).map((stretch, index) => {
    const before = stretches[index]!;
    return { day: dayOfWall(stretch.start + before.offset - 1), shift: stretch.offset - before.offset };
  });
}

function firstDay(rule: RuleTimes, stretches: readonly ZoneStretch[], range: TimeRange): string {
  // One that began the day before may not be over; where clocks jump over a whole day, the one before that.
  const earliest = dayOfWall(wallAt(range.start, stretches) - 2 * DAY);
  return rule.startsOn > earliest ? rule.startsOn : earliest;
}

function windowsOn(rule: RuleTimes, day: string, stretches: readonly ZoneStretch[]): TimeRange[] {
  const midnight = daysBetween('1970-01-01', day) * DAY;
  const until = rule.until > rule.from ? rule.until : rule.until + 1440;
  const wall = { start: midnight + rule.from * MINUTE, end: midnight + until * MINUTE };
  const parts = stretches.flatMap((stretch): TimeRange[] => {
    const shown = { start: wall.start - stretch.offset, end: wall.end - stretch.offset };
    if (!overlaps(shown, stretch)) return [];
    return [{ start: Math.max(shown.start, stretch.start), end: Math.min(shown.end, stretch.end) }];
  });
  return normalize(parts);
}

function isOff({ daysOff }: RuleTimes, day: string): boolean {
  return daysOff.some(({ from, until }) => from <= day && day < until);
}

function dayAt(at: number, stretches: readonly ZoneStretch[]): string {
  return dayOfWall(wallAt(at, stretches));
}

function wallAt(at: number, stretches: readonly ZoneStretch[]): number {
  const stretch = stretches.find(({ start, end }) => start <= at && at < end);
  if (!stretch) throw new RangeError('no offset is known for a moment of the range');
  return at + stretch.offset;
}

function dayOfWall(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}
