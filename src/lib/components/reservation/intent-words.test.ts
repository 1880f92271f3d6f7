import { expect, test } from 'vitest';
import { timeFormat } from '../time/format';
import { fromWall } from '../time/site-clock';
import { intentWords } from './intent-words';

const zone = 'Europe/Warsaw';
const at = (wall: string): number => fromWall(wall, zone)!;
const window = { start: at('2026-11-21T14:00'), end: at('2026-11-21T16:00') };
const known = {
  slots: [{ id: 's3', label: 'A-03' }],
  reservations: [{ id: 'r1', slotLabel: 'A-07', ...window }],
  visitorPasses: [{ id: 'v1', visitors: [{ name: 'Anna' }, { name: 'Ben' }], ...window }],
  people: [
    { id: 'm1', name: 'Ana' },
    { id: 'm2', name: 'Max' },
  ],
  member: { id: 'm2' },
};
const words = (op: Parameters<typeof intentWords>[0]['op'], args: Record<string, unknown>): string => {
  const { title, detail } = intentWords({ op, args }, known, window.start, timeFormat(zone, 'en-GB'));
  return detail === '' ? title : `${title} | ${detail}`;
};

test.each([
  ['member.set_role@1', { memberId: 'm1', role: 'guard' }, 'Change the role of Ana'],
  ['member.remove@1', { memberId: 'm1' }, 'Remove Ana'],
  ['member.remove@1', { memberId: 'gone' }, 'Remove a member'],
  ['member.remove@1', { memberId: 'm2' }, 'Leave this building'],
  ['site.set_registration@1', { registration: 'open' }, 'Change who may join'],
  [
    'reservation.create@1',
    { reservationId: 'r9', slotId: 's3', ...window },
    'Reserve A-03 | Today, 14:00 – 16:00',
  ],
  [
    'reservation.create@1',
    { reservationId: 'r9', slotId: 'gone', ...window },
    'Reserve a slot | Today, 14:00 – 16:00',
  ],
  ['reservation.cancel@1', { reservationId: 'r1' }, 'Cancel A-07 | Today, 14:00 – 16:00'],
  ['reservation.cancel@1', { reservationId: 'gone' }, 'Cancel a reservation'],
  [
    'reservation.change@1',
    { reservationId: 'r1', slotId: 's3', ...window },
    'Change A-07 | Today, 14:00 – 16:00',
  ],
  [
    'reservation.lease@1',
    { reservationId: 'r9', slotId: 's3', ...window },
    'Keep A-03 | Today, 14:00 – 16:00',
  ],
  ['reservation.confirm@1', { reservationId: 'r1' }, 'Book A-07 | Today, 14:00 – 16:00'],
  ['visitor.issue@1', { visitorPassId: 'v1' }, 'Make a pass for Anna and Ben | Today, 14:00 – 16:00'],
  ['visitor.issue@1', { visitorPassId: 'gone' }, 'Make a pass for visitors'],
  ['visitor.revoke@1', { visitorPassId: 'v1' }, 'Revoke the pass of Anna and Ben | Today, 14:00 – 16:00'],
  ['visitor.link@1', { visitorPassId: 'v1' }, 'New link for Anna and Ben | Today, 14:00 – 16:00'],
  ['visitor.open@1', { visitorPassId: 'v1' }, 'Open a visitor’s link'],
  ['site.set_policy@1', { changes: { price: 2 } }, 'Change the building’s rules'],
  ['share.open@1', { slotId: 's3', ...window }, 'Lend A-03 | Today, 14:00 – 16:00'],
  ['share.close@1', { slotId: 's3', ...window }, 'Take back A-03 | Today, 14:00 – 16:00'],
  ['pass.bind@1', { holderKey: 'k', reservationId: null }, 'Register this device for passes'],
  ['device.revoke@1', { clientId: 'c' }, 'Remove a device'],
  ['device.revoke@2', { clientId: 'c', keeperClientId: null }, 'Remove a device'],
  ['member.set_plate@1', { plate: 'B 1' }, 'Change your car’s plate'],
  [
    'pass.bind@1',
    { holderKey: 'k', reservationId: 'r1' },
    'Move the pass of A-07 to this device | Today, 14:00 – 16:00',
  ],
  ['scan.record@1', { scanId: 'x' }, 'Record a scan'],
] as const)('K3 %s %j', (op, args, expected) => {
  expect(words(op, args)).toBe(expected);
});
