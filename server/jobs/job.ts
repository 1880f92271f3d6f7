/** Something that happens without anyone's tap, again and again. Run again, or by several processes, it does no harm. */
export interface Job {
  /** Names it in the database, in the log and in /health/jobs: kebab-case, unique, never reused for something else. */
  readonly name: string;
  /**
   * Milliseconds between the end of one run and the next; a run begins up to a second later than that. The plan outlives
   * restarts: an hourly job runs hourly, however often the server is started.
   */
  readonly every: number;
  /** Whether a commit of this process that touched these scopes lets it run soon instead of at its next turn (see `wake`). */
  readonly wakesOn?: (scopes: readonly string[]) => boolean;
  /**
   * Runs in one process at a time among all on the database, never inside a transaction, so it may wait for the network.
   * A run that rejects is logged, shows in /health/jobs, and the next one comes after `every`. `signal` is aborted when
   * the server is told to end: what takes long looks at it between two steps.
   */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Something that is to happen once, asked for with `addOneOff` (server/db/one-off.ts) inside the transaction that makes it
 * necessary: what is rolled back is never done, what is committed is done at least once, also after a crash.
 */
export interface OneOff {
  /** As of a Job; names of both kinds differ. */
  readonly name: string;
  /**
   * Rejecting means: again later, 25 times over some three days, then it stays in /health/jobs as failed. May run a
   * second time after it succeeded (a process died before it could say so), so its effects need a key of their own.
   * The payload is JSON as it was added, perhaps by an older version: parse it.
   */
  run(payload: unknown, signal: AbortSignal): Promise<void>;
}
