import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
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
import { makeBenchSite, type BenchSite } from './arbiter-site';
import { pushReservations } from './push-reservations';

/** Milliseconds: the shortest of the windows. So short that thousands of rounds fit into a year, one after another. */
const STEP = 600_000;

export interface RaceSize {
  /** How many race for the slot in each round. */
  readonly clients: number;
  readonly rounds: number;
}

/**
 * X6: in each round all clients want the same slot at overlapping times of one window, at once, through HTTP, one
 * connection each, to two processes on one database. Counts in the database: winners of each round, overlaps and credits.
 * @throws when a round has not exactly one winner, or the database holds what it must not
 */
export async function benchRace({ clients, rounds }: RaceSize): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-race-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url });
  const shared = { DATABASE_URL: postgres.url, SECRET_KEY: randomBytes(32).toString('hex') };
  // Two processes on one database: what holds must not be held by one process's memory.
  const products = [await startProduct({ ...shared, DEMO: '1' }), await startProduct(shared)];
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  try {
    const site = await makeBenchSite(pool, { members: clients, slots: 1 });
    const origins = products.map(({ origin }) => origin);
    const samples: number[] = [];
    const winners: { told: number; stored: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const middle = Math.ceil(Date.now() / STEP) * STEP + (10 + round * 10) * STEP;
      const begin = performance.now();
      const told = await raceOnce(agent, { origins, site, middle });
      samples.push(performance.now() - begin);
      winners.push({ told, stored: await settle(pool, site.id) });
    }
    const { overlaps, sum } = await inspect(pool, site.id);
    const fair = winners.filter(({ told, stored }) => told === 1 && stored === 1).length;
    report(`race: ${String(clients)} clients, one slot`, {
      'rounds with one winner': `${String(fair)} of ${String(rounds)}`,
      overlaps: String(overlaps),
      'sum of credits': String(sum),
      'round p50 ms': percentile(samples, 0.5),
    });
    if (fair !== rounds || overlaps !== 0 || sum !== 0) throw new Error('a race was not won by exactly one');
  } finally {
    agent.destroy();
    for (const product of products) await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Race {
  readonly origins: readonly string[];
  readonly site: BenchSite;
  /** Where the step begins that all wishes have in common, in ms since 1970. */
  readonly middle: number;
}

/** How many of all clients were told that they got the slot. Their windows differ, and all have the middle in common. */
async function raceOnce(agent: Agent, { origins, site, middle }: Race): Promise<number> {
  const outcomes = await Promise.all(
    site.members.map((member, index) => {
      const start = middle - (index % 4) * STEP;
      const end = middle + (1 + (index % 3)) * STEP;
      const wish = { reservationId: newId(), slotId: site.slotIds[0]!, start, end };
      return pushReservations(agent, origins[index % origins.length]!, member, [wish]);
    }),
  );
  const unexpected = outcomes
    .flat()
    .find(({ status, code }) => status !== 'applied' && code !== 'slot_taken');
  if (unexpected) throw new Error(`neither won nor taken: ${JSON.stringify(unexpected)}`);
  return outcomes.flat().filter(({ status }) => status === 'applied').length;
}

/** How many won by the database. They are done with, so that nobody comes to the most a member may have at a time. */
async function settle(pool: Pool, siteId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `update reservations set state = 'completed' where site_id = $1 and state = 'confirmed'`,
    [siteId],
  );
  return rowCount ?? 0;
}

async function inspect(pool: Pool, siteId: string): Promise<{ overlaps: number; sum: number }> {
  const { rows } = await pool.query<{ overlaps: number; sum: number }>(
    `select (select count(*) from reservations r join reservations o
               on o.site_id = r.site_id and o.slot_id = r.slot_id and o.reservation_id > r.reservation_id
              and o.during && r.during and o.state in ('confirmed', 'completed')
              where r.site_id = $1 and r.state in ('confirmed', 'completed')) as overlaps,
            (select coalesce(sum(balance), 0)::bigint from accounts where site_id = $1) as sum`,
    [siteId],
  );
  return rows[0]!;
}
