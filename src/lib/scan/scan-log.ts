import type { Direction, Pass, ScanResult } from '#shared/domain/entities';
import { doubleUses } from '#shared/domain/double-use';
import { countsAsUse, letsOut, type Passage } from '#shared/domain/pass-uses';
import { standingOf } from '#shared/domain/undo';
import type { Row } from '#shared/protocol/rows';

/** What this device keeps of a decision, as far as the log shows it. Times in ms. */
export interface LoggedDecision {
  readonly scanId: string;
  readonly passId: string | null;
  readonly gate: number;
  readonly direction: Direction;
  readonly undoes: string | null;
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
  /** Whether the guard took it back within seconds. */
  readonly takenBack: boolean;
  /** X8: whether the signature of its journal holds; null as long as the server has not said, and without a journal. */
  readonly genuine: boolean | null;
  /** The other lines that let the same pass in, when together they are more than it allows (D4); else empty. */
  readonly doubleUse: readonly LoggedDecision[];
}

/** What is known besides: about own scans by their ids, and how often a pass may be used. */
export interface LogContext {
  /** Those without an outcome yet. */
  readonly waiting: ReadonlySet<string>;
  /** Those that the server would not take, each with the sentence that says why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly kindOf: (passId: string) => Pass['kind'];
}

/** K8: this device's decisions and the server's scans as one list, newest first, each scan once. */
export function mergeScanLog(
  decisions: readonly LoggedDecision[],
  scans: readonly Row<'scan'>[],
  context: LogContext,
): LogEntry[] {
  const own = new Map(decisions.map((decision) => [decision.scanId, decision]));
  const arrived = new Map(scans.map((scan) => [scan.id, scan]));
  const others = scans
    .filter((scan) => !own.has(scan.id))
    .map(({ id, ...scan }) => ({ scanId: id, ...scan }));
  const lines: LoggedDecision[] = [...own.values(), ...others];
  const together = doubleUsesByPass(lines, context);
  const standing = new Set(standingOf(lines.map(passageOf)).map(({ id }) => id));
  const stateOf = (scanId: string): LogState => {
    if (arrived.has(scanId) || !own.has(scanId)) return 'on_server';
    if (context.waiting.has(scanId)) return 'unsent';
    return context.refused.has(scanId) ? 'refused' : 'on_server';
  };
  return lines
    .map((line) => {
      const state = stateOf(line.scanId);
      const uses = together.get(line.passId ?? '') ?? [];
      const isOne = uses.some(({ scanId }) => scanId === line.scanId);
      return {
        ...line,
        own: own.has(line.scanId),
        state,
        refusal: state === 'refused' ? (context.refused.get(line.scanId) ?? null) : null,
        takenBack: !standing.has(line.scanId),
        genuine: arrived.get(line.scanId)?.genuine ?? null,
        doubleUse: isOne ? uses.filter(({ scanId }) => scanId !== line.scanId) : [],
      };
    })
    .sort((a, b) => b.scannedAt - a.scannedAt || (a.scanId < b.scanId ? 1 : -1));
}

/** A line as the rules about passages read it. */
function passageOf(line: LoggedDecision): LoggedDecision & Passage {
  return { ...line, id: line.scanId, at: line.scannedAt };
}

/** By the rule that raises the incident: the device may know before the server does. */
function doubleUsesByPass(
  lines: readonly LoggedDecision[],
  { kindOf }: LogContext,
): Map<string, LoggedDecision[]> {
  const byPass = new Map<string, LoggedDecision[]>();
  for (const line of lines) {
    if (line.passId === null) continue;
    const known = byPass.get(line.passId);
    if (known) known.push(line);
    else byPass.set(line.passId, [line]);
  }
  for (const [passId, own] of byPass) {
    const passages = own.map((line) => ({ ...passageOf(line), line }));
    byPass.set(
      passId,
      doubleUses(kindOf(passId), passages).map(({ line }) => line),
    );
  }
  return byPass;
}

/** What of the log is shown. */
export type LogFilter = 'all' | 'incidents' | 'refused' | 'unsent';

/** The lines that the filter leaves; `named` are the scans that incidents are about. */
export function filterScanLog(
  entries: readonly LogEntry[],
  filter: LogFilter,
  named: ReadonlySet<string>,
): readonly LogEntry[] {
  switch (filter) {
    case 'all':
      return entries;
    case 'incidents':
      return entries.filter(({ scanId, doubleUse }) => named.has(scanId) || doubleUse.length > 0);
    case 'refused':
      return entries.filter((entry) => entry.state === 'refused' || isTurnedAway(entry));
    case 'unsent':
      return entries.filter(({ state }) => state === 'unsent');
  }
}

function isTurnedAway({ result, direction }: LogEntry): boolean {
  if (result === 'undone') return false;
  return !(direction === 'exit' ? letsOut(result) : countsAsUse(result));
}

/** How many lines the server does not have yet. */
export function countUnsent(entries: readonly LogEntry[]): number {
  return entries.filter((entry) => entry.state === 'unsent').length;
}

/** How many lines the server would not take. */
export function countRefused(entries: readonly LogEntry[]): number {
  return entries.filter((entry) => entry.state === 'refused').length;
}
