import type { BackgroundJobs, BackgroundJobsOptions, Plan } from '../jobs/background-jobs';
import type { Job } from '../jobs/job';
import { CommitUnknownError, isRetryable } from '../db/transaction';
import type { Clock } from '../platform/clock';

/** Real milliseconds for which wakings of a job are gathered, as the real ones are for longer. */
const GATHER = 20;
/** Simulated milliseconds within which a job that runs seldom has its first turn after a start, else hourly ones never ran. */
const FIRST_TURN = 60_000;

interface Turn {
  readonly job: Job;
  /** Simulated milliseconds since 1970 of its next run. */
  next: number;
  running: Promise<void> | null;
  isWoken: boolean;
}

/**
 * The site's jobs by the simulated clock: each runs, never twice at a time, once its interval has gone by and soon after a commit
 * that concerns it. Stands for graphile-worker, which goes by Postgres' clock; what that leaves behind as it dies, its own tests show.
 */
export class SimulatedJobs {
  readonly #turns: Turn[] = [];
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #underWay = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In place of `startBackgroundJobs`. */
  readonly start = (plan: Plan, { logger }: BackgroundJobsOptions): Promise<BackgroundJobs> => {
    const now = this.#clock.now();
    for (const job of plan.jobs) {
      const next = now + Math.min(job.every, FIRST_TURN);
      this.#turns.push({ job, next, running: null, isWoken: false });
    }
    this.#onFailure = (job, error) => {
      if (isOfSurroundings(error)) logger.warn('a job failed', { job: job.name, error });
      else logger.error('a job broke', { job: job.name, error });
    };
    return Promise.resolve({
      wake: (name) => this.#wake(({ job }) => job.name === name),
      onCommitted: (scopes) => this.#wake(({ job }) => job.wakesOn?.(scopes) ?? false),
      health: () => Promise.resolve({ ok: true, jobs: [], oneOffs: { waiting: 0, retrying: 0, failed: 0 } }),
      stop: async () => {
        this.#ending.abort();
        await Promise.all(this.#turns.flatMap(({ running }) => running ?? []));
      },
    });
  };

  /** Whether a run is under way. */
  get isAtWork(): boolean {
    return this.#underWay > 0;
  }

  /** Runs what is due by now, or all of it; resolves when no run is under way and none has been asked for. */
  async tick(isEverything: boolean): Promise<void> {
    const now = this.#clock.now();
    for (const turn of this.#turns) if (isEverything || turn.next <= now) this.#run(turn);
    while (this.#turns.some(({ running, isWoken }) => running !== null || isWoken)) {
      await Promise.all(this.#turns.flatMap(({ running }) => running ?? []));
      await new Promise((resolve) => setTimeout(resolve, GATHER / 4));
    }
  }

  #onFailure: (job: Job, error: unknown) => void = () => undefined;

  #wake(concerns: (turn: Turn) => boolean): void {
    for (const turn of this.#turns) {
      if (turn.isWoken || !concerns(turn)) continue;
      turn.isWoken = true;
      if (turn.running === null) setTimeout(() => this.#run(turn), GATHER);
    }
  }

  #run(turn: Turn): void {
    if (turn.running !== null || this.#ending.signal.aborted) return;
    turn.isWoken = false;
    this.#underWay++;
    turn.running = turn.job
      .run(this.#ending.signal)
      .catch((error: unknown) => this.#onFailure(turn.job, error))
      .then(() => {
        this.#underWay--;
        turn.running = null;
        turn.next = this.#clock.now() + turn.job.every;
        if (turn.isWoken) setTimeout(() => this.#run(turn), GATHER);
      });
  }
}

/** Whether a failure is only what the simulation does to the database: the job's next run makes up for it. */
function isOfSurroundings(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isOfSurroundings);
  // The simulated Stripe does not take every refund at once.
  if (error instanceof Error && /Refund|Stripe/.test(error.constructor.name)) return true;
  return isRetryable(error) || error instanceof CommitUnknownError;
}
