import ical from 'node-ical';
import { expect, test } from 'vitest';
import { calendarFile } from './calendar-file';

const NOW = Date.UTC(2026, 2, 2, 10);
const site = { name: 'Linden Court', timeZone: 'Europe/Berlin', origin: 'https://parking.test' };
const reservation = {
  ...{ id: '01890000-0000-7000-8000-000000000001', slotLabel: 'A/03 é', level: '-1' },
  ...{ start: NOW, end: NOW + 3_600_000, state: 'confirmed' as const },
};

test('A5 one reservation as a calendar file, named after its slot', () => {
  const file = calendarFile(reservation, site, NOW);
  expect(file).toMatchObject({ name: 'parking-A-03-é.ics', type: 'text/calendar; charset=utf-8' });
  const [event] = Object.values(ical.sync.parseICS(file.text)).filter((part) => part?.type === 'VEVENT');
  expect(event).toMatchObject({
    uid: reservation.id,
    summary: 'Parking A/03 é',
    start: new Date(NOW),
    status: 'CONFIRMED',
  });
  expect(file.text).not.toContain('REFRESH-INTERVAL');
});

test('A5 X3 a slot that is kept and not booked is tentative', () => {
  expect(calendarFile({ ...reservation, state: 'held' }, site, NOW).text).toContain('STATUS:TENTATIVE');
});
