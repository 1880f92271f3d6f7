import { describe, expect, it } from 'vitest';
import type { RefusalCode } from './intent';
import {
  codeOf,
  decideAs,
  guard,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
} from './testing';
import { LENDING_HORIZON, MOST_LENT_WINDOWS } from './share';

const share = (op: 'share.open@1' | 'share.close@1', start: number, end: number) => ({
  op,
  args: { slotId: 's1', start, end },
});
const own = (lent: { start: number; end: number }[] = []) => slot({ id: 's1', ownerId: resident.id, lent });

describe('share.open@1', () => {
  it('C1 lends now until, and joins windows that touch', () => {
    const state = stateOf({ slots: [own([{ start: NOW + HOUR, end: NOW + 2 * HOUR }])] });
    expect(codeOf(decideAs(state, resident, share('share.open@1', NOW, NOW + HOUR)))).toBe('applied');
    expect(state.slots.get('s1')?.lent).toEqual([{ start: NOW, end: NOW + 2 * HOUR }]);
  });

  it('C1 C2 forgets windows that are over, keeps one that has begun, and says only what changed', () => {
    const over = { start: NOW - 3 * HOUR, end: NOW };
    const begun = { start: NOW - HOUR / 2, end: NOW + HOUR };
    const window = { start: NOW + 2 * HOUR, end: NOW + 4 * HOUR };
    const state = stateOf({ slots: [own([over, begun])] });
    expect(decideAs(state, resident, share('share.open@1', window.start, window.end))).toMatchObject({
      data: window,
    });
    expect(state.slots.get('s1')?.lent).toEqual([begun, window]);
    const later = { start: NOW + 3 * HOUR, end: NOW + 4 * HOUR };
    const closed = decideAs(state, resident, share('share.close@1', later.start, later.end), NOW + HOUR);
    expect(closed).toMatchObject({ data: later });
    expect(closed.data).not.toHaveProperty('lent');
    expect(state.slots.get('s1')?.lent).toEqual([{ start: window.start, end: later.start }]);
  });

  it('C1 lends at most 200 windows a slot, and joins and takes back at any number', () => {
    const minutes = (from: number, to: number) => ({ start: NOW + from * 60_000, end: NOW + to * 60_000 });
    const full = Array.from({ length: MOST_LENT_WINDOWS }, (_, index) => minutes(index * 10, index * 10 + 5));
    const state = stateOf({ slots: [own(full)] });
    const decided = (op: 'share.open@1' | 'share.close@1', { start, end }: { start: number; end: number }) =>
      decideAs(state, resident, share(op, start, end));
    expect(decided('share.open@1', minutes(5000, 5010))).toEqual({
      status: 'refused',
      code: 'too_many_windows',
      data: { limit: 200 },
    });
    expect(codeOf(decided('share.close@1', minutes(2, 3)))).toBe('too_many_windows');
    expect(codeOf(decided('share.open@1', minutes(5, 10)))).toBe('applied');
    expect(codeOf(decided('share.open@1', minutes(5000, 5010)))).toBe('applied');
    expect(codeOf(decided('share.close@1', minutes(20, 25)))).toBe('applied');
    expect(state.slots.get('s1')?.lent).toHaveLength(199);
  });

  it('C2 lets a slot with too many windows of before become smaller', () => {
    const before = Array.from({ length: 250 }, (_, index) => ({
      start: NOW + index * HOUR,
      end: NOW + index * HOUR + HOUR / 2,
    }));
    const state = stateOf({ slots: [own(before)] });
    expect(codeOf(decideAs(state, resident, share('share.close@1', NOW, NOW + HOUR)))).toBe('applied');
    expect(state.slots.get('s1')?.lent).toHaveLength(249);
  });
});

describe('share.close@1', () => {
  it('C2 refuses to take back a reserved window and names the reservation', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id });
    const state = stateOf({ slots: [own([{ start: NOW, end: NOW + 9 * HOUR }])], reservations: [taken] });
    expect(decideAs(state, resident, share('share.close@1', NOW, NOW + 9 * HOUR))).toEqual({
      status: 'refused',
      code: 'window_reserved',
      data: { reservationId: 'r1', start: taken.start, end: taken.end },
    });
  });

  it('C2 takes back around the reservation, and all of it once it is cancelled', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id });
    const state = stateOf({ slots: [own([{ start: NOW, end: NOW + 9 * HOUR }])], reservations: [taken] });
    expect(codeOf(decideAs(state, resident, share('share.close@1', taken.end, NOW + 9 * HOUR)))).toBe(
      'applied',
    );
    expect(state.slots.get('s1')?.lent).toEqual([{ start: NOW, end: taken.end }]);
    decideAs(state, neighbour, { op: 'reservation.cancel@1', args: { reservationId: 'r1' } });
    expect(codeOf(decideAs(state, resident, share('share.close@1', NOW, taken.end)))).toBe('applied');
    expect(state.slots.get('s1')?.lent).toEqual([]);
  });
});

describe('who may lend what', () => {
  const day: [number, number] = [NOW, NOW + 24 * HOUR];
  const lent = [{ start: day[0], end: day[1] }];
  const table: [
    string,
    RefusalCode | 'applied',
    Parameters<typeof share>,
    typeof resident,
    ReturnType<typeof slot>[],
  ][] = [
    ['C1 a neighbour’s slot', 'slot_forbidden', ['share.open@1', ...day], neighbour, [own()]],
    ['C1 taking back a neighbour’s', 'slot_forbidden', ['share.close@1', ...day], neighbour, [own(lent)]],
    ['C1 nothing to the manager', 'applied', ['share.open@1', ...day], manager, [own()]],
    ['C1 the site’s own slot', 'slot_without_owner', ['share.open@1', ...day], manager, [slot({ id: 's1' })]],
    ['C1 an unknown slot', 'slot_not_found', ['share.open@1', ...day], resident, []],
    ['C1 an end before the start', 'window_invalid', ['share.open@1', day[1], day[0]], resident, [own()]],
    [
      'C1 less than a minute',
      'window_too_short',
      ['share.open@1', NOW + HOUR, NOW + HOUR + 59_999],
      resident,
      [own()],
    ],
    ['C1 nothing of a minute', 'applied', ['share.open@1', NOW, NOW + 60_000], resident, [own()]],
    [
      'C2 nothing of taking back the last seconds',
      'applied',
      ['share.close@1', day[1] - 30_000, day[1]],
      resident,
      [own(lent)],
    ],
    [
      'C2 what is lent only in the past',
      'window_not_lent',
      ['share.close@1', NOW - HOUR, NOW + HOUR],
      resident,
      [own([{ start: NOW - HOUR, end: NOW - 1 }])],
    ],
    ['C1 a window that is over', 'window_past', ['share.open@1', NOW - HOUR, NOW], resident, [own()]],
    [
      'C1 more than a year ahead',
      'window_too_far',
      ['share.open@1', NOW, NOW + LENDING_HORIZON + 1],
      resident,
      [own()],
    ],
    ['C2 what is not lent', 'window_not_lent', ['share.close@1', ...day], resident, [own()]],
    ['D1 a guard', 'role_forbidden', ['share.open@1', ...day], guard, [own()]],
  ];
  it.each(table)('refuses %s: %s', (_name, code, args, actor, slots) => {
    expect(codeOf(decideAs(stateOf({ slots }), actor, share(...args)))).toBe(code);
  });
});
