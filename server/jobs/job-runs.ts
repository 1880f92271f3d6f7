import type { Pool } from 'pg';
import { codeOf } from '../platform/error-code';
import type { Job } from './job';

/** Attempts of graphile-worker's own that a recurring job has: as many as there can be; only dying processes use them up. */
const ATTEMPTS_MAX = 32_767;

/** Of all that bear the name one runs at a time: its queue sees to that. */
const plan = (mode: 'unsafe_dedupe' | 'preserve_run_at') =>
  `graphile_worker.add_job($1, queue_name := $1, run_at := now() + $2 * interval '1 millisecond',
     max_attempts := ${ATTEMPTS_MAX}, job_key := $1, job_key_mode := '${mode}')`;

/** How a run of a job went. Milliseconds. */
export interface JobRun {
  readonly took: number;
  /** Null when it went well. */
  readonly error: unknown;
}

/** Lets the job run after its interval, unless it is planned already or runs: then its end plans the next. */
export async function planJob(pool: Pool, { name, every }: Job): Promise<void> {
  await pool.query({
    name: 'jobs-plan',
    text: `select from ${plan('unsafe_dedupe')}`,
    values: [name, every],
  });
}

/** Lets the job run as soon as it may: at once, or after the run that is under way. */
export async function hastenJob(pool: Pool, { name }: Job): Promise<void> {
  await pool.query({
    name: 'jobs-hasten',
    text: `select from graphile_worker.add_job($1, queue_name := $1, max_attempts := ${ATTEMPTS_MAX}, job_key := $1)`,
    values: [name],
  });
}

/**
 * Keeps how the run went and plans the next, in one statement: neither without the other. Whoever has hastened the job
 * meanwhile has not done so in vain: the earlier moment stays.
 */
export async function settleRun(pool: Pool, { name, every }: Job, { took, error }: JobRun): Promise<void> {
  await pool.query({
    name: 'jobs-settle-run',
    text: `with run as (
             insert into job_runs as r (name, ended_at, took_ms, failures, failed_at, error)
             values ($1, now(), $3, ($4::text is not null)::int, case when $4::text is not null then now() end, $4)
             on conflict (name) do update
               set ended_at = excluded.ended_at, took_ms = excluded.took_ms,
                   failures = case when excluded.error is null then 0 else r.failures + 1 end,
                   failed_at = coalesce(excluded.failed_at, r.failed_at), error = coalesce(excluded.error, r.error))
           select from ${plan('preserve_run_at')}`,
    values: [name, every, Math.round(took), error === null ? null : labelOf(error)],
  });
}

/** What may be told to anybody: the error's name and code. Its words may hold an address. */
function labelOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = codeOf(error);
  return code === undefined ? error.name : `${error.name} ${code}`;
}
