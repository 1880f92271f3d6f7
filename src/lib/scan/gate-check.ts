import type { ScanResult } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import type { PassHistory } from '#shared/pass/pass-verdict';

/** What a code that is no pass turned out to be: somebody else's QR, a guard's own challenge, or one of ours, damaged. */
export type UnreadableKind = 'foreign' | 'challenge' | 'damaged';

/** Why a good pass is shown as provisional only. */
export type ProvisionalReason =
  | 'status_missing'
  | 'status_unverifiable'
  | 'status_too_short'
  | 'status_stale'
  | 'status_unknown_value'
  /** A typed code proves nothing about who holds the pass. */
  | 'typed';

/** What a pass says about itself, for the guard to compare. */
export interface ShownPass {
  readonly slot: string;
  readonly plate: string;
  /** In ms, half-open. */
  readonly window: TimeRange;
  readonly usesAllowed: 1 | 2;
  /** The gates it opens; null for all of them. */
  readonly gates: readonly number[] | null;
}

/** An earlier use: when (ms), at which gate, by which guard. */
export interface EarlierUse {
  readonly at: number;
  readonly gate: number;
  readonly by: string;
}

/** What this device decided about one reading, with what a screen says about it. Times in ms. */
export interface GateCheck {
  readonly result: ScanResult;
  readonly source: 'camera' | 'typed';
  readonly at: number;
  readonly gate: number;
  /** What goes into the record as read: empty for somebody else's QR, which may hold anything (a Wi-Fi password). */
  readonly code: string;
  readonly passId: string | null;
  readonly pass: ShownPass | null;
  /** The counter of a proof whose signature holds; null otherwise. It counts as seen whatever the result. */
  readonly counter: number | null;
  readonly unreadable: UnreadableKind | null;
  readonly lastUse: EarlierUse | null;
  /** The holder's clock minus this device's, in seconds. */
  readonly clockDifference: number | null;
  readonly provisional: ProvisionalReason | null;
}

/** A check on the way to being stored. */
export interface PendingCheck {
  readonly check: GateCheck;
  /** The check again in the light of the history that the storing transaction reads: two scans may overlap. */
  readonly settle: (history: PassHistory) => GateCheck;
}

/** Whether the result lets somebody in without the guard's own word. */
export function letsIn(result: ScanResult): boolean {
  return result === 'valid' || result === 'valid_provisional' || result === 'override';
}
