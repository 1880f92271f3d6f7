import type { Pass, Scan, ScanResult } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import type { State } from './state';

/** Whether a scan with this result lets somebody in and so uses up the pass. */
export function countsAsUse(result: ScanResult): boolean {
  return result === 'valid' || result === 'valid_provisional' || result === 'override';
}

/** How often a pass of this kind lets somebody in: a double visitor pass twice, every other once. */
export function usesAllowed(kind: Pass['kind']): 1 | 2 {
  return kind === 2 ? 2 : 1;
}

/**
 * D4: records what a guard's device decided. A scan is a fact, so it is recorded whatever it says: when the pass had
 * been used up by scans of other guards, both records stay and the outcome names the earlier ones.
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
    changes: [{ table: 'scans', row: scan }],
    data: { passKnown: pass !== undefined, doubleUse: pass && scan.counts ? usedUpBy(state, pass) : [] },
  };
}

/** The scans that had used up the pass before this one; empty when it was still good. */
function usedUpBy(state: State, pass: Pass): { scanId: string; at: number; gate: number; guardId: string }[] {
  const uses = [...state.scans.values()].filter((scan) => scan.counts && scan.passId === pass.id);
  if (uses.length < usesAllowed(pass.kind)) return [];
  return uses
    .toSorted((a, b) => a.scannedAt - b.scannedAt)
    .map((scan) => ({ scanId: scan.id, at: scan.scannedAt, gate: scan.gate, guardId: scan.guardId }));
}
