import { Temporal } from 'temporal-polyfill';
import type { ZoneStretch } from '#shared/domain/rule-windows';
import type { TimeRange } from '#shared/domain/time-range';

const MARGIN = 2 * 24 * 3_600_000;

/**
 * C1: the offsets of a zone's clocks over `range` and two days on each side of it, as stretches that touch. Throws a RangeError for a zone
 * that there is not. The only place that asks Temporal, so that neither the rules nor the app's first load need it.
 */
export function zoneStretches(timeZone: string, range: TimeRange): ZoneStretch[] {
  const end = range.end + MARGIN;
  const stretches: ZoneStretch[] = [];
  let from = Temporal.Instant.fromEpochMilliseconds(range.start - MARGIN).toZonedDateTimeISO(timeZone);
  while (from.epochMilliseconds < end) {
    const next = from.getTimeZoneTransition('next');
    const until = Math.min(next?.epochMilliseconds ?? end, end);
    stretches.push({ start: from.epochMilliseconds, end: until, offset: from.offsetNanoseconds / 1e6 });
    if (next === null) break;
    from = next;
  }
  return stretches;
}
