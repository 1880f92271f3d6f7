import type { Pool, PoolClient } from 'pg';

export interface OneOffWork {
  /** The name of a OneOff of server/jobs. */
  readonly name: string;
  /** JSON, small: ids rather than rows, no secrets. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of work with the same key only the newest waits. Default: none. */
  readonly key?: string;
  /** Not before. Default: now. */
  readonly at?: Date;
}

/**
 * Asks for work that one process does once the client's transaction is committed (server/jobs/job.ts, OneOff); with the pool
 * it is committed at once. Wakes a waiting process, so it begins within some milliseconds.
 */
export async function addOneOff(client: Pool | PoolClient, work: OneOffWork): Promise<void> {
  await client.query({
    name: 'add-one-off',
    text: `select from graphile_worker.add_job($1, payload := $2, run_at := $3, job_key := $4)`,
    values: [
      work.name,
      JSON.stringify(work.payload),
      work.at ?? null,
      work.key ? `${work.name}:${work.key}` : null,
    ],
  });
}
