import { describe, expect, it } from 'vitest';
import type { BackgroundJobsOptions } from '../jobs/background-jobs';
import { createSettableClock } from '../platform/clock';
import { createLogger } from '../platform/logger';
import { SimulatedJobs } from './simulated-jobs';

const SECOND = 1000;

async function started(run: (signal: AbortSignal) => Promise<void>) {
  const clock = createSettableClock(0);
  const lines: string[] = [];
  const logger = createLogger({ level: 'warn', write: (line) => void lines.push(line) });
  const jobs = new SimulatedJobs(clock);
  const wakesOn = (scopes: readonly string[]) => scopes.includes('desk:1');
  const job = { name: 'look', every: 10 * SECOND, wakesOn, run };
  const handle = await jobs.start({ jobs: [job], oneOffs: [] }, { logger } as BackgroundJobsOptions);
  return { clock, jobs, handle, lines };
}

describe('jobs by the simulated clock', () => {
  it('X5 run once their interval has gone by, once a turn, and all of them when asked to', async () => {
    let runs = 0;
    const { clock, jobs } = await started(() => Promise.resolve(void runs++));
    await jobs.tick(false);
    expect(runs).toBe(0);
    clock.set(10 * SECOND);
    await jobs.tick(false);
    await jobs.tick(false);
    expect(runs).toBe(1);
    await jobs.tick(true);
    expect(runs).toBe(2);
  });

  it('X5 run soon after a commit that concerns them, never twice at a time; a tick waits for that, too', async () => {
    const [underWay, most] = [new Set<number>(), [] as number[]];
    const { jobs, handle } = await started(async () => {
      const id = most.length;
      underWay.add(id);
      most.push(underWay.size);
      if (most.length === 1) handle.onCommitted(['desk:1']);
      await new Promise((resolve) => setImmediate(resolve));
      underWay.delete(id);
    });
    handle.onCommitted(['site:1']);
    await jobs.tick(false);
    expect(most).toEqual([]);
    handle.onCommitted(['desk:1']);
    await jobs.tick(false);
    expect(most).toEqual([1, 1]);
  });

  it('X5 that fail of themselves are told apart from those whose database failed', async () => {
    const failures: unknown[] = [
      Object.assign(new Error('deadlock'), { code: '40P01' }),
      new AggregateError([new TypeError('a bug')]),
    ];
    const { jobs, lines } = await started(() => Promise.reject(failures.shift() as Error));
    await jobs.tick(true);
    await jobs.tick(true);
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'a job failed',
      'a job broke',
    ]);
  });
});
