import type { CalendarEntry } from './calendar-entry';
import { utcTime, zonedProperty } from './calendar-times';
import { foldLines, textValue } from './content-lines';
import { timeZoneDefinition } from './time-zone-definition';

export interface CalendarContent {
  /** Shown as the calendar's name. */
  readonly name: string;
  /** IANA: the site's. */
  readonly timeZone: string;
  /** When it is written, ms since 1970. */
  readonly now: number;
  readonly entries: readonly CalendarEntry[];
  /** Hours after which a subscribed calendar is to be fetched again; null for a file. */
  readonly refreshAfter: number | null;
}

/** The MIME type of what `calendarText` writes. */
export const CALENDAR_TYPE = 'text/calendar; charset=utf-8';

/**
 * An iCalendar object (RFC 5545, RFC 7986): local times of the site, with the definition of its time zone. The same for a file made
 * on a device and for a feed. Throws a RangeError for a zone that the runtime does not know.
 */
export function calendarText({ name, timeZone, now, entries, refreshAfter }: CalendarContent): string {
  const range = {
    start: Math.min(now, ...entries.map(({ start }) => start)),
    end: Math.max(now, ...entries.map(({ end }) => end)) + 1,
  };
  return foldLines([
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Undercroft//Parking//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    // Apple and Google read the one that was before RFC 7986.
    `NAME:${textValue(name)}`,
    `X-WR-CALNAME:${textValue(name)}`,
    `X-WR-TIMEZONE:${timeZone}`,
    ...(refreshAfter === null
      ? []
      : [
          `REFRESH-INTERVAL;VALUE=DURATION:PT${String(refreshAfter)}H`,
          `X-PUBLISHED-TTL:PT${String(refreshAfter)}H`,
        ]),
    ...timeZoneDefinition(timeZone, range),
    ...entries.flatMap((entry) => eventLines(entry, timeZone, now)),
    'END:VCALENDAR',
  ]);
}

function eventLines(entry: CalendarEntry, timeZone: string, now: number): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${textValue(entry.id)}`,
    `DTSTAMP:${utcTime(now)}`,
    zonedProperty('DTSTART', entry.start, timeZone),
    zonedProperty('DTEND', entry.end, timeZone),
    `SUMMARY:${textValue(entry.title)}`,
    `LOCATION:${textValue(entry.place)}`,
    `DESCRIPTION:${textValue(entry.text)}`,
    `URL:${entry.url}`,
    `STATUS:${entry.isCertain ? 'CONFIRMED' : 'TENTATIVE'}`,
    // A car stands there; its driver may be anywhere, and is not busy.
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}
