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
import { makeBenchSite, type BenchSite } from './intents-site';
import { pushReservations } from './push-reservations';

const CLIENTS = 200;
const ROUNDS = 25;
const HOUR = 3_600_000;

/**
 * X6: in each round all clients want the same slot at overlapping times of one window, at once, through HTTP, one
 * connection each. Counts rounds with exactly one winner, and what the database then holds: overlaps and credits.
 * @throws when a round has not exactly one winner, or the database holds what it must not
 */
export async function benchRace(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-race-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url });
  const shared = { DATABASE_URL: postgres.url, SECRET_KEY: randomBytes(32).toString('hex') };
  // Two processes on one database: what holds must not be held by one process's memory.
  const products = [await startProduct({ ...shared, DEMO: '1' }), await startProduct(shared)];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  try {
    const site = await makeBenchSite(pool, { members: CLIENTS, slots: 1 });
    const samples: number[] = [];
    const winners: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      winners.push(
        await raceOnce(
          agent,
          products.map(({ origin }) => origin),
          site,
          round,
        ),
      );
      samples.push(performance.now() - begin);
    }
    const { overlaps, sum } = await inspect(pool, site.id);
    report(`race: ${String(CLIENTS)} clients, one slot`, {
      'rounds with one winner': `${String(winners.filter((count) => count === 1).length)} of ${String(ROUNDS)}`,
      overlaps: String(overlaps),
      'sum of credits': String(sum),
      'round p50 ms': percentile(samples, 0.5),
    });
    if (winners.some((count) => count !== 1) || overlaps !== 0 || sum !== 0) {
      throw new Error('a race was not won by exactly one');
    }
  } finally {
    agent.destroy();
    for (const product of products) await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** How many of all clients got the slot. Their windows differ, and all have the middle hour in common. */
async function raceOnce(
  agent: Agent,
  origins: readonly string[],
  site: BenchSite,
  round: number,
): Promise<number> {
  const middle = Math.ceil(Date.now() / HOUR) * HOUR + (10 + round * 10) * HOUR;
  const outcomes = await Promise.all(
    site.members.map((member, index) => {
      const start = middle - (index % 4) * HOUR;
      const end = middle + (1 + (index % 3)) * HOUR;
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

async function inspect(pool: Pool, siteId: string): Promise<{ overlaps: number; sum: number }> {
  const { rows } = await pool.query<{ overlaps: number; sum: number }>(
    `select (select count(*) from reservations r join reservations o
               on o.site_id = r.site_id and o.slot_id = r.slot_id and o.reservation_id > r.reservation_id
              and o.during && r.during and o.state = 'confirmed'
              where r.site_id = $1 and r.state = 'confirmed') as overlaps,
            (select coalesce(sum(balance), 0)::bigint from accounts where site_id = $1) as sum`,
    [siteId],
  );
  return rows[0]!;
}
