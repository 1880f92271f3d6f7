import { isActive, type Reservation, type Slot } from './entities';
import { hasHadRules, sharedParts } from './share';
import type { Change, State } from './state';
import { subtract, type TimeRange } from './time-range';

/**
 * C1: what else becomes of owners' slots when these changes are made to `state`, at `now` (ms since 1970). Where a reservation ends
 * early or goes elsewhere, what is lent there only because it was reserved is lent no more: else a slot stayed on offer against its
 * owner's will. Of a slot with weekly rules only these can say what is left, so they are to be followed anew. Nothing where what was
 * opened by hand covers it, so that an ordinary cancellation writes no slot.
 */
export function lendingAfter(state: State, changes: readonly Change[], now: number): Change[] {
  const given = new Map(changes.flatMap(({ table, row }) => (table === 'slots' ? [[row.id, row]] : [])));
  const after = new Map<string, Slot>();
  for (const change of changes) {
    if (change.table !== 'reservations') continue;
    const before = state.reservations.get(change.row.id);
    if (!before || !isActive(before) || before.end <= now) continue;
    const { slotId } = before;
    const slot = after.get(slotId) ?? given.get(slotId) ?? state.slots.get(slotId);
    if (!slot || slot.ownerId === null) continue;
    const row = withoutKept(slot, endedWindows(before, slotId, changes), now);
    if (row) after.set(slotId, row);
  }
  return [...after.values()].map((row) => ({ table: 'slots', row }));
}

/** What of a reservation's window no reservation of the changes has on that slot. */
function endedWindows(before: Reservation, slotId: string, changes: readonly Change[]): TimeRange[] {
  return changes.reduce<TimeRange[]>(
    (left, change) =>
      change.table === 'reservations' && change.row.slotId === slotId && isActive(change.row)
        ? subtract(left, change.row)
        : left,
    [{ start: before.start, end: before.end }],
  );
}

/** The slot without what was lent for these windows' sake alone; null when that is nothing, or about to be decided by its rules. */
function withoutKept(slot: Slot, ended: readonly TimeRange[], now: number): Slot | null {
  const lent = ended.flatMap((window) => sharedParts(slot.lent, window)).filter(({ end }) => end > now);
  const kept = slot.opened.reduce<TimeRange[]>((left, range) => subtract(left, range), lent);
  if (kept.length === 0) return null;
  if (!hasHadRules(slot)) return { ...slot, lent: kept.reduce(subtract, [...slot.lent]) };
  return slot.rulesRevision === slot.followedRevision
    ? { ...slot, rulesRevision: slot.rulesRevision + 1 }
    : null;
}
