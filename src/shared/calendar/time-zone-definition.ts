import type { TimeRange } from '../domain/time-range';
import { basicForm } from './calendar-times';
import { zoneOffset } from './zone-offset';

const MINUTE = 60_000;
/** No zone has changed its offset twice within a week since clocks are set by law. */
const WEEK = 7 * 24 * 60 * MINUTE;

/** One moment at which the clocks of a zone are set. Offsets in ms ahead of UTC. */
interface Change {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/**
 * RFC 5545 §3.6.5: the content lines of the VTIMEZONE of an IANA zone, good for all calendar years (UTC) that `[start, end)` touches.
 * It names each change of the clocks there with its date, as the runtime's own tzdata has it, and claims no rule for ever.
 * Throws a RangeError for a zone that the runtime does not know.
 */
export function timeZoneDefinition(timeZone: string, { start, end }: TimeRange): string[] {
  const from = Date.UTC(new Date(start).getUTCFullYear(), 0);
  const until = Date.UTC(new Date(Math.max(start, end - 1)).getUTCFullYear() + 1, 0);
  const first = zoneOffset(from, timeZone);
  const changes: readonly Change[] = [
    { at: from, from: first, to: first },
    ...changesBetween({ start: from, end: until }, timeZone),
  ];
  const standard = Math.min(...changes.map(({ to }) => to));
  return [
    'BEGIN:VTIMEZONE',
    `TZID:${timeZone}`,
    ...changes.flatMap((change) => observance(change, standard)),
    'END:VTIMEZONE',
  ];
}

/** Each change is one by itself: ical.js, and Thunderbird by it, leaves out the first one of an observance that has RDATEs. */
function observance({ at, from, to }: Change, standard: number): string[] {
  const kind = to > standard ? 'DAYLIGHT' : 'STANDARD';
  return [
    `BEGIN:${kind}`,
    // What the clocks show when they are set.
    `DTSTART:${basicForm(at + from)}`,
    `TZOFFSETFROM:${offsetText(from)}`,
    `TZOFFSETTO:${offsetText(to)}`,
    `END:${kind}`,
  ];
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / MINUTE;
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}${twoDigits(minutes % 60)}`;
}

function changesBetween({ start, end }: TimeRange, timeZone: string): Change[] {
  const changes: Change[] = [];
  for (let at = start; at < end; at += WEEK) {
    const until = Math.min(at + WEEK, end);
    const [from, to] = [zoneOffset(at, timeZone), zoneOffset(until, timeZone)];
    const isSet = (minute: number): boolean => zoneOffset(minute, timeZone) === to;
    if (from !== to) changes.push({ at: firstMinute(at, until, isSet), from, to });
  }
  return changes;
}

/** The first whole minute in `(low, high]` from which on it holds; it does not at `low`, and does at `high`. */
function firstMinute(low: number, high: number, holds: (at: number) => boolean): number {
  let [below, above] = [low / MINUTE, high / MINUTE];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle * MINUTE)) above = middle;
    else below = middle;
  }
  return above * MINUTE;
}
