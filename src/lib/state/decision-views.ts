import type { DecisionRow, OutboxRow } from '$lib/client-db/database';
import { isUndecided } from '$lib/sync/wish-status';
import type { LocalDecision } from './views';

/** The local decisions of a gate, newest first. */
export function decisionViews(
  decisions: readonly DecisionRow[],
  outbox: readonly OutboxRow[],
): LocalDecision[] {
  const unsent = new Set(
    outbox.filter(isUndecided).flatMap((row) => ('scanId' in row.args ? [row.args.scanId] : [])),
  );
  return decisions
    .map(({ kind = null, direction = 'entry', undoes = null, ...decision }) => {
      return { ...decision, kind, direction, undoes, unsent: unsent.has(decision.scanId) };
    })
    .toSorted((a, b) => b.scannedAt - a.scannedAt || (a.scanId < b.scanId ? 1 : -1));
}
