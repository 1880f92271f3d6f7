import type { Pool } from 'pg';
import type { Logger } from '../platform/logger';
import { startWorker } from './graphile-worker';
import type { Job, OneOff } from './job';
import { readJobHealth, type JobHealth } from './job-health';
import { hastenJob, planJob, settleRun } from './job-runs';
import { freeTheDead } from './lifelines';

export interface BackgroundJobs {
  /** Lets the job of that name run soon, in whichever process is free: at once, or after the run that is under way. */
  wake(name: string): void;
  /** Wakes the jobs that a commit of this process which touched these scopes concerns (Job.wakesOn). */
  onCommitted(scopes: readonly string[]): void;
  health(): Promise<JobHealth>;
  /** No run begins any more; resolves when those under way are over. */
  stop(): Promise<void>;
}

export interface BackgroundJobsOptions {
  readonly pool: Pool;
  /** Of the same database as `pool`, whose schema graphile_worker is there (migrateJobs). */
  readonly url: string;
  readonly logger: Logger;
  /** Milliseconds between two looks for what is due, and for what a dead process has left. Default: 1 s and 5 s. */
  readonly lookEvery?: number;
  readonly freeEvery?: number;
}

/** What happens without anyone's tap: again and again, and once. */
export interface Plan {
  readonly jobs: readonly Job[];
  readonly oneOffs: readonly OneOff[];
}

const FREE_EVERY = 5_000;
/** Milliseconds between two wakings of the same job: a busy arbiter commits a hundred times a second. */
const WAKE_PAUSE = 250;

/**
 * Runs the plan with graphile-worker. Of all processes on the database one at a time runs a job, each first after its own
 * interval; what was planned outlives restarts, and what a process leaves behind as it dies another one takes up within
 * some ten seconds.
 */
export async function startBackgroundJobs(
  { jobs, oneOffs }: Plan,
  { pool, url, logger, lookEvery, freeEvery = FREE_EVERY }: BackgroundJobsOptions,
): Promise<BackgroundJobs> {
  const ending = new AbortController();
  const recurring = jobs.map((job) => [
    job.name,
    async () => {
      const began = performance.now();
      const error = await job.run(ending.signal).then(
        () => null,
        (thrown: unknown) => thrown ?? 'nothing',
      );
      // While the server ends, connections are cut under a run's feet: that is no fault of the job.
      if (error !== null && !ending.signal.aborted) logger.error('a job failed', { job: job.name, error });
      await settleRun(pool, job, { took: performance.now() - began, error });
    },
  ]);
  const once = oneOffs.map(({ name, run }) => [
    name,
    async (payload: unknown) => {
      await run(payload, ending.signal);
    },
  ]);
  const free = async () => {
    const dead = await freeTheDead(pool).catch((error: unknown) => {
      logger.warn('what dead processes have left could not be freed', { error });
      return [];
    });
    if (dead.length > 0) logger.warn('took up what dead processes had left', { processes: dead.length });
  };
  // Before planning: what died in the middle of a run goes on from there.
  await free();
  for (const job of jobs) await planJob(pool, job);
  const tasks = Object.fromEntries([...recurring, ...once]) as Record<
    string,
    (payload: unknown) => Promise<void>
  >;
  const worker = await startWorker({ url, logger, tasks, ...(lookEvery && { pollInterval: lookEvery }) });
  let freeing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => (freeing = freeing.then(free)), freeEvery);
  timer.unref();
  const waker = createWaker((job) => hastenJob(pool, job), logger);
  const byName = new Map(jobs.map((job) => [job.name, job]));

  return {
    wake(name) {
      const job = byName.get(name);
      if (job) waker.wake(job);
    },
    onCommitted(scopes) {
      for (const job of jobs) if (job.wakesOn?.(scopes)) waker.wake(job);
    },
    health: () => readJobHealth(pool, jobs),
    async stop() {
      ending.abort();
      clearInterval(timer);
      await Promise.all([worker.stop(), waker.stop(), freeing]);
    },
  };
}

/** The first waking goes out at once, all others of the next `WAKE_PAUSE` as one after it. */
function createWaker(hasten: (job: Job) => Promise<void>, logger: Logger) {
  /** Jobs that were woken a moment ago: whether somebody has woken them again since. */
  const resting = new Map<Job, { again: boolean; timer: NodeJS.Timeout }>();
  const underWay = new Set<Promise<void>>();
  let isStopped = false;

  function wake(job: Job): void {
    if (isStopped) return;
    const rest = resting.get(job);
    if (rest) {
      rest.again = true;
      return;
    }
    const timer = setTimeout(() => {
      const { again } = resting.get(job) ?? {};
      resting.delete(job);
      if (again) wake(job);
    }, WAKE_PAUSE);
    timer.unref();
    resting.set(job, { again: false, timer });
    const hastened = hasten(job)
      // It runs at its next turn all the same.
      .catch((error: unknown) => logger.warn('a job could not be woken', { job: job.name, error }))
      .finally(() => underWay.delete(hastened));
    underWay.add(hastened);
  }

  return {
    wake,
    async stop() {
      isStopped = true;
      for (const { timer } of resting.values()) clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
