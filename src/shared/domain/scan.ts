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
    changes: [{ table: 'scans', row: scan }],
    data: { passKnown: pass !== undefined, doubleUse: pass && scan.counts ? usedUpBy(state, pass) : [] },
  };
}

/**
 * Whether no entry is left on the pass. What is used up is the reservation: a pass made anew for another device lets
 * nobody in a second time.
 */
export function isUsedUp(state: State, pass: Pick<Pass, 'reservationId' | 'kind'>): boolean {
  return usesOf(state, pass.reservationId).length >= usesAllowed(pass.kind);
}

/** The scans among those loaded that count against any pass of the reservation, revoked ones too. */
function usesOf(state: State, reservationId: string): Scan[] {
  return [...state.scans.values()].filter(
    (scan) =>
      scan.counts && scan.passId !== null && state.passes.get(scan.passId)?.reservationId === reservationId,
  );
}

/** The scans that had used up the pass before this one; empty when it was still good. */
function usedUpBy(state: State, pass: Pass): { scanId: string; at: number; gate: number; guardId: string }[] {
  if (!isUsedUp(state, pass)) return [];
  return usesOf(state, pass.reservationId)
    .toSorted((a, b) => a.scannedAt - b.scannedAt)
    .map((scan) => ({ scanId: scan.id, at: scan.scannedAt, gate: scan.gate, guardId: scan.guardId }));
}
