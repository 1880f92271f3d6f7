import { commandOf, readCommandLine } from './command-line';
import { startOwnCluster } from './own-cluster';
import { describeFailure, describeRun, describeTotals } from './report';
import { runSimulation, type RunResult } from './run';
import { shrink } from './shrink';

/** Real milliseconds that are spent on making a failing history shorter. */
const SHRINKING = 240_000;

const { choices, isShrinking, budget } = readCommandLine(process.argv.slice(2));
// What a killed tab or a lost reply leaves waiting is nobody's bug.
const began = performance.now();
const cluster = await startOwnCluster();
const results: RunResult[] = [];
try {
  for (const choice of choices) {
    if (performance.now() - began > budget * 1000) break;
    const result = await runSimulation(choice, cluster);
    results.push(result);
    console.log(describeRun(result));
    await cluster.refresh();
    if (result.violations.length === 0) continue;
    console.log(describeFailure(result, commandOf(choice)));
    if (isShrinking) {
      const shortest = await shrink(result, cluster, SHRINKING, (line) => console.log(line));
      console.log(describeFailure(shortest, commandOf(shortest.choice)));
    }
    process.exitCode = 1;
    break;
  }
  if (choices.length > 1) console.log(describeTotals(results, performance.now() - began));
} finally {
  await cluster.stop();
}
// Tabs that were killed wait for ever by design.
process.exit();
