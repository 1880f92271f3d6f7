import type { Pass, Scan } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { incidentsOf } from './incident';
import { countsAsUse, isUsedUp, usesOf } from './pass-uses';
import { letIn } from './reservation-let-in';
import type { Change, State } from './state';
import { takesBack } from './undo';

/** A scan of a build without direction and journal. */
export function decideFirstScan(
  state: State,
  args: DomainArgs['scan.record@1'],
  context: DecisionContext,
): Decision {
  return decideScan(state, { ...args, direction: 'entry', undoes: null, journal: null }, context);
}

/**
 * D4: records what a guard's device decided. A scan is a fact, so it is recorded whatever it says: when the pass, or
 * another pass of its reservation, had been used up by other scans, all records stay, the outcome names the earlier, and
 * an incident is raised (X8). Only what is no fact is refused: a second scan of the same id, and taking back what is not one's
 * own of a moment ago.
 */
export function decideScan(
  state: State,
  args: DomainArgs['scan.record@2'],
  context: DecisionContext,
): Decision {
  if (state.scans.has(args.scanId)) return refused('scan_exists', {});
  const scan: Scan = {
    id: args.scanId,
    passId: args.passId,
    guardId: context.actor.id,
    clientId: context.clientId,
    gate: args.gate,
    direction: args.direction,
    scannedAt: args.scannedAt,
    recordedAt: context.now,
    result: args.result,
    counts: args.direction === 'entry' && countsAsUse(args.result),
    reason: args.reason,
    code: args.code,
    undoes: args.undoes,
    journal: args.journal,
  };
  if (!isUndoAllowed(state, scan)) return refused('undo_late', {});
  const pass = args.passId === null ? undefined : state.passes.get(args.passId);
  const earlier = pass && scan.counts && isUsedUp(state, pass) ? usesOf(state, pass) : [];
  return {
    status: 'applied',
    changes: [
      { table: 'scans', row: scan },
      ...(pass && scan.counts ? cameIn(state, pass, context) : []),
      ...incidentsOf(state, scan, context),
    ],
    data: {
      passKnown: pass !== undefined,
      doubleUse: earlier.map(({ id, scannedAt, gate, guardId }) => ({
        scanId: id,
        at: scannedAt,
        gate,
        guardId,
      })),
    },
  };
}

/**
 * `undoes` may name only an own scan of the last seconds. One that is not here yet has no record to compare with: once it is,
 * it stands unless the same rule says that it was taken back.
 */
function isUndoAllowed(state: State, scan: Scan): boolean {
  if ((scan.result === 'undone') !== (scan.undoes !== null)) return false;
  if (scan.undoes === null) return true;
  const undone = state.scans.get(scan.undoes);
  return !undone || takesBack({ ...scan, at: scan.scannedAt }, { ...undone, at: undone.scannedAt });
}

function cameIn(state: State, pass: Pass, context: DecisionContext): Change[] {
  const reservation = pass.reservationId === null ? undefined : state.reservations.get(pass.reservationId);
  return reservation ? letIn(state, reservation, context) : [];
}
