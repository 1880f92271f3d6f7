import type { Pool } from 'pg';
import type { Job } from './job';

/** How the jobs are, for whoever watches the server: names, times and codes; nothing of anybody. */
export interface JobHealth {
  /** False when a job is overdue, hangs, has failed some times in a row, or one-off work was given up. */
  readonly ok: boolean;
  readonly jobs: readonly JobState[];
  /** Work that is to happen once: `failed` will not be tried again. */
  readonly oneOffs: { readonly waiting: number; readonly retrying: number; readonly failed: number };
}

/** Milliseconds. */
export interface JobState {
  readonly name: string;
  readonly every: number;
  /** Until the next run; negative: since when it should have begun. Null when none is planned. */
  readonly dueIn: number | null;
  /** Since when a process runs it; null when none does. */
  readonly runningFor: number | null;
  /** Since the end of the last run, and what that took; null before the first. */
  readonly endedAgo: number | null;
  readonly took: number | null;
  /** Failed runs in a row, and the last failure's name and code, however long ago. */
  readonly failures: number;
  readonly lastError: string | null;
  readonly ok: boolean;
}

/** A run that should have begun so long ago has nobody to run it. */
const OVERDUE = 60_000;
/** A run of a rare job may take so long; one of a frequent job ten times its interval. */
const HANGS_AFTER = 15 * 60_000;
/** One failure is a network; so many in a row are not. */
const FAILURES_MAX = 3;

interface Row {
  name: string;
  due_in: number | null;
  running_for: number | null;
  ended_ago: number | null;
  took_ms: number | null;
  failures: number | null;
  error: string | null;
}

/** Looks at the jobs of this process's plan, whichever process runs them, and at all one-off work. */
export async function readJobHealth(pool: Pool, planned: readonly Job[]): Promise<JobHealth> {
  const names = planned.map(({ name }) => name);
  const [states, oneOffs] = await Promise.all([readStates(pool, names), readOneOffs(pool, names)]);
  const jobs = planned.map(({ name, every }) => toState({ name, every }, states.get(name)));
  return { ok: jobs.every(({ ok }) => ok) && oneOffs.failed === 0, jobs, oneOffs };
}

function toState({ name, every }: { name: string; every: number }, row: Row | undefined): JobState {
  const dueIn = row?.due_in ?? null;
  const runningFor = row?.running_for ?? null;
  const failures = row?.failures ?? 0;
  const isOverdue = runningFor === null && (dueIn === null || dueIn < -OVERDUE);
  const hangs = runningFor !== null && runningFor > Math.max(10 * every, HANGS_AFTER);
  return {
    ...{ name, every, dueIn, runningFor, failures, lastError: row?.error ?? null },
    ...{ endedAgo: row?.ended_ago ?? null, took: row?.took_ms ?? null },
    ok: !isOverdue && !hangs && failures < FAILURES_MAX,
  };
}

async function readStates(pool: Pool, names: readonly string[]): Promise<Map<string, Row>> {
  const { rows } = await pool.query<Row>(
    `select n.name, r.took_ms, r.failures, r.error, ${msSince('r.ended_at')} as ended_ago,
            -${msSince('(min(j.run_at) filter (where j.locked_at is null))')} as due_in,
            ${msSince('min(j.locked_at)')} as running_for
       from unnest($1::text[]) n (name)
       left join job_runs r using (name)
       left join graphile_worker.jobs j on j.task_identifier = n.name and (j.locked_at is not null or j.key = n.name)
      group by n.name, r.took_ms, r.failures, r.error, r.ended_at`,
    [names],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

async function readOneOffs(pool: Pool, recurring: readonly string[]): Promise<JobHealth['oneOffs']> {
  const { rows } = await pool.query<JobHealth['oneOffs']>(
    `select count(*) filter (where attempts = 0)::int as waiting,
            count(*) filter (where attempts between 1 and max_attempts - 1 or (attempts > 0 and locked_at is not null))::int as retrying,
            count(*) filter (where attempts >= max_attempts and locked_at is null)::int as failed
       from graphile_worker.jobs where task_identifier <> all($1::text[]) and queue_name is null`,
    [recurring],
  );
  return rows[0] ?? { waiting: 0, retrying: 0, failed: 0 };
}

function msSince(moment: string): string {
  return `round(extract(epoch from now() - ${moment}) * 1000)::float8`;
}
