import { faultKinds, type FaultCounts } from './faults';
import { STEP } from './plan';
import type { RunResult } from './run';

/** One run in a few lines. */
export function describeRun(result: RunResult): string {
  const { choice, violations, wishes, pushed, pulls, outcomes, faults, checks, took } = result;
  const verdict = violations.length === 0 ? 'no violation' : `${String(violations.length)} VIOLATION(S)`;
  return [
    `seed ${String(choice.seed)}: ${verdict} in ${seconds(took)} s; ${String(choice.devices)} devices, ` +
      `${String(choice.steps)} steps of ${String(STEP / 1000)} s`,
    `  wishes ${String(wishes)}, intents pushed ${String(pushed)}, pulls ${String(pulls)}, outcomes ${counted(outcomes)}, checks ${String(checks)}`,
    `  applied ${counted(result.applied)}; webhooks ${String(result.webhooks)}`,
    `  faults ${describeFaults(faults)}`,
  ].join('\n');
}

/** What was violated, what had happened, and how to see it again. */
export function describeFailure({ violations, history, choice }: RunResult, command: string): string {
  const shown = violations.slice(0, 5).map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
  const lines = history.lines();
  return [
    `\nseed ${String(choice.seed)} violates:`,
    ...shown,
    `history of ${String(lines.length)} events${lines.length > 60 ? ' (the last 60)' : ''}:`,
    ...lines.slice(-60).map((line) => `  ${line}`),
    `again: ${command}\n`,
  ].join('\n');
}

/** All runs together. */
export function describeTotals(results: readonly RunResult[], took: number): string {
  const bad = results.filter(({ violations }) => violations.length > 0);
  const sum = (pick: (result: RunResult) => number) =>
    String(results.reduce((total, result) => total + pick(result), 0));
  const faults = Object.fromEntries(
    faultKinds.map((kind) => [kind, results.reduce((total, result) => total + result.faults[kind], 0)]),
  ) as FaultCounts;
  const outcomes: Record<string, number> = {};
  for (const result of results) {
    for (const [status, count] of Object.entries(result.outcomes))
      outcomes[status] = (outcomes[status] ?? 0) + count;
  }
  return [
    `\n${String(results.length)} seeds in ${seconds(took)} s, ${String(bad.length)} with a violation`,
    `  wishes ${sum(({ wishes }) => wishes)}, intents pushed ${sum(({ pushed }) => pushed)}, pulls ${sum(({ pulls }) => pulls)}, ` +
      `outcomes ${counted(outcomes)}, checks ${sum(({ checks }) => checks)}`,
    `  faults ${describeFaults(faults)}`,
  ].join('\n');
}

function describeFaults(faults: FaultCounts): string {
  return counted(Object.fromEntries(Object.entries(faults).filter(([, count]) => count > 0)));
}

function counted(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${String(count)}`);
  return parts.join(', ') || 'none';
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
