import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addOneOff } from '../db/one-off';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { inTransaction } from '../db/transaction';
import { createLogger } from '../platform/logger';
import { startBackgroundJobs, type BackgroundJobs, type Plan } from './background-jobs';
import type { Job, OneOff } from './job';
import { settleRun } from './job-runs';

let database: TestDatabase;
const running = new Set<BackgroundJobs>();
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all([...running].map(stop));
  await database.close();
});

const logger = createLogger({ level: 'error', write: () => undefined });
const HOUR = 3_600_000;

/** A process of its own, as far as the database can tell. */
async function start({ jobs = [], oneOffs = [] }: Partial<Plan>): Promise<BackgroundJobs> {
  const { pool, url } = database;
  const started = await startBackgroundJobs(
    { jobs, oneOffs },
    { pool, url, logger, lookEvery: 20, freeEvery: 50 },
  );
  running.add(started);
  return started;
}

async function stop(jobs: BackgroundJobs): Promise<void> {
  running.delete(jobs);
  await jobs.stop();
}

/** Runs that begin when they are planned and end when they are told to. */
function createRuns() {
  const under: { process: string; end: (error?: Error) => void }[] = [];
  let most = 0;
  let isOver = false;
  return {
    under,
    most: () => most,
    /** From now on every run ends at once, those under way, too. */
    endAll() {
      isOver = true;
      for (const { end } of [...under]) end();
    },
    run: (process: string) =>
      new Promise<void>((resolve, reject) => {
        const one = {
          process,
          end: (error?: Error) => {
            under.splice(under.indexOf(one), 1);
            if (error) reject(error);
            else resolve();
          },
        };
        under.push(one);
        most = Math.max(most, under.length);
        if (isOver) one.end();
      }),
  };
}

const planned = async () => {
  const { rows } = await database.pool.query<{ key: string; in: number }>(
    `select key, extract(epoch from run_at - now())::float8 as in from graphile_worker.jobs where key is not null`,
  );
  return rows;
};

describe('recurring jobs', () => {
  it('B7 of all processes one runs a job at a time, and a run that fails is followed by the next', async () => {
    const runs = createRuns();
    const job = (process: string): Job => ({ name: 'job', every: 30, run: () => runs.run(process) });
    for (const process of ['one', 'two', 'three']) await start({ jobs: [job(process)] });
    for (let turn = 0; turn < 6; turn++) {
      await expect.poll(() => runs.under.length).toBe(1);
      runs.under[0]!.end(turn % 2 === 0 ? new Error('failed') : undefined);
    }
    await expect.poll(() => runs.under.length).toBe(1);
    expect(runs.most()).toBe(1);
    runs.under[0]!.end();
    const [first] = running;
    await expect.poll(async () => (await first!.health()).jobs[0]!.failures).toBe(0);
    runs.endAll();
    await Promise.all([...running].map(stop));
    expect(await planned()).toHaveLength(1);
  });

  it('B7 what is planned outlives a restart', async () => {
    let count = 0;
    const job = (every: number): Job => ({
      ...{ name: 'hourly', every },
      run: () => Promise.resolve(void count++),
    });
    await stop(await start({ jobs: [job(HOUR)] }));
    const [before] = await planned();
    expect(before!.in).toBeGreaterThan(3590);
    const started = await start({ jobs: [job(HOUR)] });
    expect((await planned())[0]!.in).toBeLessThanOrEqual(before!.in);
    started.wake('hourly');
    await expect.poll(() => count).toBe(1);
    await expect.poll(async () => (await planned())[0]?.in).toBeGreaterThan(3590);
  });

  it('B7 a job that is woken while it runs runs once more, however often it was woken', async () => {
    const runs = createRuns();
    const jobs = await start({
      jobs: [
        {
          ...{ name: 'follow', every: HOUR },
          wakesOn: (scopes) => scopes.includes('desk:a'),
          run: () => runs.run('one'),
        },
      ],
    });
    jobs.onCommitted(['member:b']);
    jobs.onCommitted(['desk:a']);
    await expect.poll(() => runs.under.length).toBe(1);
    for (let time = 0; time < 20; time++) jobs.onCommitted(['desk:a']);
    // The one that waits is planned for now, and stays so when the run under way plans its next.
    await expect.poll(async () => (await planned())[0]?.in ?? HOUR, { timeout: 3000 }).toBeLessThanOrEqual(0);
    runs.under[0]!.end();
    await expect.poll(() => runs.under.length).toBe(1);
    runs.under[0]!.end();
    await expect.poll(async () => (await planned())[0]?.in).toBeGreaterThan(3590);
    expect(runs.under).toEqual([]);
  });

  it('B7 what a process that died was at is taken up by another within seconds, not hours', async () => {
    const { pool } = database;
    let count = 0;
    const job: Job = { name: 'job', every: HOUR, run: () => Promise.resolve(void count++) };
    await stop(await start({ jobs: [job] }));
    // What such a process leaves: a job and its queue locked, by a worker whose connections are gone.
    await pool.query(
      `update graphile_worker._private_jobs set locked_by = 'pool-dead', locked_at = now() - interval '6 seconds', attempts = 1`,
    );
    await pool.query(
      `update graphile_worker._private_job_queues set locked_by = 'pool-dead', locked_at = now() - interval '6 seconds'`,
    );
    await pool.query(`update graphile_worker._private_jobs set run_at = now() - interval '6 seconds'`);
    await start({ jobs: [job] });
    await expect.poll(() => count).toBe(1);
  });

  it('B7 what a living process is at for long is left to it', async () => {
    const runs = createRuns();
    const job: Job = { name: 'job', every: 20, run: () => runs.run('one') };
    await start({ jobs: [job] });
    await expect.poll(() => runs.under.length).toBe(1);
    await database.pool.query(
      `update graphile_worker._private_jobs set locked_at = now() - interval '1 hour' where locked_by is not null`,
    );
    await database.pool.query(
      `update graphile_worker._private_job_queues set locked_at = now() - interval '1 hour' where locked_by is not null`,
    );
    await start({ jobs: [job] });
    // Some rounds of looking for the dead.
    for (let round = 0; round < 5; round++) await database.pool.query('select pg_sleep(0.06)');
    expect(runs.most()).toBe(1);
    runs.under[0]!.end();
    await expect.poll(() => runs.under.length).toBe(1);
    expect(runs.most()).toBe(1);
    runs.endAll();
  });

  it('B7 health tells what is planned, what runs, and what fails again and again, without words of errors', async () => {
    const runs = createRuns();
    const jobs = await start({
      jobs: [
        { name: 'good', every: HOUR, run: () => runs.run('good') },
        { name: 'bad', every: HOUR, run: () => Promise.reject(new TypeError('bob@example.test')) },
      ],
    });
    expect(await jobs.health()).toMatchObject({
      ok: true,
      jobs: [{ name: 'good', runningFor: null, endedAgo: null, failures: 0 }, { name: 'bad' }],
      oneOffs: { waiting: 0, retrying: 0, failed: 0 },
    });
    jobs.wake('good');
    await expect.poll(async () => (await jobs.health()).jobs[0]!.runningFor).not.toBeNull();
    runs.under[0]!.end();
    for (let time = 1; time <= 3; time++) {
      await expect
        .poll(async () => (jobs.wake('bad'), (await jobs.health()).jobs[1]!.failures))
        .toBeGreaterThanOrEqual(time);
    }
    const health = await jobs.health();
    expect(health).toMatchObject({ ok: false, jobs: [{ ok: true }, { ok: false, lastError: 'TypeError' }] });
    expect(JSON.stringify(health)).not.toContain('example.test');
    await settleRun(
      database.pool,
      { name: 'bad', every: HOUR, run: () => Promise.resolve() },
      { took: 1, error: null },
    );
    await expect.poll(async () => (await jobs.health()).jobs[0]!.runningFor).toBeNull();
  });

  it('B7 a job that nobody runs is told as overdue', async () => {
    const job: Job = { name: 'job', every: 20, run: () => Promise.resolve() };
    const jobs = await start({ jobs: [job] });
    await database.pool.query(
      `create function stuck() returns trigger language plpgsql as 'begin return null; end'`,
    );
    await stop(jobs);
    await database.pool.query(
      `update graphile_worker._private_jobs set run_at = now() - interval '2 minutes'`,
    );
    expect(await jobs.health()).toMatchObject({ ok: false, jobs: [{ ok: false }] });
  });
});

