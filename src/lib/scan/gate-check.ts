import type { Direction, Pass, ScanResult } from '#shared/domain/entities';
import { countsAsUse, letsOut } from '#shared/domain/pass-uses';
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
  | 'typed'
  /** Found in the list: nothing was shown at all. */
  | 'found';

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
  readonly source: 'camera' | 'typed' | 'list';
  readonly direction: Direction;
  readonly at: number;
  readonly gate: number;
  /** What goes into the record as read: empty for somebody else's QR, which may hold anything (a Wi-Fi password). */
  readonly code: string;
  readonly passId: string | null;
  /** What the pass is, when it was readable. */
  readonly kind: Pass['kind'] | null;
  readonly pass: ShownPass | null;
  /** The counter of a proof whose signature holds; null otherwise. It counts as seen whatever the result. */
  readonly counter: number | null;
  readonly unreadable: UnreadableKind | null;
  readonly lastUse: EarlierUse | null;
  /** Entries that counted against the pass before this reading, as far as is known here; null for no known pass. */
  readonly earlierUses: number | null;
  /** The holder's clock minus this device's, in seconds. */
  readonly clockDifference: number | null;
  /** The same of any proof that holds and is no copy, to find a guard's clock that is wrong; null otherwise. */
  readonly skew: number | null;
  /** Whether it answers a challenge, this gate's or another. */
  readonly isAnswer: boolean;
  readonly provisional: ProvisionalReason | null;
}

/** A check on the way to being stored. */
export interface PendingCheck {
  readonly check: GateCheck;
  /** The check again in the light of the history that the storing transaction reads: two scans may overlap. */
  readonly settle: (history: PassHistory) => GateCheck;
}

/** Whether the car goes through, in or out: nobody is kept in for a pass that has ended. */
export function letsThrough({ result, direction }: Pick<GateCheck, 'result' | 'direction'>): boolean {
  return direction === 'exit' ? letsOut(result) : countsAsUse(result);
}

/**
 * The check with what the device knows about the pass's uses. At an exit they are no reason to keep a car in
 * (pass-format.md, step 9), but an exit without an entry is worth a word.
 */
export function withHistory(check: GateCheck, { uses }: PassHistory): GateCheck {
  return check.passId === null ? check : { ...check, earlierUses: uses.length };
}
