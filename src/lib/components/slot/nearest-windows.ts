import { freeRanges } from '#shared/domain/availability';
import type { TimeRange } from '#shared/domain/time-range';
import type { OfferedSlot } from './offers';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** How far from what was wanted a window may lie. */
const REACH = 24 * HOUR;
/** A shorter one is no help. */
const SHORTEST = 30 * MINUTE;

/** C4: another window in which a slot is free, near the one that was wanted. */
export interface NearWindow extends TimeRange {
  readonly way: 'earlier' | 'later' | 'shorter';
  /** How many slots are free for it. */
  readonly slots: number;
}

interface Nearness {
  readonly now: number;
  /** Whether the site's rules allow a window. */
  readonly allowed: (window: TimeRange) => boolean;
  readonly limit?: number;
}

/**
 * C4: when nothing is free for `window`: the nearest windows in which something is, nearest first. Of the same length earlier
 * or later within a day, or a part of the window, at least half an hour and half of it.
 */
export function nearestWindows(
  slots: readonly OfferedSlot[],
  window: TimeRange,
  { now, allowed, limit = 3 }: Nearness,
): NearWindow[] {
  // null: the rules are against it. Asked once for each window, as there may be thousands of slots.
  const found = new Map<string, { near: Candidate; cost: number; slots: Set<string> } | null>();
  for (const slot of slots) {
    if (slot.mine) continue;
    for (const near of candidatesOf(slot, window, now)) {
      const key = `${String(near.start)} ${String(near.end)}`;
      let known = found.get(key);
      if (known === undefined) {
        known = allowed(near) ? { near, cost: costOf(near, window), slots: new Set() } : null;
        found.set(key, known);
      }
      known?.slots.add(slot.id);
    }
  }
  const byCost = [...found.values()]
    .filter((one) => one !== null)
    .sort((a, b) => a.cost - b.cost || b.slots.size - a.slots.size);
  return spread(byCost.map(({ near, slots: free }) => ({ ...near, slots: free.size }))).slice(0, limit);
}

type Candidate = Omit<NearWindow, 'slots'>;

function candidatesOf(slot: OfferedSlot, window: TimeRange, now: number): Candidate[] {
  const length = window.end - window.start;
  const earliest = Math.max(Math.min(window.start, now - (now % MINUTE)), window.start - REACH);
  const free = freeRanges(slot, slot.busy, { start: earliest, end: window.end + REACH });
  return free.flatMap((range): Candidate[] => {
    const latest = range.end - length;
    if (latest >= range.start) {
      const start = Math.min(Math.max(window.start, range.start), latest);
      return [
        { start, end: start + length, way: start < window.start ? 'earlier' : 'later' },
        ...part(range, window),
      ];
    }
    return part(range, window);
  });
}

function part(range: TimeRange, window: TimeRange): Candidate[] {
  const start = Math.max(range.start, window.start);
  const end = Math.min(range.end, window.end);
  const enough = Math.max(SHORTEST, (window.end - window.start) / 2);
  return end - start >= enough ? [{ start, end, way: 'shorter' }] : [];
}

/** How far it is from what was wanted: an hour that is missing hurts as much as waiting for one. */
function costOf(candidate: Candidate, window: TimeRange): number {
  return (
    Math.abs(candidate.start - window.start) +
    Math.abs(candidate.end - window.end) * (candidate.way === 'shorter' ? 2 : 1)
  );
}

/** Of windows of one kind that begin within a quarter of an hour of each other, only the first. */
function spread(windows: readonly NearWindow[]): NearWindow[] {
  return windows.filter(
    (window, index) =>
      !windows
        .slice(0, index)
        .some((before) => before.way === window.way && Math.abs(before.start - window.start) < 15 * MINUTE),
  );
}
