import type { ReservationState } from '../domain/entities';
import type { TimeRange } from '../domain/time-range';

/** One appointment of a calendar, times in ms since 1970. */
export interface CalendarEntry extends TimeRange {
  /** Stays the same however often it is written: calendars know by it what they have. */
  readonly id: string;
  readonly title: string;
  readonly place: string;
  readonly text: string;
  /** The screen that shows it. */
  readonly url: string;
  /** Whether it is agreed; else it is shown as tentative. */
  readonly isCertain: boolean;
}

/** What an entry says of a slot, and where its screens are. */
interface Place {
  readonly slotLabel: string;
  readonly level: string;
  readonly siteName: string;
  /** The public origin, e.g. `https://parking.example`. */
  readonly origin: string;
}

/**
 * A reservation in its holder's calendar. `isKept`: the slot is kept and not booked (a lease). No name, plate or code: a calendar
 * is read by whoever its owner shares it with, and by the service that keeps it.
 */
export function entryOfReservation(
  { id, start, end, isKept }: TimeRange & { readonly id: string; readonly isKept: boolean },
  { slotLabel, level, siteName, origin }: Place,
): CalendarEntry {
  return {
    id,
    start,
    end,
    title: isKept ? `Parking ${slotLabel} (kept, not booked)` : `Parking ${slotLabel}`,
    place: placeWords({ slotLabel, level, siteName }),
    text: isKept
      ? 'Kept for you, not booked yet. Book it in the app: that works without signal.'
      : 'Your pass for the gate is in the app.',
    url: `${origin}/reservations/${id}`,
    isCertain: !isKept,
  };
}

/** Somebody's reservation on an own slot, in the owner's calendar. Says nothing of who it is. */
export function entryOfVisit(
  { id, start, end }: TimeRange & { readonly id: string },
  { slotLabel, level, siteName, origin }: Place,
): CalendarEntry {
  return {
    // Its holder may share a calendar with the owner: two entries.
    ...{ id: `lent-${id}`, start, end },
    title: `${slotLabel} is lent`,
    place: placeWords({ slotLabel, level, siteName }),
    text: 'Somebody has reserved your slot.',
    url: `${origin}/slots`,
    isCertain: true,
  };
}

/** Whether a reservation belongs into a calendar: it gives, or gave, its holder the slot. An offer that nobody has taken does not. */
export function isInCalendar(reservation: {
  readonly state: ReservationState;
  readonly offered: boolean;
}): boolean {
  if (reservation.state === 'held') return !reservation.offered;
  return reservation.state === 'confirmed' || reservation.state === 'completed';
}

function placeWords({ slotLabel, level, siteName }: Omit<Place, 'origin'>): string {
  return [siteName, level === '' ? '' : `level ${level}`, `slot ${slotLabel}`]
    .filter((part) => part !== '')
    .join(', ');
}
