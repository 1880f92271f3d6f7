import type { ReservationState } from '#shared/domain/entities';
import { overlaps, type TimeRange } from '#shared/domain/time-range';
import type { TimeFormat } from './format';
import { daysBetween, fromWall, startOfDay, toWall } from './site-clock';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What is longer ago is no habit any more. */
const REMEMBERED = 60 * DAY;
/** After so long a reservation counts half. */
const FADES = 14 * DAY;
/** Windows are compared by the quarter of an hour: "now" is seldom on the minute. */
const QUARTER_MINUTES = 15;

/** C4: a window that the member has reserved before, at its next occurrence. Times in ms since 1970. */
export interface Habit extends TimeRange {
  /** When it last began. */
  readonly last: number;
  /** How often within the last weeks. */
  readonly count: number;
}

/** What has to be known of a reservation; a ReservationView fits. */
export interface PastReservation extends TimeRange {
  readonly state: ReservationState;
  readonly mark: 'waiting' | 'certain' | 'confirmed' | 'refused';
  readonly cancelWaiting: boolean;
}

interface At {
  readonly now: number;
  readonly timeZone: string;
}

/**
 * C4: what the member may want again: weekday and times of own reservations of the last 60 days, those that come often and
 * lately first, at most `limit`, by their next occurrence. Nothing that is reserved already.
 */
export function habitsOf(reservations: readonly PastReservation[], at: At, limit = 3): Habit[] {
  const groups = new Map<string, PastReservation[]>();
  for (const reservation of reservations) {
    if (!isPast(reservation, at.now)) continue;
    const key = keyOf(reservation, at.timeZone);
    groups.set(key, [...(groups.get(key) ?? []), reservation]);
  }
  const ahead = reservations.filter(
    ({ state, mark, end }) =>
      end > at.now && mark !== 'refused' && (state === 'confirmed' || state === 'held'),
  );
  return [...groups.values()]
    .map((group) => ({ habit: habitOf(group, at), weight: weightOf(group, at.now) }))
    .filter(({ habit }) => !ahead.some((reservation) => overlaps(reservation, habit)))
    .toSorted((a, b) => b.weight - a.weight || b.habit.last - a.habit.last)
    .slice(0, limit)
    .map(({ habit }) => habit)
    .toSorted((a, b) => a.start - b.start);
}

function isPast({ state, mark, start, end, cancelWaiting }: PastReservation, now: number): boolean {
  const stood = state === 'confirmed' || state === 'completed' || state === 'no_show';
  return stood && mark !== 'refused' && !cancelWaiting && end <= now && now - start < REMEMBERED;
}

/** `Tue 09:00 8h`: by the site's clock. */
function keyOf({ start, end }: TimeRange, timeZone: string): string {
  const wall = roundedWall(start, timeZone);
  const length = Math.round((end - start) / MINUTE / QUARTER_MINUTES);
  return `${String(weekdayOf(wall))} ${wall.slice(11)} ${String(length)}`;
}

function habitOf(group: readonly TimeRange[], { now, timeZone }: At): Habit {
  const latest = group.reduce((last, one) => (one.start > last.start ? one : last));
  const length =
    Math.max(1, Math.round((latest.end - latest.start) / MINUTE / QUARTER_MINUTES)) * QUARTER_MINUTES;
  const wall = roundedWall(latest.start, timeZone);
  const daysAhead = (weekdayOf(wall) - weekdayOf(toWall(now, timeZone)) + 7) % 7;
  const on = (days: number): number =>
    fromWall(`${toWall(startOfDay(now, timeZone, days), timeZone).slice(0, 10)}${wall.slice(10)}`, timeZone)!;
  const start = on(daysAhead) > now ? on(daysAhead) : on(daysAhead + 7);
  return { start, end: start + length * MINUTE, last: latest.start, count: group.length };
}

function weightOf(group: readonly TimeRange[], now: number): number {
  return group.reduce((sum, { start }) => sum + 0.5 ** ((now - start) / FADES), 0);
}

/** The wall time, to the nearest quarter of an hour of that day. */
function roundedWall(at: number, timeZone: string): string {
  const step = QUARTER_MINUTES * MINUTE;
  return toWall(Math.round(at / step) * step, timeZone);
}

/** 0 Sunday to 6 Saturday. */
function weekdayOf(wall: string): number {
  return new Date(`${wall.slice(0, 10)}T00:00Z`).getUTCDay();
}

/** `As last Tuesday`, `As on Tuesdays`, `As on Tue 3 Nov`, `As today`. */
export function habitWords(habit: Habit, now: number, format: TimeFormat): string {
  if (daysBetween(habit.last, now, format.timeZone) === 0) return 'As today';
  if (daysBetween(habit.last, now, format.timeZone) <= 7) return `As last ${format.weekday(habit.last)}`;
  return habit.count > 1 ? `As on ${format.weekday(habit.last)}s` : `As on ${format.day(habit.last, now)}`;
}
