import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  decideAs,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
  system,
} from './testing';
import { lendingAfter } from './lending-ends';
import { ASK_AGAIN_AFTER } from './share-rules';
import { covers, normalize, overlaps, type TimeRange } from './time-range';

const hours = (start: number, end: number): TimeRange => ({
  start: NOW + start * HOUR,
  end: NOW + end * HOUR,
});
const ruled = (fields: Partial<Parameters<typeof slot>[0]> = {}) =>
  slot({
    id: 's1',
    ownerId: resident.id,
    rulesRevision: 2,
    followedRevision: 1,
    followedUntil: NOW,
    ...fields,
  });
const follow = (windows: TimeRange[], revision = 2) => ({
  op: 'share.follow_rules@1' as const,
  args: { slotId: 's1', revision, windows: windows.map((one) => ({ ...one })), until: NOW + 900 * HOUR },
});

describe('share.follow_rules@1', () => {
  it('C1 lends what was opened by hand and what the rules give, less what was taken back by hand', () => {
    const state = stateOf({
      slots: [
        ruled({
          lent: [hours(0, 9)],
          opened: [hours(-5, -1), hours(0, 1)],
          closed: [hours(-9, -2), hours(4, 5)],
        }),
      ],
    });
    expect(codeOf(decideAs(state, system, follow([hours(3, 6), hours(8, 9)])))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({
      lent: [hours(0, 1), hours(3, 4), hours(5, 6), hours(8, 9)],
      opened: [hours(0, 1)],
      closed: [hours(4, 5)],
      followedRevision: 2,
      followedUntil: NOW + 900 * HOUR,
    });
  });

  it('C1 C2 never cuts a reservation, and lets its time go once it is cancelled', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...hours(2, 4) });
    const state = stateOf({ slots: [ruled({ lent: [hours(1, 8)] })], reservations: [taken] });
    decideAs(state, system, follow([]));
    // `opened` of the helper is what was lent: taken back by hand here.
    expect(state.slots.get('s1')!.lent).toEqual([hours(1, 8)]);
    state.slots.set('s1', ruled({ lent: [hours(1, 8)], opened: [] }));
    decideAs(state, system, follow([]));
    expect(state.slots.get('s1')!.lent).toEqual([hours(2, 4)]);
    decideAs(state, manager, { op: 'reservation.cancel@1', args: { reservationId: 'r1' } });
    decideAs(state, system, follow([]));
    expect(state.slots.get('s1')!.lent).toEqual([]);
  });

  it('C1 refuses windows of another revision, of no slot, and of the site’s own', () => {
    const state = stateOf({ slots: [ruled(), slot({ id: 's2' })] });
    expect(decideAs(state, system, follow([], 1))).toMatchObject({
      code: 'rules_changed',
      data: { revision: 2 },
    });
    const other = (slotId: string) =>
      codeOf(decideAs(state, system, { ...follow([]), args: { ...follow([]).args, slotId } }));
    expect(other('none')).toBe('slot_not_found');
    expect(other('s2')).toBe('slot_without_owner');
    expect(codeOf(decideAs(state, resident, follow([])))).toBe('role_forbidden');
  });

  it('C1 what is taken back by hand stays so under the rules, and comes back when it is lent by hand again', () => {
    const state = stateOf({ slots: [ruled({ lent: [hours(1, 9)], opened: [] })] });
    const share = (op: 'share.open@1' | 'share.close@1', range: TimeRange) =>
      codeOf(decideAs(state, resident, { op, args: { slotId: 's1', ...range } }));
    expect(share('share.close@1', hours(2, 4))).toBe('applied');
    decideAs(state, system, follow([hours(1, 9)]));
    expect(state.slots.get('s1')!.lent).toEqual([hours(1, 2), hours(4, 9)]);
    expect(share('share.open@1', hours(3, 4))).toBe('applied');
    decideAs(state, system, follow([hours(1, 9)]));
    expect(state.slots.get('s1')!.lent).toEqual([hours(1, 2), hours(3, 9)]);
  });

  it('C1 what was taken back before there was any rule is no exception to one', () => {
    const state = stateOf({ slots: [slot({ id: 's1', ownerId: resident.id, lent: [hours(1, 9)] })] });
    decideAs(state, resident, { op: 'share.close@1', args: { slotId: 's1', ...hours(1, 9) } });
    expect(state.slots.get('s1')!.closed).toEqual([]);
  });

  const part = fc
    .tuple(fc.nat(40), fc.integer({ min: 1, max: 12 }))
    .map(([at, length]) => hours(at, at + length));
  const parts = fc.array(part, { maxLength: 5 }).map((list) => normalize(list));
  it('C1 C2 whatever the rules and what was done by hand: reserved stays lent, and nothing else that nobody lends', () => {
    fc.assert(
      fc.property(parts, parts, parts, parts, part, (lent, opened, closed, windows, wanted) => {
        const isReserved = covers(lent, wanted);
        const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...wanted });
        const state = stateOf({
          slots: [ruled({ lent, opened, closed })],
          reservations: isReserved ? [taken] : [],
        });
        decideAs(state, system, follow(windows));
        const after = state.slots.get('s1')!.lent;
        expect(after).toEqual(normalize(after));
        if (isReserved) expect(covers(after, wanted)).toBe(true);
        for (let half = 0; half < 110; half++) {
          const moment = hours(half / 2, half / 2 + 0.5);
          const inOne = (ranges: readonly TimeRange[]) => ranges.some((range) => overlaps(range, moment));
          const isWanted = (inOne(opened) || inOne(windows)) && !inOne(closed);
          expect(inOne(after)).toBe(isWanted || (isReserved && overlaps(wanted, moment)));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('home early', () => {
  const closeFree = (range: TimeRange) => ({
    op: 'share.close_free@1' as const,
    args: { slotId: 's1', ...range },
  });

  it('C1 takes back what nobody has reserved, and keeps what somebody has', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...hours(2, 4) });
    const state = stateOf({ slots: [ruled({ lent: [hours(-1, 8)] })], reservations: [taken] });
    expect(codeOf(decideAs(state, resident, closeFree(hours(0, 8))))).toBe('applied');
    expect(state.slots.get('s1')!.lent).toEqual([hours(-1, 0), hours(2, 4)]);
    expect(state.slots.get('s1')!.closed).toEqual([hours(0, 8)]);
    // So that the rules do not lend it to the next one, once who is there now has gone.
    decideAs(state, system, follow([hours(0, 8)]));
    expect(state.slots.get('s1')!.lent).toEqual([hours(2, 4)]);
  });

  it('C1 what was taken back around a reservation is lent to nobody once that is cancelled', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...hours(2, 4) });
    const byHand = { lent: [hours(1, 8)], opened: [hours(1, 8)] };
    const state = stateOf({
      slots: [slot({ id: 's1', ownerId: resident.id, ...byHand })],
      reservations: [taken],
    });
    expect(codeOf(decideAs(state, resident, closeFree(hours(1, 8))))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({ lent: [hours(2, 4)], opened: [], closed: [] });
    const row = { ...taken, state: 'cancelled' as const, endedAt: NOW };
    expect(lendingAfter(state, [{ table: 'reservations', row }], NOW)).toMatchObject([{ row: { lent: [] } }]);
  });

  it('C1 names the reservation when all of it is reserved, and refuses what is not lent or not theirs', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...hours(0, 4) });
    const state = stateOf({ slots: [ruled({ lent: [hours(0, 4)] })], reservations: [taken] });
    expect(decideAs(state, resident, closeFree(hours(1, 3)))).toMatchObject({
      code: 'window_reserved',
      data: { reservationId: 'r1' },
    });
    expect(codeOf(decideAs(state, resident, closeFree(hours(5, 6))))).toBe('window_not_lent');
    expect(codeOf(decideAs(state, neighbour, closeFree(hours(0, 4))))).toBe('slot_forbidden');
  });

  it('C1 leaves no exception to a rule where lending by hand is undone, and has the rules followed anew', () => {
    const state = stateOf({ slots: [ruled({ lent: [hours(0, 4)], opened: [], followedRevision: 2 })] });
    const open = { slotId: 's1', ...hours(0, 8) };
    decideAs(state, resident, { op: 'share.open@1', args: open });
    const undone = {
      op: 'share.close_free@1' as const,
      args: { slotId: 's1', ...hours(4, 8), undo: true as const },
    };
    expect(codeOf(decideAs(state, resident, undone))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({ lent: [hours(0, 4)], closed: [], rulesRevision: 3 });
    // A rule that was made meanwhile lends what was undone.
    decideAs(state, system, follow([hours(0, 6)], 3));
    expect(state.slots.get('s1')!.lent).toEqual([hours(0, 6)]);
  });

  it('C1 lends again what was taken back, by the rules alone: it ends when they do', () => {
    const before = {
      lent: [hours(0, 2)],
      opened: [],
      closed: [hours(2, 4), hours(5, 6)],
      followedRevision: 2,
    };
    const state = stateOf({ slots: [ruled(before)] });
    const again = {
      op: 'share.open@1' as const,
      args: { slotId: 's1', ...hours(2, 4), again: true as const },
    };
    expect(codeOf(decideAs(state, resident, again))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({
      ...{ lent: [hours(0, 4)], opened: [], closed: [hours(5, 6)], rulesRevision: 3 },
    });
    decideAs(state, system, follow([hours(0, 6)], 3));
    expect(state.slots.get('s1')!.lent).toEqual([hours(0, 5)]);
    decideAs(state, system, follow([], 3));
    expect(state.slots.get('s1')!.lent).toEqual([]);
  });

  const ask = { op: 'visit.ask_to_move@1' as const, args: { reservationId: 'r1' } };
  it('C1 asks who is parked there to move, again after half an hour at the earliest', () => {
    const parked = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...hours(-1, 4) });
    const state = stateOf({ slots: [ruled({ lent: [hours(-1, 8)] })], reservations: [parked] });
    expect(codeOf(decideAs(state, neighbour, ask))).toBe('slot_forbidden');
    expect(codeOf(decideAs(state, resident, ask))).toBe('applied');
    expect(state.reservations.get('r1')).toEqual({ ...parked, askedToMoveAt: NOW });
    expect(codeOf(decideAs(state, resident, ask, NOW + ASK_AGAIN_AFTER - 1))).toBe('asked_already');
    expect(codeOf(decideAs(state, resident, ask, NOW + ASK_AGAIN_AFTER))).toBe('applied');
  });

  it.each([
    ['nobody_parked', hours(1, 2), {}],
    ['nobody_parked', hours(-2, 0), {}],
    ['nobody_parked', hours(-1, 2), { state: 'cancelled' as const }],
    ['nobody_parked', hours(-1, 2), { state: 'held' as const, offered: true, holdExpiresAt: NOW + HOUR }],
  ])('C1 asks nobody where nobody’s time runs: %s %#', (code, range, fields) => {
    const one = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id, ...range, ...fields });
    const state = stateOf({ slots: [ruled({ lent: [hours(-2, 8)] })], reservations: [one] });
    expect(codeOf(decideAs(state, resident, ask))).toBe(code);
  });
});
