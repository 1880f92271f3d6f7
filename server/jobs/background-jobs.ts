import type { Pool } from 'pg';
import { inTransaction } from '../db/transaction';
import type { Logger } from '../platform/logger';

/** Something that happens without anyone's tap. Run again and again, and by several processes, it does no harm. */
export interface Job {
  /** Names its lock in the database and its lines in the log. */
  readonly name: string;
  /** Milliseconds between the end of one run and the next. */
  readonly every: number;
  /**
   * Every process may run it at the same time: it shares its work out by itself, or calls the network, which must not be
   * waited for inside the lock's transaction. Default: one process at a time.
   */
  readonly together?: true;
  run(): Promise<void>;
}

export interface BackgroundJobs {
  /** No run begins any more; resolves when those under way are over. */
  stop(): Promise<void>;
}

export interface BackgroundJobsOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  /** Calls `work` once after so many milliseconds; answers how to cancel it. Default: an unref'ed timeout. */
  readonly after?: (milliseconds: number, work: () => void) => () => void;
}

/**
 * Runs the jobs, each first after its own interval. Among all processes on a database one at a time runs a job: who does
 * not get the job's advisory lock leaves that turn out. A run that fails is logged and the next one comes.
 */
export function startBackgroundJobs(
  jobs: readonly Job[],
  { pool, logger, after = afterTimeout }: BackgroundJobsOptions,
): BackgroundJobs {
  const running = new Set<Promise<void>>();
  const cancels = new Map<Job, () => void>();
  let isStopped = false;

  function plan(job: Job): void {
    if (isStopped) return;
    cancels.set(
      job,
      after(job.every, () => {
        const run = (job.together ? job.run() : runAlone(pool, job))
          .catch((error: unknown) => logger.error('a job failed', { job: job.name, error }))
          .finally(() => {
            running.delete(run);
            plan(job);
          });
        running.add(run);
      }),
    );
  }

  for (const job of jobs) plan(job);
  return {
    async stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
      await Promise.all(running);
    },
  };
}

/** The lock is a transaction's, so that a process that dies leaves none behind; what the job does is not part of it. */
async function runAlone(pool: Pool, job: Job): Promise<void> {
  await inTransaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ locked: boolean }>(
        `select pg_try_advisory_xact_lock(hashtextextended('undercroft job ' || $1, 0)) as locked`,
        [job.name],
      );
      if (rows[0]?.locked) await job.run();
    },
    { retries: 0 },
  );
}

function afterTimeout(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
