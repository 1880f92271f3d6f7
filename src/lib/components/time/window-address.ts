import type { TimeRange } from '#shared/domain/time-range';

/*
 * C4: the address of Find with a window filled in, so that what told of a window can lead to what is free then. In the service
 * worker, too.
 */

/** Where slots for a window (ms since 1970) are found. */
export function findPath({ start, end }: TimeRange): string {
  return `/find?from=${String(start)}&until=${String(end)}`;
}

/**
 * The window that an address of Find asks for, as much of it as is still to come from `earliest` (ms since 1970) on; null where
 * it names none, or one that is over. An address may come from anywhere.
 */
export function askedWindow(search: URLSearchParams, earliest: number): TimeRange | null {
  const [start, end] = ['from', 'until'].map((name) => momentOf(search.get(name)));
  if (start === null || end === null || start === undefined || end === undefined) return null;
  const range = { start: Math.max(start, earliest), end };
  return start < end && range.start < end ? range : null;
}

/** To the end of the year 9999, as far as calendars and their formats reach. */
const LAST = 253_402_300_799_999;

function momentOf(text: string | null): number | null {
  const moment = text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
  return moment !== null && moment <= LAST ? moment : null;
}
