import type { ScanResult } from '#shared/domain/entities';
import { letsThrough, type GateCheck } from '$lib/scan/gate-check';

/** What a guard may do about a result beside going on. */
export type VerdictAction = 'override' | 'ask_phone' | 'type_code' | 'find' | 'sync';

/** How long (s) a decision can be taken back on the screen; the rule gives a slow thumb 15 (domain/scan). */
export const UNDO_SECONDS = 10;

/**
 * The next actions of each result. A challenge is asked where an honest phone can answer what a copy cannot; not of a
 * `static_copy`, for to open the pass is as quick and shows as much. `override` only where the pass said no.
 */
const actions: Record<ScanResult, readonly VerdictAction[]> = {
  malformed: ['type_code', 'override'],
  unknown_key: ['sync', 'type_code', 'override'],
  forged: ['override'],
  wrong_site: ['override'],
  wrong_entrance: ['override'],
  too_early: ['override'],
  expired: ['override'],
  revoked: ['override'],
  suspended: ['override'],
  static_copy: ['override'],
  copied: ['ask_phone', 'override'],
  clock_differs: ['ask_phone', 'override'],
  replay_or_clock: ['ask_phone', 'override'],
  replay: ['ask_phone', 'override'],
  clone_suspect: ['ask_phone', 'override'],
  already_used: ['override'],
  not_found: ['find', 'sync', 'override'],
  valid: [],
  valid_provisional: [],
  override: [],
  undone: [],
};

/** D4: what is offered on a result's screen. Nobody is let in on somebody else's QR: it names no pass. */
export function verdictActions(check: GateCheck): VerdictAction[] {
  const isNoPass = check.unreadable === 'foreign' || check.unreadable === 'challenge';
  return actions[check.result].filter((action) => action !== 'override' || !(isNoPass || letsThrough(check)));
}

/**
 * Whole seconds for which a decision that opened the gate can still be taken back; 0 when it cannot. `now` by the clock and
 * `running` by performance.now, both in ms: whichever says that more has passed is right, for a clock may be set meanwhile.
 */
export function undoLeft(
  { check, shownAt }: { check: Pick<GateCheck, 'result' | 'direction' | 'at'>; shownAt: number },
  { now, running }: { now: number; running: number },
): number {
  if (!letsThrough(check)) return 0;
  const passed = Math.max(0, now - check.at, running - shownAt);
  return Math.max(0, UNDO_SECONDS - Math.floor(passed / 1000));
}

/** How long (ms) a result has to stand before it takes taps: until then they were meant for the one before it. */
export const STEADY_AFTER = 500;

/** Whether a tap or key at `at` was meant for what is shown since `shownAt` (both of performance.now, ms). */
export function isMeant(at: number, shownAt: number): boolean {
  return at - shownAt >= STEADY_AFTER;
}
