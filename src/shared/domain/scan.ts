import type { Pass, Scan } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { countsAsUse, isUsedUp, usesOf } from './pass-uses';
import { letIn } from './reservation-let-in';
import type { Change, State } from './state';

/**
 * D4: records what a guard's device decided. A scan is a fact, so it is recorded whatever it says: when the pass, or
 * another pass of its reservation, had been used up by other scans, all records stay and the outcome names the earlier.
 */
export function decideScan(
  state: State,
  args: DomainArgs['scan.record@1'],
  context: DecisionContext,
): Decision {
  if (state.scans.has(args.scanId)) return refused('scan_exists', {});
  const scan: Scan = {
    id: args.scanId,
    passId: args.passId,
    guardId: context.actor.id,
    clientId: context.clientId,
    gate: args.gate,
    scannedAt: args.scannedAt,
    recordedAt: context.now,
    result: args.result,
    counts: countsAsUse(args.result),
    reason: args.reason,
    code: args.code,
  };
  const pass = args.passId === null ? undefined : state.passes.get(args.passId);
  return {
    status: 'applied',
    changes: [{ table: 'scans', row: scan }, ...(pass && scan.counts ? cameIn(state, pass, context) : [])],
    data: { passKnown: pass !== undefined, doubleUse: pass && scan.counts ? usedUpBy(state, pass) : [] },
  };
}

function cameIn(state: State, pass: Pass, context: DecisionContext): Change[] {
  const reservation = state.reservations.get(pass.reservationId);
  return reservation ? letIn(state, reservation, context) : [];
}

/** The scans that had used up the pass before this one; empty when it was still good. */
function usedUpBy(state: State, pass: Pass): { scanId: string; at: number; gate: number; guardId: string }[] {
  if (!isUsedUp(state, pass)) return [];
  return usesOf(state, pass.reservationId)
    .toSorted((a, b) => a.scannedAt - b.scannedAt)
    .map((scan) => ({ scanId: scan.id, at: scan.scannedAt, gate: scan.gate, guardId: scan.guardId }));
}
