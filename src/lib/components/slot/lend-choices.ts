import { isActive } from '#shared/domain/entities';
import { freeRanges } from '#shared/domain/availability';
import { LENDING_HORIZON } from '#shared/domain/share';
import { overlaps, type TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';
import { atHour, ceilToHour, floorToMinute, fromWall, startOfDay, toWall } from '../time/site-clock';

const HOUR = 3_600_000;

/**
 * C1: the ends offered for "lend now until…": full hours two, four and eight hours on, this evening, tomorrow morning and
 * evening, by the site's clock; in order, at least an hour away and after `lentUntil`, when it is lent already. Lent beyond all of them,
 * as weekly rules that touch lend: the end of that day, a day more and a week more. None where that is as far ahead as can be lent.
 */
export function lendEnds(now: number, timeZone: string, lentUntil: number | null): number[] {
  const fullHour = ceilToHour(now, timeZone);
  const tomorrow = startOfDay(now, timeZone, 1);
  const ends = [
    ...[2, 4, 8].map((hours) => ceilToHour(fullHour + hours * HOUR, timeZone)),
    atHour(now, timeZone, 20),
    atHour(tomorrow, timeZone, 8),
    atHour(tomorrow, timeZone, 20),
  ];
  const later = [...new Set(ends)]
    .filter((end) => end >= now + HOUR && end > (lentUntil ?? 0))
    .toSorted((a, b) => a - b);
  if (later.length > 0 || lentUntil === null) return later;
  return longerEnds(lentUntil, timeZone).filter((end) => end <= now + LENDING_HORIZON);
}

function longerEnds(lentUntil: number, timeZone: string): number[] {
  const time = toWall(lentUntil, timeZone).slice(10);
  const onDay = (days: number): number =>
    fromWall(toWall(startOfDay(lentUntil, timeZone, days), timeZone).slice(0, 10) + time, timeZone)!;
  const ends = [startOfDay(lentUntil, timeZone, 1), onDay(1), onDay(7)];
  return [...new Set(ends)].filter((end) => end >= lentUntil + HOUR);
}

/** C1: what "until `end`" adds to what is lent, from now on: by hand over what weekly rules lend, it would outlast them. */
export function lentOn(lent: readonly TimeRange[], now: number, end: number): TimeRange {
  const from = lentNow(lent, now)?.end ?? now;
  return { start: from < end ? from : now, end };
}

/** The lent windows that are not over. */
export function lentAhead(lent: readonly TimeRange[], now: number): TimeRange[] {
  return lent.filter((range) => range.end > now);
}

/** The window that is lent right now; null when none is. */
export function lentNow(lent: readonly TimeRange[], now: number): TimeRange | null {
  return lent.find((range) => range.start <= now && now < range.end) ?? null;
}

/** What taking back a lent window takes: what is left of it. */
export function remainderOf(range: TimeRange, now: number): TimeRange {
  return { start: Math.max(range.start, floorToMinute(now)), end: range.end };
}

/**
 * C1: until when what is free of `range` may be taken back: the end of its first day by the site's clock, where the window goes on after
 * that, and the window's end. Only ends up to which something is free.
 */
export function takeEnds(range: TimeRange, reserved: readonly TimeRange[], timeZone: string): number[] {
  const endOfDay = startOfDay(range.start, timeZone, 1);
  const ends = endOfDay < range.end ? [endOfDay, range.end] : [range.end];
  return ends.filter((end) => takeableParts({ start: range.start, end }, reserved).length > 0);
}

/** The reservations on a slot that are not over, of those in a window when one is given. */
export function visitsAhead(
  visits: readonly Row<'visit'>[],
  slotId: string,
  now: number,
  window?: TimeRange,
): Row<'visit'>[] {
  return visits
    .filter((visit) => visit.slotId === slotId && isActive(visit) && visit.end > now)
    .filter((visit) => !window || overlaps(visit, window))
    .toSorted((a, b) => a.start - b.start);
}

/** C2: how a lent window comes back: whole, as far as nobody has reserved it, or not at all. */
export function wayBack(window: TimeRange, reserved: readonly TimeRange[]): 'all' | 'free' | 'none' {
  if (!reserved.some((one) => overlaps(one, window))) return 'all';
  return takeableParts(window, reserved).length > 0 ? 'free' : 'none';
}

/** C2: the parts of a window that can be taken back because nobody has reserved them. */
export function takeableParts(window: TimeRange, reserved: readonly TimeRange[]): TimeRange[] {
  return freeRanges({ ownerId: null, lent: [] }, reserved, window);
}
