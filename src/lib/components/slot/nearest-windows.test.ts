import { describe, expect, test } from 'vitest';
import type { TimeRange } from '#shared/domain/time-range';
import { nearestWindows } from './nearest-windows';
import type { OfferedSlot } from './offers';

const HOUR = 3_600_000;
const base = Date.UTC(2026, 10, 21);
const at = (hour: number): number => base + hour * HOUR;
const range = (from: number, to: number): TimeRange => ({ start: at(from), end: at(to) });
const now = at(8);
const allowed = (): boolean => true;

/** The building's own slot, free but for these hours. */
function slot(id: string, busy: readonly TimeRange[], fields: Partial<OfferedSlot> = {}): OfferedSlot {
  return { id, label: id, ownerId: null, ownerName: null, mine: false, lent: [], busy, ...fields };
}

describe('C4 the nearest windows when nothing is free', () => {
  test('earlier, later or shorter, nearest first, with how many slots', () => {
    const slots = [slot('a', [range(12, 15)]), slot('b', [range(12, 15)]), slot('c', [range(10, 13)])];
    expect(nearestWindows(slots, range(11, 14), { now, allowed })).toEqual([
      { ...range(9, 12), way: 'earlier', slots: 2 },
      { ...range(13, 16), way: 'later', slots: 1 },
      { ...range(15, 18), way: 'later', slots: 2 },
    ]);
  });

  test('a part that is half of it at least', () => {
    const own = slot('a', [], { ownerId: 'mara', ownerName: 'Mara', lent: [range(10, 13)] });
    expect(nearestWindows([own], range(11, 14), { now, allowed })).toEqual([
      { ...range(10, 13), way: 'earlier', slots: 1 },
      { ...range(11, 13), way: 'shorter', slots: 1 },
    ]);
    expect(nearestWindows([own], range(12, 15), { now, allowed })).toEqual([
      { ...range(10, 13), way: 'earlier', slots: 1 },
    ]);
  });

  test('never in the past, never against the rules, never the member’s own slot', () => {
    const slots = [slot('a', [range(9, 12)])];
    expect(nearestWindows(slots, range(8.5, 10.5), { now, allowed })).toEqual([
      { ...range(12, 14), way: 'later', slots: 1 },
    ]);
    expect(
      nearestWindows(slots, range(8.5, 10.5), { now, allowed: (window) => window.start < at(12) }),
    ).toEqual([]);
    expect(nearestWindows([slot('a', [], { mine: true })], range(9, 10), { now, allowed })).toEqual([]);
  });

  test('one of several that begin about the same time', () => {
    const slots = [5, 0, 10].map((minutes) =>
      slot(`s${String(minutes)}`, [{ start: at(8), end: at(12) + minutes * 60_000 }]),
    );
    expect(nearestWindows(slots, range(10, 11), { now, allowed })).toEqual([
      { ...range(12, 13), way: 'later', slots: 1 },
    ]);
  });
});
