import { EventEmitter } from 'node:events';
import {
  Logger as WorkerLogger,
  run,
  runMigrations,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import pg from 'pg';
import type { Logger } from '../platform/logger';
import { holdLifeline } from './lifelines';

export interface WorkerOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly tasks: TaskList;
  /** Milliseconds between two looks for what has become due. Default: 1 s. */
  readonly pollInterval?: number;
  /** Runs at the same time in this process, at most. Default: `AT_ONCE`. */
  readonly concurrency?: number;
}

export interface Worker {
  /** Takes nothing new up; resolves when what is under way is over. */
  stop(): Promise<void>;
}

/**
 * Runs at the same time in this process, and its connections for taking up and settling them: one listens, the others are used for
 * moments (graphile-worker warns below one a run). With the product's own 20 that is 28 a process: three fit Postgres' default of 100.
 */
const AT_ONCE = 8;
/** Milliseconds before a worker that ended by itself is followed by another one. */
const RESTART_AFTER = 1_000;

/** Brings the schema graphile_worker to what this version needs. Safe to run again and by several processes at once. */
export async function migrateJobs(url: string, logger: Logger): Promise<void> {
  const pool = createWorkerPool({ url, logger, max: 2 });
  try {
    await runMigrations({ pgPool: pool, logger: workerLogger(logger) });
  } finally {
    await pool.end();
  }
}

/**
 * Runs tasks until it is stopped. graphile-worker gives a worker up when it cannot write down how a run ended (Postgres was
 * restarted meanwhile); then another one follows, and what the former had locked is taken up anew (lifelines.ts).
 * @throws when the first worker cannot start
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  let isStopping = false;
  let current = await startRunner(options);
  let rest: { timer: NodeJS.Timeout; end: () => void } | null = null;
  const kept = keepRunning();

  async function keepRunning(): Promise<void> {
    for (;;) {
      await current.ended;
      while (!isStopping) {
        options.logger.warn('the worker of jobs has ended, another one follows');
        await new Promise<void>((end) => (rest = { timer: setTimeout(end, RESTART_AFTER), end }));
        if (isStopping) return;
        const next = await startRunner(options).catch((error: unknown) =>
          options.logger.warn('there is no worker of jobs yet', { error }),
        );
        if (!next) continue;
        current = next;
        if (isStopping) await current.stop();
        break;
      }
      if (isStopping) return;
    }
  }

  return {
    async stop() {
      isStopping = true;
      if (rest) {
        clearTimeout(rest.timer);
        rest.end();
      }
      await current.stop();
      await kept;
    },
  };
}

interface StartedRunner {
  /** Resolves when it has ended, by itself or not, and its connections with it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A worker with connections of its own, so that its lifeline ends with it. */
async function startRunner({ url, logger, tasks, ...options }: WorkerOptions): Promise<StartedRunner> {
  const { concurrency = AT_ONCE } = options;
  const pool = createWorkerPool({ url, logger, max: concurrency });
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:listen:success', ({ client, workerPool }) => {
    // The event comes before LISTEN is sent; once that is answered the connection is free.
    client.once('drain', () => {
      holdLifeline(client, workerPool.id).catch((error: unknown) =>
        logger.warn('a worker of jobs could not say that it lives', { error }),
      );
    });
  });
  const runner = await run({
    pgPool: pool,
    taskList: tasks,
    concurrency,
    pollInterval: options.pollInterval ?? 1_000,
    // main.ts decides how this process ends.
    noHandleSignals: true,
    logger: workerLogger(logger),
    events,
    // Without batches graphile-worker awaits nowhere how a run is settled: a failure would be an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  }).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const ended = runner.promise.catch(() => undefined).then(() => pool.end());
  return {
    ended,
    async stop() {
      // Rejects when it has just ended by itself.
      await runner.stop().catch(() => undefined);
      await ended;
    },
  };
}

interface PoolOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly max: number;
}

/**
 * Of its own, with pg's plain row types and pipelining off, as graphile-worker expects; the product's pool has neither. Connections
 * are opened as they are needed and closed when idle, so `max` is what a process may hold for moments.
 */
function createWorkerPool({ url, logger, max }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    application_name: 'undercroft-jobs',
    keepAlive: true,
  });
  pool.on('error', (error) => logger.warn('a database connection of the jobs broke', { error }));
  // A connection that breaks while it is used says so by this event as well, and the statement on it fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Only what somebody may have to look at: that a run began and ended well is told by /health/jobs. */
function workerLogger(logger: Logger): WorkerLogger {
  return new WorkerLogger((scope) => (level, message) => {
    const level_: string = level;
    if (level_ !== 'error' && level_ !== 'warning') return;
    logger.warn('graphile-worker', { says: message, task: scope.taskIdentifier });
  });
}
