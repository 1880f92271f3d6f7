import { expect, test } from 'vitest';
import type { ReservationView } from '$lib/state/views';
import { timeFormat } from '../time/format';
import { pastReservations, reservationsCsv } from './past-reservations';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Noon in Berlin. */
const NOW = Date.UTC(2026, 2, 2, 11);
const at = { now: NOW, format: timeFormat('Europe/Berlin', 'en-GB') };

function view(slotLabel: string, start: number, more: Partial<ReservationView> = {}): ReservationView {
  return {
    ...{ id: `${slotLabel} ${start}`, slotId: slotLabel, slotLabel, level: '-1', receiverName: null },
    ...{ start, end: start + HOUR, state: 'completed', passHere: false, agreed: null, booked: true },
    ...{ cost: 3, charge: 0, mark: 'confirmed', refusal: null, seq: null },
    ...{ cancelWaiting: false, changeWaiting: false },
    ...more,
  };
}

const all = [
  view('A-01', NOW - 40 * DAY, { receiverName: 'Ines Fuchs' }),
  view('A-02', NOW - 3 * DAY, { state: 'cancelled', cost: 0 }),
  view('B-07', NOW - DAY, { state: 'no_show', charge: 2, level: '-2' }),
  view('A-01', NOW + DAY, { state: 'confirmed' }),
];
const found = (search: string) => pastReservations(all, search, at).map(({ slotLabel }) => slotLabel);

test('A5 the history: what is over, newest first', () => {
  expect(found('')).toEqual(['B-07', 'A-02', 'A-01']);
});

test.each([
  ['a-0', ['A-02', 'A-01']],
  ['level -2', ['B-07']],
  ['cancelled', ['A-02']],
  ['not used', ['B-07']],
  ['yesterday', ['B-07']],
  ['january', ['A-01']],
  ['jan 2026', ['A-01']],
  ['feb 2026', ['A-02']],
  ['ines', ['A-01']],
  ['  A-01   jan ', ['A-01']],
  ['nothing like it', []],
] as const)('A5 the history is searched by what is written there: %s', (search, labels) => {
  expect(found(search)).toEqual(labels);
});

test('A5 the history as a table, by the site’s clock; what was refused never was a reservation', () => {
  const refused = view('A-09', NOW + DAY, { state: 'cancelled', mark: 'refused' });
  expect(reservationsCsv([...all, refused], at).split('\r\n')).toEqual([
    '\uFEFFSlot,Level,From,Until,Time zone,Status,Credits,Charge,Paid to',
    'A-01,-1,2026-01-21 12:00,2026-01-21 13:00,Europe/Berlin,Ended,3,0,Ines Fuchs',
    'A-02,-1,2026-02-27 12:00,2026-02-27 13:00,Europe/Berlin,Cancelled,0,0,The building',
    'B-07,-2,2026-03-01 12:00,2026-03-01 13:00,Europe/Berlin,"Ended, not used",3,2,The building',
    'A-01,-1,2026-03-03 12:00,2026-03-03 13:00,Europe/Berlin,Reserved,3,0,The building',
    '',
  ]);
});
