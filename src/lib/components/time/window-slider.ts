import type { TimeRange } from '#shared/domain/time-range';
import { fromWall, startOfDay, toWall } from './site-clock';

/*
 * C4: a window between two thumbs on a day. Everything in ms since 1970; the axis is real time, so a day on which the clocks
 * change is an hour longer or shorter.
 */

/** The thumbs' steps. */
export const QUARTER = 900_000;
const HOUR = 3_600_000;
/** An axis shorter than this would leave no room to slide. */
const SHORTEST = 12 * HOUR;

/** What the window may be: `first` is when it may begin, `longest` a length in ms. */
export interface SliderLimits {
  readonly first: number;
  readonly longest: number;
}

/**
 * The day the window begins on, today only from now on and at least twelve hours; longer where the window ends later. Ends on
 * quarters of an hour.
 */
export function axisOf(window: TimeRange, first: number, timeZone: string): TimeRange {
  const day = startOfDay(window.start, timeZone);
  const start = floorQuarter(Math.max(day, Math.min(first, window.start)));
  const nextDay = startOfDay(window.start, timeZone, 1);
  return { start, end: Math.max(nextDay, start + SHORTEST, Math.ceil(window.end / QUARTER) * QUARTER) };
}

/** The window with its beginning at `to`: on the axis's first step it is `first`, later it pushes the end along. */
export function moveStart(window: TimeRange, to: number, { first, longest }: SliderLimits): TimeRange {
  const start = Math.max(to, first);
  const end = start + QUARTER > window.end ? start + (window.end - window.start) : window.end;
  return { start, end: Math.min(end, start + longest) };
}

/** The window with its end at `to`: a beginning that comes too near is pushed back, but not before `first`. */
export function moveEnd(window: TimeRange, to: number, { first, longest }: SliderLimits): TimeRange {
  const end = Math.max(to, first + QUARTER);
  const start = Math.max(Math.min(window.start, end - QUARTER), first);
  return { start: Math.max(start, end - longest), end };
}

/**
 * The same times of day `days` days later, never before `first`; null when that would be over, or leave nothing of it. Sizes
 * are by the wall clock.
 */
export function moveDay(
  window: TimeRange,
  days: number,
  { first, timeZone }: { readonly first: number; readonly timeZone: string },
): TimeRange | null {
  const moved = { start: onDay(window.start, days, timeZone), end: onDay(window.end, days, timeZone) };
  if (moved.end < first + QUARTER || moved.end <= moved.start) return null;
  return { start: Math.max(moved.start, first), end: moved.end };
}

function onDay(at: number, days: number, timeZone: string): number {
  const date = toWall(startOfDay(at, timeZone, days), timeZone).slice(0, 10);
  return fromWall(`${date}${toWall(at, timeZone).slice(10)}`, timeZone)!;
}

function floorQuarter(at: number): number {
  return Math.floor(at / QUARTER) * QUARTER;
}
