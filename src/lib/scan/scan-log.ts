import type { ScanResult } from '#shared/domain/entities';
import { countsAsUse } from '#shared/domain/pass-uses';
import type { Row } from '#shared/protocol/rows';

/** What this device keeps of a decision, as far as the log shows it. Times in ms. */
export interface LoggedDecision {
  readonly scanId: string;
  readonly passId: string | null;
  readonly gate: number;
  readonly scannedAt: number;
  readonly result: ScanResult;
  readonly reason: string;
  readonly guardName: string;
}

/** `unsent`: only on this device so far. `refused`: the server would not take it, see `refusal`. */
export type LogState = 'unsent' | 'on_server' | 'refused';

/** One line of the scan log. */
export interface LogEntry extends LoggedDecision {
  /** Decided on this device. */
  readonly own: boolean;
  readonly state: LogState;
  /** Why the server would not take it, in a sentence, empty when it did not say; null unless `refused`. */
  readonly refusal: string | null;
  /** The other lines that let the same pass in, when together they are more than it allows (D4); else empty. */
  readonly doubleUse: readonly LoggedDecision[];
}

/** What is known besides: about own scans by their ids, and how often a pass may be used. */
export interface LogContext {
  /** Those without an outcome yet. */
  readonly waiting: ReadonlySet<string>;
  /** Those that the server would not take, each with the sentence that says why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly usesAllowed: (passId: string) => number;
}

/** K8: this device's decisions and the server's scans as one list, newest first, each scan once. */
export function mergeScanLog(
  decisions: readonly LoggedDecision[],
  scans: readonly Row<'scan'>[],
  context: LogContext,
): LogEntry[] {
  const own = new Map(decisions.map((decision) => [decision.scanId, decision]));
  const arrived = new Set(scans.map((scan) => scan.id));
  const others = scans
    .filter((scan) => !own.has(scan.id))
    .map(({ id, ...scan }) => ({ scanId: id, ...scan }));
  const uses = usesByPass([...own.values(), ...others]);
  const stateOf = (scanId: string): LogState => {
    if (arrived.has(scanId) || !own.has(scanId)) return 'on_server';
    if (context.waiting.has(scanId)) return 'unsent';
    return context.refused.has(scanId) ? 'refused' : 'on_server';
  };
  return [...own.values(), ...others]
    .map((line) => {
      const state = stateOf(line.scanId);
      return {
        ...line,
        own: own.has(line.scanId),
        state,
        refusal: state === 'refused' ? (context.refused.get(line.scanId) ?? null) : null,
        doubleUse: doubleUse(uses.get(line.passId ?? '') ?? [], line.scanId, context),
      };
    })
    .sort((a, b) => b.scannedAt - a.scannedAt || (a.scanId < b.scanId ? 1 : -1));
}

/** An override is a guard's own decision to let in once more: it neither makes nor is a double use. */
function isUse(decision: LoggedDecision): boolean {
  return decision.passId !== null && countsAsUse(decision.result) && decision.result !== 'override';
}

function usesByPass(decisions: readonly LoggedDecision[]): Map<string, LoggedDecision[]> {
  const byPass = new Map<string, LoggedDecision[]>();
  for (const decision of decisions.filter(isUse)) {
    const passId = decision.passId ?? '';
    byPass.set(passId, [...(byPass.get(passId) ?? []), decision]);
  }
  return byPass;
}

function doubleUse(uses: readonly LoggedDecision[], scanId: string, context: LogContext): LoggedDecision[] {
  const passId = uses.find((use) => use.scanId === scanId)?.passId;
  if (!passId || uses.length <= context.usesAllowed(passId)) return [];
  return uses.filter((use) => use.scanId !== scanId).sort((a, b) => a.scannedAt - b.scannedAt);
}

/** How many lines the server does not have yet. */
export function countUnsent(entries: readonly LogEntry[]): number {
  return entries.filter((entry) => entry.state === 'unsent').length;
}

/** How many lines the server would not take. */
export function countRefused(entries: readonly LogEntry[]): number {
  return entries.filter((entry) => entry.state === 'refused').length;
}
