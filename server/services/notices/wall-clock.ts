import { Temporal } from 'temporal-polyfill';

/**
 * The next moment after `now` at which the zone's wall clock shows `minute` of the day (0 to 1439), ms since 1970. On a day whose
 * clock leaps over that minute, as much later as it leaps; where the clock shows it twice, whichever of the two comes next.
 */
export function nextWallClock(now: number, minute: number, timeZone: string): number {
  const plainTime = Temporal.PlainTime.from({ hour: Math.floor(minute / 60), minute: minute % 60 });
  let day = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  for (;;) {
    const local = day.toPlainDateTime(plainTime);
    const both = (['earlier', 'later'] as const).map((disambiguation) => {
      const at = local.toZonedDateTime(timeZone, { disambiguation });
      // Of a minute that is leapt over, the earlier reading is before the leap.
      return at.toPlainDateTime().equals(local) || disambiguation === 'later' ? at.epochMilliseconds : null;
    });
    const next = both.find((at) => at !== null && at > now);
    if (typeof next === 'number') return next;
    day = day.add({ days: 1 });
  }
}
