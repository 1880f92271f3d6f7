import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { startProduct } from '../e2e/support/product';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { createPool } from '../server/db/pool';
import { newId } from '../server/platform/ids';
import { createLogger } from '../server/platform/logger';
import { percentile, report } from './figures';
import { makeBenchSite, type BenchMember, type BenchSite } from './intents-site';
import { pushReservations } from './push-reservations';

const CONCURRENCY = 64;
const SECONDS = 8;
const HOUR = 3_600_000;
const MEMBERS = 8192;

/**
 * K5: reservations a second through HTTP, one a push and twenty a push, beside the same reservation as one
 * server-side function called by direct connections in the same run. Durable commits, distinct windows.
 */
export async function benchIntents(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: CONCURRENCY });
  const product = await startProduct({ DATABASE_URL: postgres.url, DEMO: '1' });
  try {
    const site = await makeBenchSite(pool, { members: MEMBERS, slots: 500 });
    const windows = windowsOf(site);
    await pool.query(readFileSync(new URL('direct-reservation.sql', import.meta.url), 'utf8'));
    const direct = await measure(
      pool,
      'direct: one function call each',
      () => reserveDirectly(pool, site, windows),
      {
        concurrency: 16,
        intents: 1,
      },
    );
    const single = await measure(pool, 'HTTP: one intent a push', pusher(product.origin, site, windows, 1), {
      concurrency: CONCURRENCY,
      intents: 1,
    });
    const twenty = await measure(pool, 'HTTP: 20 intents a push', pusher(product.origin, site, windows, 20), {
      concurrency: 16,
      intents: 20,
    });
    report('HTTP single beside direct', { ratio: single / direct, 'aim /s': 2000 });
    report('HTTP pushes of 20 beside direct', { ratio: twenty / direct, 'aim /s': 6000 });
  } finally {
    await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Calls `act` from `concurrency` loops for SECONDS and reports intents a second and the latency of a call. */
async function measure(
  pool: Pool,
  name: string,
  act: () => Promise<void>,
  { concurrency, intents }: { concurrency: number; intents: number },
): Promise<number> {
  // Two seconds unmeasured: caches and the compiler get warm; then fresh statistics, because plans made for nearly empty
  // tables would be all we measure.
  await runLoops(act, concurrency, 2, []);
  await pool.query('analyze');
  const samples: number[] = [];
  const seconds = await runLoops(act, concurrency, SECONDS, samples);
  const rate = (samples.length * intents) / seconds;
  report(name, {
    'intents/s': rate,
    'p50 ms': percentile(samples, 0.5),
    'p99 ms': percentile(samples, 0.99),
    clients: String(concurrency),
  });
  return rate;
}

async function runLoops(
  act: () => Promise<void>,
  concurrency: number,
  seconds: number,
  samples: number[],
): Promise<number> {
  const begin = performance.now();
  const loop = async () => {
    while (performance.now() - begin < seconds * 1000) {
      const before = performance.now();
      await act();
      samples.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  return (performance.now() - begin) / 1000;
}

interface Window {
  readonly slotId: string;
  readonly start: number;
  readonly end: number;
}

/** Hands out windows that never overlap: slot after slot, hour after hour. */
function windowsOf(site: BenchSite): () => Window {
  const first = Math.ceil(Date.now() / HOUR) * HOUR + HOUR;
  let count = 0;
  return () => {
    const slotId = site.slotIds[count % site.slotIds.length]!;
    const start = first + Math.floor(count / site.slotIds.length) * HOUR;
    count++;
    return { slotId, start, end: start + HOUR };
  };
}

/** Hands the members round, so that none is asked for by two at a time. */
function takeTurns(site: BenchSite): { take(): BenchMember; give(member: BenchMember): void } {
  const idle = [...site.members];
  return {
    take: () => idle.shift() ?? fail('more loops than members'),
    give: (member) => void idle.push(member),
  };
}

function fail(message: string): never {
  throw new Error(message);
}

let statusNumber = 1_000_000;

async function reserveDirectly(pool: Pool, site: BenchSite, nextWindow: () => Window): Promise<void> {
  const member = site.members[statusNumber % site.members.length]!;
  const { slotId, start, end } = nextWindow();
  statusNumber++;
  const result = await pool.query<{ bench_reserve: boolean }>({
    name: 'bench-reserve',
    text: 'select bench_reserve($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
    values: [
      site.id,
      directClientOf(member),
      statusNumber,
      member.id,
      slotId,
      new Date(start),
      new Date(end),
      newId(),
      newId(),
      newId(),
      newId(),
      statusNumber,
      statusNumber.toString(36).padStart(8, '0'),
    ],
  });
  if (!result.rows[0]?.bench_reserve) throw new Error('a direct reservation was refused');
}

const directClients = new Map<string, string>();

function directClientOf(member: BenchMember): string {
  const known = directClients.get(member.id) ?? newId();
  directClients.set(member.id, known);
  return known;
}

function pusher(
  origin: string,
  site: BenchSite,
  nextWindow: () => Window,
  size: number,
): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const turns = takeTurns(site);
  return async () => {
    const member = turns.take();
    const intents = Array.from({ length: size }, () => ({ reservationId: newId(), ...nextWindow() }));
    const outcomes = await pushReservations(agent, origin, member, intents);
    const refused = outcomes.find((outcome) => outcome.status !== 'applied');
    if (refused) throw new Error(`not applied: ${JSON.stringify(refused)}`);
    turns.give(member);
  };
}
