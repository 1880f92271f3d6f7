import { expect, it } from 'vitest';
import { lendingAfter } from './lending-ends';
import { HOUR, neighbour, NOW, reservation, resident, slot, stateOf } from './testing';

const hours = (start: number, end: number) => ({ start: NOW + start * HOUR, end: NOW + end * HOUR });
const owned = (fields: Partial<Parameters<typeof slot>[0]> = {}) =>
  slot({ id: 's1', ownerId: neighbour.id, lent: [hours(1, 8)], opened: [hours(1, 8)], ...fields });
const taken = reservation({ id: 'r1', slotId: 's1', memberId: resident.id, ...hours(2, 5) });
const cancelled = { ...taken, state: 'cancelled' as const, endedAt: NOW };
const stateWith = (fields: Parameters<typeof owned>[0] = {}) =>
  stateOf({ slots: [owned(fields), slot({ id: 's2' })], reservations: [taken] });
const after = (state: ReturnType<typeof stateWith>, row: typeof taken) =>
  lendingAfter(state, [{ table: 'reservations', row }], NOW);

it('C1 a cancellation of what was opened by hand, or on the site’s own slot, changes nothing of a slot', () => {
  expect(after(stateWith(), cancelled)).toEqual([]);
  expect(after(stateWith({ ownerId: null, lent: [], opened: [] }), cancelled)).toEqual([]);
});

it('C1 what is lent only because it is reserved goes with the reservation, what was opened stays', () => {
  const state = stateWith({ lent: [hours(2, 8)], opened: [hours(4, 8)] });
  expect(after(state, cancelled)).toMatchObject([{ table: 'slots', row: { lent: [hours(4, 8)] } }]);
  const shorter = { ...taken, ...hours(3, 5) };
  expect(after(state, shorter)).toMatchObject([{ row: { lent: [hours(3, 8)] } }]);
  const away = { ...taken, slotId: 's2' };
  expect(after(state, away)).toMatchObject([{ row: { id: 's1', lent: [hours(4, 8)] } }]);
  const expired = { ...taken, state: 'expired' as const };
  expect(after(state, expired)).toMatchObject([{ row: { lent: [hours(4, 8)] } }]);
});

it('C1 of a slot with weekly rules these say what is left, and once is enough', () => {
  const ruled = { opened: [], rulesRevision: 3, followedRevision: 3, followedUntil: NOW + 99 * HOUR };
  expect(after(stateWith(ruled), cancelled)).toMatchObject([
    { row: { rulesRevision: 4, lent: [hours(1, 8)] } },
  ]);
  expect(after(stateWith({ ...ruled, rulesRevision: 4 }), cancelled)).toEqual([]);
});

it('C1 a time that is over, and one that begins to be, change nothing of a slot', () => {
  const kept = { lent: [hours(2, 5)], opened: [] };
  expect(lendingAfter(stateWith(kept), [{ table: 'reservations', row: cancelled }], NOW + 6 * HOUR)).toEqual(
    [],
  );
  expect(after(stateWith(kept), { ...taken, id: 'r2' })).toEqual([]);
  expect(after(stateWith(kept), { ...taken, askedToMoveAt: NOW } as typeof taken)).toEqual([]);
});
