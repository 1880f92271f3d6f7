import type { Change, State } from './state';
import { endedEntry } from './waitlist';
import { isInLine, isServedBy } from './waitlist-rules';

/**
 * E8: what else becomes of places in line when these changes are made to `state`, at `now` (ms since 1970): those whose members have got
 * a slot by them end, and what was kept for them goes to the next one. Those that the changes decide themselves are left alone.
 */
export function servedByChanges(state: State, changes: readonly Change[], now: number): Change[] {
  const booked = changes.flatMap(({ table, row }) => (table === 'reservations' ? [row] : []));
  if (booked.length === 0 || state.waitlistEntries.size === 0) return [];
  const decided = new Set(changes.flatMap(({ table, row }) => (table === 'waitlistEntries' ? [row.id] : [])));
  return [...state.waitlistEntries.values()].flatMap((entry) => {
    if (!isInLine(entry) || decided.has(entry.id)) return [];
    const by = booked.find((reservation) => isServedBy(entry, reservation));
    return by ? endedEntry(state, entry, { as: 'served', at: now, by }) : [];
  });
}
