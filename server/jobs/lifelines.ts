import type { Pool, PoolClient } from 'pg';

/**
 * graphile-worker frees what a process that died had locked after four hours. Here each worker holds a shared advisory lock on
 * the connection that it listens with: Postgres lets it go with the process, so that anybody sees at once who is dead.
 * After a restart of Postgres a living worker is without it until it listens again; its run may then begin a second time.
 */
const LIFELINE = `hashtextextended('undercroft worker ' || `;

/** Seconds after which a lock is looked at: a worker that has just begun may not have its lifeline yet. */
const GRACE = 5;

/** Called once for each connection that a worker listens with. Shared, so that it waits for no former connection's end. */
export async function holdLifeline(client: PoolClient, workerId: string): Promise<void> {
  await client.query(`select pg_advisory_lock_shared(${LIFELINE}$1, 0))`, [workerId]);
}

/** Frees what workers had locked that are dead. Answers their ids. */
export async function freeTheDead(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ worker_id: string }>(
    `with locks as materialized (
       select locked_by as worker_id, max(locked_at) as locked_at
         from (select locked_by, locked_at from graphile_worker._private_jobs where locked_by is not null
               union all
               select locked_by, locked_at from graphile_worker._private_job_queues where locked_by is not null) l
        group by locked_by having max(locked_at) < now() - make_interval(secs => $1)
     ), dead as materialized (
       select worker_id from locks where pg_try_advisory_xact_lock(${LIFELINE}worker_id, 0))
     ), freed as materialized (
       select graphile_worker.force_unlock_workers(array_agg(worker_id)) from dead having count(*) > 0
     )
     select worker_id from dead where (select count(*) from freed) > 0`,
    [GRACE],
  );
  return rows.map(({ worker_id: workerId }) => workerId);
}