describe('one-off work', () => {
  const kept = () => {
    const done: unknown[] = [];
    const oneOff: OneOff = { name: 'refund', run: (payload) => Promise.resolve(void done.push(payload)) };
    return { done, oneOff };
  };

  it('B7 is done when its transaction is committed, and never when that was rolled back', async () => {
    const { done, oneOff } = kept();
    await start({ oneOffs: [oneOff] });
    const add = (topup: string) => ({ name: 'refund', payload: { topup } });
    await inTransaction(database.pool, (client) => addOneOff(client, add('kept')));
    await inTransaction(database.pool, async (client) => {
      await addOneOff(client, add('lost'));
      throw new Error('rolled back');
    }).catch(() => undefined);
    await addOneOff(database.pool, add('last'));
    await expect.poll(() => done.length).toBe(2);
    expect(new Set(done)).toEqual(new Set([{ topup: 'kept' }, { topup: 'last' }]));
  });

  it('B7 of one key the newest waits; what fails is tried again, and in the end told', async () => {
    const { pool } = database;
    const tried: unknown[] = [];
    const oneOff: OneOff = {
      name: 'refund',
      run: (payload) => {
        tried.push(payload);
        return Promise.reject(new Error('not now'));
      },
    };
    const later = new Date(Date.now() + HOUR);
    await addOneOff(pool, { name: 'refund', payload: { at: 1 }, key: 'a', at: later });
    await addOneOff(pool, { name: 'refund', payload: { at: 2 }, key: 'a' });
    const jobs = await start({ oneOffs: [oneOff] });
    await expect
      .poll(async () => (await jobs.health()).oneOffs)
      .toEqual({ waiting: 0, retrying: 1, failed: 0 });
    expect(tried).toEqual([{ at: 2 }]);
    await pool.query(`update graphile_worker._private_jobs set attempts = 24, run_at = now()`);
    await expect
      .poll(async () => (await jobs.health()).oneOffs)
      .toEqual({ waiting: 0, retrying: 0, failed: 1 });
    expect(tried).toHaveLength(2);
    expect((await jobs.health()).ok).toBe(false);
  });
});
