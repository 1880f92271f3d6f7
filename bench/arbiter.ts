import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { startProduct } from '../e2e/support/product';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { createPool } from '../server/db/pool';
import { createLogger } from '../server/platform/logger';
import type { LoadJob, LoadResult, LoadSetup } from './arbiter-jobs';
import { makeBenchSite } from './arbiter-site';
import { percentile, report } from './figures';

const CONCURRENCIES = [1, 16, 64, 256];
const DISTINCT = 8192;
const MEMBERS = 16_384;
const SLOTS: Readonly<Record<string, number>> = {
  'distinct slots': DISTINCT,
  '500 slots': 500,
  '5 hot slots': 5,
};
/** Milliseconds. Short and often rather than long: what else the machine does meanwhile then falls on all alike. */
const WARM_UP = 500;
const MEASURE = 2000;
/** How often those are measured that an aim is about, in turn. */
const ROUNDS = 9;

/**
 * K5, X6: reservations a second through HTTP, one a push and twenty a push, beside the same reservation as one server-side
 * function called by as many direct connections in the same run. Durable commits. Server, Postgres and load generator
 * share the machine's cores in either case.
 */
export async function benchArbiter(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  // 256 direct connections, the server's own, and some to spare.
  const settings = { max_connections: '320' };
  const postgres = await startEmbeddedPostgres({ dataDir, settings, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 2 });
  const product = await startProduct({ DATABASE_URL: postgres.url, DEMO: '1' });
  const load = fork(new URL('arbiter-load.ts', import.meta.url));
  try {
    const site = await makeBenchSite(pool, { members: MEMBERS, slots: DISTINCT });
    await pool.query(readFileSync(new URL('direct-reservation.sql', import.meta.url), 'utf8'));
    load.send({ databaseUrl: postgres.url, origin: product.origin, site } satisfies LoadSetup);
    const bench = { pool, load };
    // Compilers and caches; nobody measures a process that has just begun.
    for (const job of [direct, http]) await measure(bench, { ...job, warmUp: 3000, measure: 1 });
    await compareWithLimit(bench);
    await compareContention(bench);
    await measureAll(bench);
    report('deadlocks (40P01) in the whole run', { count: String(await deadlocks(pool)), aim: '0' });
  } finally {
    load.kill();
    await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Bench {
  readonly pool: Pool;
  readonly load: ChildProcess;
}

const standard = {
  concurrency: 64,
  size: 1,
  slots: DISTINCT,
  rivals: 1,
  warmUp: WARM_UP,
  measure: MEASURE,
} as const;
const direct = { ...standard, by: 'direct' } as const;
const http = { ...standard, by: 'http' } as const;

/** The aims beside the limit: single intents, and pushes of 20. */
async function compareWithLimit(bench: Bench): Promise<void> {
  const [limit, single, limit16, twenty] = await inTurn(bench, [
    direct,
    http,
    { ...direct, concurrency: 16 },
    { ...http, concurrency: 16, size: 20 },
  ]);
  reportRounds('direct, 64 connections', limit!);
  reportRounds('HTTP, one a push, 64 connections', single!);
  reportRounds('direct, 16 connections', limit16!);
  reportRounds('HTTP, 20 a push, 16 connections', twenty!);
  reportRatios('one a push beside direct', ratios(single!, limit!), 0.7);
  reportRatios('20 a push beside direct', ratios(twenty!, limit16!), 1.8);
  // What the ratio comes to where nobody else uses the processor: how often the one fits into the time of the other.
  reportRatios('one a push, by processor time', processorRatios(single!, limit!), 0.7);
  reportRatios('20 a push, by processor time', processorRatios(twenty!, limit16!), 1.8);
}

/** The aim of contention: hot slots beside distinct ones, windows apart, and the same windows wanted by four. */
async function compareContention(bench: Bench): Promise<void> {
  const hot = { ...http, slots: 5 };
  const [calm, contended, raced] = await inTurn(bench, [http, hot, { ...hot, rivals: 4 }]);
  reportRounds('HTTP, distinct slots, 64', calm!);
  reportRounds('HTTP, 5 hot slots, 64', contended!);
  reportRounds('HTTP, 5 hot slots, 4 rivals, 64', raced!);
  reportRatios('5 hot slots beside distinct', ratios(contended!, calm!), 0.5);
  reportRatios('5 hot slots with rivals, beside', ratios(raced!, calm!), 0.5);
}

/** Every concurrency and contention once, each beside its limit. */
async function measureAll(bench: Bench): Promise<void> {
  for (const [name, slots] of Object.entries(SLOTS)) {
    await analyze(bench);
    for (const concurrency of CONCURRENCIES) {
      const limit = await measure(bench, { ...direct, concurrency, slots });
      const single = await measure(bench, { ...http, concurrency, slots });
      reportCell(`${name}, ${String(concurrency)}: direct`, limit);
      reportCell(`${name}, ${String(concurrency)}: HTTP`, single, limit);
    }
    const limit = await measure(bench, { ...direct, concurrency: 16, slots });
    const twenty = await measure(bench, { ...http, concurrency: 16, size: 20, slots });
    reportCell(`${name}, 16: HTTP, 20 a push`, twenty, limit);
  }
}

/** One result a job and round. */
async function inTurn(bench: Bench, jobs: readonly LoadJob[]): Promise<LoadResult[][]> {
  const results: LoadResult[][] = jobs.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    await analyze(bench);
    for (const [index, job] of jobs.entries()) results[index]!.push(await measure(bench, job));
  }
  return results;
}

/** Plans made for nearly empty tables would be all we measure. */
async function analyze({ pool }: Bench): Promise<void> {
  await pool.query('analyze');
}

async function measure({ load }: Bench, job: LoadJob): Promise<LoadResult> {
  return await new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the load generator ended'));
    load.once('exit', onExit);
    load.once('message', (result: LoadResult) => {
      load.off('exit', onExit);
      resolve(result);
    });
    load.send(job);
  });
}

async function deadlocks(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return rows[0]!.deadlocks;
}

function ratios(of: readonly LoadResult[], to: readonly LoadResult[]): number[] {
  return of.map(({ rate }, round) => rate / to[round]!.rate);
}

function processorRatios(of: readonly LoadResult[], to: readonly LoadResult[]): number[] {
  return of.map(({ processor }, round) => to[round]!.processor / processor);
}

function reportRounds(name: string, results: readonly LoadResult[]): void {
  const median = (pick: (result: LoadResult) => number) => percentile(results.map(pick), 0.5);
  const rates = results.map(({ rate }) => Math.round(rate));
  report(name, {
    'intents/s': median(({ rate }) => rate),
    spread: `${String(Math.min(...rates))}–${String(Math.max(...rates))}`,
    'p50 ms': median(({ p50 }) => p50),
    'p99 ms': median(({ p99 }) => p99),
    'processor ms': median(({ processor }) => processor),
    'of it generator': median(({ generator }) => generator),
  });
}

function reportRatios(name: string, values: readonly number[], aim: number): void {
  const spread = `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
  report(name, { ratio: percentile(values, 0.5), spread, aim: `≥ ${String(aim)}` });
}

function reportCell(name: string, result: LoadResult, limit?: LoadResult): void {
  report(name, {
    'intents/s': result.rate,
    'p50 ms': result.p50,
    'p99 ms': result.p99,
    'processor ms': result.processor,
    ...(limit ? { ratio: result.rate / limit.rate } : {}),
  });
}
