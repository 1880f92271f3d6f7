import type { TimeRange } from '#shared/domain/time-range';
import { floorToHour, hourOf, hoursIn, startOfDay } from '../time/site-clock';

const HOUR = 3_600_000;
/** Fewer hours than this would make a timeline that says nothing. */
const SHORTEST = 12 * HOUR;

/** A mark on the axis: how far along (0 to 1) and the moment it stands for. */
export interface Tick {
  readonly position: number;
  readonly at: number;
}

/**
 * The span a timeline shows for a window: its day by the site's clock, today only from the running hour on, and at least
 * twelve hours.
 */
export function spanFor(window: TimeRange, now: number, timeZone: string): TimeRange {
  const dayStart = startOfDay(window.start, timeZone);
  const running = floorToHour(now, timeZone);
  const start = Math.min(Math.max(dayStart, running), floorToHour(window.start, timeZone));
  const end = Math.max(startOfDay(window.end - 1, timeZone, 1), start + SHORTEST);
  return { start, end };
}

/** Where a range lies in a span, both as fractions of the span from 0 to 1. */
export function placeIn(range: TimeRange, span: TimeRange): { offset: number; size: number } {
  const length = span.end - span.start;
  const start = Math.max(range.start, span.start);
  const end = Math.min(range.end, span.end);
  return { offset: (start - span.start) / length, size: Math.max(0, end - start) / length };
}

/** Round hours of the wall clock, at most six of them, none at the very end where its words would be cut. */
export function ticksOf(span: TimeRange, timeZone: string): Tick[] {
  const hours = (span.end - span.start) / HOUR;
  const step = [1, 2, 3, 4, 6, 12].find((candidate) => hours / candidate <= 6) ?? 24;
  const ticks: Tick[] = [];
  for (const at of hoursIn(span, timeZone)) {
    const position = (at - span.start) / (span.end - span.start);
    if (hourOf(at, timeZone) % step === 0 && position < 0.93) ticks.push({ at, position });
  }
  return ticks;
}
