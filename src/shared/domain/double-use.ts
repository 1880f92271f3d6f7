import type { Incident, Pass, Scan } from './entities';
import type { DecisionContext } from './intent';
import { goThrough, passagesOf, usesAllowed, type Passage } from './pass-uses';
import type { Change, State } from './state';
import { changed, closedByItself, newIncident } from './incident-row';

/**
 * D4, X8: the double use that this scan shows, or is seen to be none by it. Follows the scans alone and not the order in which
 * they came, so that guards who were apart come to the same whoever sends first: a late exit in between, or what a
 * guard took back, closes the incident by itself. What a manager has closed stays closed until another scan joins in.
 */
export function doubleUseOf(state: State, scan: Scan, context: DecisionContext): Change[] {
  const pass = scan.passId === null ? undefined : state.passes.get(scan.passId);
  if (!pass) return [];
  const passages = [...passagesOf(state, pass), { ...scan, at: scan.scannedAt }];
  const together = doubleUses(pass.kind, passages);
  const known = [...state.incidents.values()].filter((incident) => isAbout(state, incident, pass));
  const open = known.find(({ closedAt }) => closedAt === null);
  const last = together.at(-1);
  if (!last) return open ? [closedByItself(open, context)] : [];
  if (!open && known.some((incident) => covers(incident, together))) return [];
  return changed(open ?? newIncident('double_use', context), {
    scanIds: together.map(({ id }) => id),
    passId: last.passId,
    detail: { uses: together.length, allowed: usesAllowed(pass.kind) },
  });
}

function isAbout(state: State, { kind, passId }: Incident, pass: Pass): boolean {
  const other = kind !== 'double_use' || passId === null ? undefined : state.passes.get(passId);
  return other?.reservationId === pass.reservationId && other.visitorPassId === pass.visitorPassId;
}

/** Whether a manager has looked into exactly this already. */
function covers({ closedBy, scanIds }: Incident, uses: readonly Scan[]): boolean {
  return closedBy !== null && uses.every(({ id }) => scanIds.includes(id));
}

/**
 * The entries, oldest first, that were in at the same time where the pass allows fewer, or beyond the number of times that a
 * visitor's pass allows. Other than `openUses`, which asks who may still come in, an exit afterwards makes no double use
 * undone. An override is a guard's own decision to let in once more: it neither makes nor is a double use.
 */
export function doubleUses<P extends Passage>(kind: Pass['kind'], passages: readonly P[]): P[] {
  const involved = new Set<P>();
  goThrough(kind, passages, (inside) => {
    const uses = inside.filter(({ result }) => result !== 'override');
    if (uses.length > usesAllowed(kind)) uses.forEach((use) => involved.add(use));
  });
  // Entries join in the order of their times: whoever is in already is older than whoever comes.
  return [...involved];
}
