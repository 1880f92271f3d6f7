import { expect, test } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { codeOf, decideAs, HOUR, NOW, resident, slot, stateOf } from '#shared/domain/testing';
import { servedViews, waitlistViews } from './waitlist-views';

const wanted = { start: NOW + 2 * HOUR, end: NOW + 6 * HOUR };
const reader = (now = NOW) => ({ memberId: resident.id, now });

function bookedWhileWaiting(hours: number) {
  const state = stateOf({ slots: [slot({ id: 's1' })] });
  const conditions = { kinds: [], levels: [], maxPrice: null, takeForMe: false };
  const end = wanted.start + hours * HOUR;
  const intents: Intent[] = [
    { op: 'waitlist.join@1', args: { entryId: 'e1', ...wanted, ...conditions } },
    { op: 'reservation.create@1', args: { reservationId: 'r1', slotId: 's1', start: wanted.start, end } },
  ];
  for (const intent of intents) expect(codeOf(decideAs(state, resident, intent))).toBe('applied');
  return state;
}

test('E8 K3 who books a slot while waiting reads at once why they wait no more, on the device’s own prediction', () => {
  const state = bookedWhileWaiting(4);
  expect(waitlistViews(state, [], reader())).toEqual([]);
  expect(servedViews(state, reader())).toEqual([{ id: 'e1', ...wanted, isWhole: true }]);
  expect(servedViews(bookedWhileWaiting(1), reader())).toMatchObject([{ isWhole: false }]);
});

test('E8 it is said for a day, as long as the time is not over and the slot still theirs', () => {
  const state = bookedWhileWaiting(4);
  expect(servedViews(state, reader(wanted.end))).toEqual([]);
  const ended = { ...state.waitlistEntries.get('e1')!, endedAt: NOW - 24 * HOUR };
  state.waitlistEntries.set('e1', ended);
  expect(servedViews(state, reader())).toEqual([]);
  state.waitlistEntries.set('e1', { ...ended, endedAt: NOW });
  decideAs(state, resident, { op: 'reservation.cancel@1', args: { reservationId: 'r1' } });
  expect(servedViews(state, reader())).toEqual([]);
});
