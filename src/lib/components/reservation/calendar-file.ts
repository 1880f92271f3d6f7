import { entryOfReservation } from '#shared/calendar/calendar-entry';
import { CALENDAR_TYPE, calendarText } from '#shared/calendar/calendar-text';
import type { ReservationView } from '$lib/state/views';

/** A5: one reservation as a file for a calendar, made on the device. The same entry as in the feed. */
export function calendarFile(
  reservation: Pick<ReservationView, 'id' | 'start' | 'end' | 'state' | 'slotLabel' | 'level'>,
  site: { readonly name: string; readonly timeZone: string; readonly origin: string },
  now: number,
): { name: string; type: string; text: string } {
  const place = { ...reservation, siteName: site.name, origin: site.origin };
  const entry = entryOfReservation({ ...reservation, isKept: reservation.state === 'held' }, place);
  return {
    name: `parking-${reservation.slotLabel.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.ics`,
    type: CALENDAR_TYPE,
    text: calendarText({
      name: `Parking, ${site.name}`,
      timeZone: site.timeZone,
      now,
      entries: [entry],
      refreshAfter: null,
    }),
  };
}
