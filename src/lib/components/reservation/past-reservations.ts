import type { ReservationView } from '$lib/state/views';
import { csvText } from '../shared/csv-text';
import { capitalized, type TimeFormat } from '../time/format';
import { toWall } from '../time/site-clock';
import { isAhead, stageOf, stageWords } from './reservation-status';

/** A5: those that every word of `search` is found in: slot, level, day and month as they are written, what became of it. Newest first. */
export function pastReservations<R extends ReservationView>(
  reservations: readonly R[],
  search: string,
  { now, format }: { now: number; format: TimeFormat },
): R[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return reservations
    .filter((reservation) => !isAhead(reservation, now))
    .filter((reservation) => {
      if (words.length === 0) return true;
      const text = searchText(reservation, now, format);
      return words.every((word) => text.includes(word));
    })
    .toReversed();
}

function searchText(reservation: ReservationView, now: number, format: TimeFormat): string {
  const { slotLabel, level, receiverName } = reservation;
  return [
    slotLabel,
    level === '' ? '' : `level ${level}`,
    receiverName ?? '',
    format.window(reservation, now),
    // With the year and the month, which "Yesterday" leaves out.
    format.record(reservation.start),
    format.month(reservation.start),
    stageWords(reservation, now, format),
  ]
    .join(' ')
    .toLowerCase();
}

/** A5: reservations as a table for a spreadsheet, times by the site's clock. Refused wishes, which never were any, are left out. */
export function reservationsCsv(
  reservations: readonly ReservationView[],
  { now, format }: { now: number; format: TimeFormat },
): string {
  const wall = (at: number): string => toWall(at, format.timeZone).replace('T', ' ');
  const had = reservations.filter((reservation) => stageOf(reservation, now) !== 'refused');
  return csvText([
    ['Slot', 'Level', 'From', 'Until', 'Time zone', 'Status', 'Credits', 'Charge', 'Paid to'],
    ...had.map((one) => [
      one.slotLabel,
      one.level,
      wall(one.start),
      wall(one.end),
      format.timeZone,
      statusWords(one, now, format),
      one.cost,
      one.charge,
      one.receiverName ?? 'The building',
    ]),
  ]);
}

/** Without what runs down: a file is read later. */
function statusWords(reservation: ReservationView, now: number, format: TimeFormat): string {
  const stage = stageOf(reservation, now);
  if (stage === 'current' || stage === 'upcoming') return 'Reserved';
  return capitalized(stageWords(reservation, now, format));
}
