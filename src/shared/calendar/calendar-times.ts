import { zoneOffset } from './zone-offset';

/** Clocks are never put back by more. */
const LONGEST_REPEAT = 3 * 3_600_000;
const MINUTE = 60_000;

/** `20260302T100000Z` */
export function utcTime(at: number): string {
  return `${basicForm(at)}Z`;
}

/**
 * A property with a time of the zone, `DTSTART;TZID=Europe/Berlin:20260302T110000`. What the clocks show twice is written in UTC:
 * RFC 5545 §3.3.5 reads it as the first of the two, and readers have been seen to take it for the second.
 */
export function zonedProperty(name: string, at: number, timeZone: string): string {
  const minute = Math.floor(at / MINUTE) * MINUTE;
  if (isShownTwice(minute, timeZone)) return `${name}:${utcTime(at)}`;
  return `${name};TZID=${timeZone}:${basicForm(at + zoneOffset(minute, timeZone))}`;
}

/** A moment read as if it were UTC, without the mark that it is. */
export function basicForm(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
}

function isShownTwice(at: number, timeZone: string): boolean {
  const shown = at + zoneOffset(at, timeZone);
  const around = [at - LONGEST_REPEAT, at + LONGEST_REPEAT].map((moment) => zoneOffset(moment, timeZone));
  return around.some((offset) => {
    const other = shown - offset;
    return other !== at && zoneOffset(other, timeZone) === offset;
  });
}
