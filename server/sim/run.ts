import { Findings, type Violation } from './findings';
import { noFaults, type FaultCounts } from './faults';
import { History } from './history';
import { makePlan, STEP, type Choice, type PlannedEvent } from './plan';
import { checkQuiet } from './quiet';
import { createRandom } from './random';
import { checkServer } from './server-invariants';
import { persist } from './sim-database';
import { buildWorld, type Grounds, type World } from './world';
import { happen } from './happenings';

export interface RunResult {
  readonly choice: Choice;
  readonly violations: readonly Violation[];
  readonly history: History;
  readonly faults: FaultCounts;
  readonly pushed: number;
  readonly pulls: number;
  /** How many distinct outcomes of each status the server told. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How many intents of each op were applied, those of the site itself among them. */
  readonly applied: Readonly<Record<string, number>>;
  /** How often a payment's webhook was delivered. */
  readonly webhooks: number;
  readonly wishes: number;
  readonly checks: number;
  /** Milliseconds of real time. */
  readonly took: number;
}

/** The most real milliseconds that a step waits for the passes and jobs in it. */
const STEP_PATIENCE = 300;
/** How many steps lie between two looks at the database. */
const LOOK_EVERY = 15;

/** One run: the plan with all its faults, then quiet, then every check. Stops early at the first violation. */
export async function runSimulation(choice: Choice, grounds: Grounds): Promise<RunResult> {
  const began = performance.now();
  const findings = new Findings();
  const counts = noFaults();
  const history = new History();
  const world = await buildWorld(choice, grounds, { findings, counts });
  let applied: Record<string, number> = {};
  try {
    const plan = makePlan(choice);
    await takeSteps(world, plan, history);
    if (!findings.any) await checkQuiet(world);
    applied = await countApplied(world);
  } finally {
    await world.close();
  }
  const outcomes: Record<string, number> = {};
  for (const status of world.hearing.statusById.values()) outcomes[status] = (outcomes[status] ?? 0) + 1;
  return {
    choice,
    violations: findings.violations,
    history,
    faults: counts,
    pushed: world.hearing.pushed,
    pulls: world.hearing.pulls,
    outcomes,
    applied,
    webhooks: world.purchases.delivered,
    wishes: world.installs.flatMap(({ copies }) => copies.flatMap(({ wishes }) => wishes)).length,
    checks: findings.checks,
    took: performance.now() - began,
  };
}

async function countApplied({ database }: World): Promise<Record<string, number>> {
  const { rows } = await persist(() =>
    database.pool.query<{ op: string; count: number }>(
      `select op, count(*)::int as count from intents where status = 'applied' group by op order by op`,
    ),
  );
  return Object.fromEntries(rows.map(({ op, count }) => [op, count]));
}

async function takeSteps(world: World, plan: readonly PlannedEvent[], history: History): Promise<void> {
  const { choice, findings, time } = world;
  let next = 0;
  for (let step = 0; step < choice.steps && !findings.any; step++) {
    time.advance(STEP);
    world.server.tick(world.orders());
    const now: PlannedEvent[] = [];
    while (plan[next] && plan[next]!.step <= step) now.push(plan[next++]!);
    const bought = world.purchases.step();
    await Promise.all(now.map((event) => happen(world, event, history)));
    await settle(world, step);
    await bought;
    if (step % LOOK_EVERY === LOOK_EVERY - 1) {
      await persist(() => checkServer(world.database.pool, findings, { now: time.now(), isQuiet: false }));
    }
  }
}

/** Gives the passes and jobs of this step real time; every fifth step next to none, so that the next one meets them at work. */
async function settle({ installs, network, server, choice }: World, step: number): Promise<void> {
  const isHasty = createRandom(choice.seed, 'pace', step).chance(0.2);
  const until = performance.now() + (isHasty ? 5 : STEP_PATIENCE);
  const atWork = () => installs.reduce((sum, install) => sum + install.passesAtWork, 0) - network.held;
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (performance.now() < until && (atWork() > 0 || server.isTicking));
}
