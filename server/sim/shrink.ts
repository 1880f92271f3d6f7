import { makePlan, type Choice } from './plan';
import { runSimulation, type RunResult } from './run';
import type { OwnCluster } from './own-cluster';

/**
 * Looks for the shortest run that still violates one of the same invariants, for about `time` real milliseconds: fewer kinds
 * of fault, fewer devices, fewer steps, then fewer events. A run that fails only now and then may be taken for one that
 * does not fail; the result always has failed when it was run last.
 */
export async function shrink(
  failed: RunResult,
  cluster: OwnCluster,
  time: number,
  say: (line: string) => void,
): Promise<RunResult> {
  const until = performance.now() + time;
  const wanted = new Set(failed.violations.map(({ invariant }) => invariant));
  let best = failed;
  const attempt = async (choice: Choice): Promise<boolean> => {
    if (performance.now() > until) return false;
    const result = await runSimulation(choice, cluster);
    await cluster.refresh();
    if (!result.violations.some(({ invariant }) => wanted.has(invariant))) return false;
    best = result;
    const { length } = best.history.numbers();
    say(`  shrunk to ${String(length)} events, ${String(best.choice.steps)} steps`);
    return true;
  };

  for (const kind of failed.choice.faults) {
    const faults = new Set(best.choice.faults);
    faults.delete(kind);
    if (await attempt({ ...best.choice, faults })) continue;
  }
  const last = Math.max(0, ...makePlan(best.choice).map(({ step }) => step));
  for (let steps = Math.ceil(last / 2); steps >= 10; steps = Math.ceil(steps / 2)) {
    if (!(await attempt({ ...best.choice, steps }))) break;
  }
  const devices = [...(best.choice.only ?? Array.from({ length: best.choice.devices }, (_, index) => index))];
  await without(devices, (only) => attempt({ ...best.choice, only: new Set(only) }));
  await without(best.history.numbers(), (keep) => attempt({ ...best.choice, keep: new Set(keep) }));
  return best;
}

/** Delta debugging: takes out halves, quarters, … as long as what is left still fails. */
async function without(
  items: readonly number[],
  fails: (left: readonly number[]) => Promise<boolean>,
): Promise<void> {
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < left.length;) {
      const fewer = [...left.slice(0, start), ...left.slice(start + size)];
      if (fewer.length > 0 && (await fails(fewer))) left = fewer;
      else start += size;
    }
  }
}
