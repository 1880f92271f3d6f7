import type { Pass, Scan, ScanResult } from './entities';
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
 * Whether no entry is left on the pass. What is used up is the reservation: a pass made anew for another device lets
 * nobody in a second time.
 */
export function isUsedUp(state: State, pass: Pick<Pass, 'reservationId' | 'kind'>): boolean {
  return usesOf(state, pass.reservationId).length >= usesAllowed(pass.kind);
}

/** The scans among those loaded that count against any pass of the reservation, revoked ones too. */
export function usesOf(state: State, reservationId: string): Scan[] {
  return [...state.scans.values()].filter(
    (scan) =>
      scan.counts && scan.passId !== null && state.passes.get(scan.passId)?.reservationId === reservationId,
  );
}
