import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { makeTestSite, type TestSite } from '../server/arbiter/testing';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { migrate } from '../server/db/migrate';
import { createPool } from '../server/db/pool';
import { newId } from '../server/platform/ids';
import { createLogger } from '../server/platform/logger';
import { createRuleFollowing } from '../server/services/lending/follow-rules';
import { report } from './figures';
import { processorTimeOf } from './processor-time';

const RULES = 10_000;
const AIM = 10;
const DAY = 24 * 3_600_000;

/**
 * C1: 10,000 weekly rules, Mon to Fri of a slot each, made into the windows of five weeks (30 days that one may reserve and a week on)
 * by the server's job through the arbiter: one site of 10,000 slots, journal and change index included. Then the same again,
 * seven days later, with the planner's statistics of before the first run, as when autovacuum has not come by.
 */
export async function benchLendingRules(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 10 });
  try {
    await migrate({ url: postgres.url });
    const site = await makeTestSite(pool);
    await fill(pool, site);
    const arbiter = site.arbiter();
    const follow = createRuleFollowing({ pool, arbiter, clock: site.clock, newId });
    await measure('10,000 rules, all new', follow, pool);
    site.clock.set(site.clock.now() + 7 * DAY);
    await measure('10,000 rules, seven days later', follow, pool);
    await arbiter.drain();
  } finally {
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function fill(pool: Pool, site: TestSite): Promise<void> {
  const owner = await site.join();
  await pool.query(
    `insert into slots (site_id, slot_id, label, owner_id, rules_revision)
     select $1, gen_random_uuid(), 'S-' || n, $2, 1 from generate_series(1, $3::integer) n`,
    [site.siteId, owner.id, RULES],
  );
  await pool.query(
    `insert into lending_rules (site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, created_at)
     select site_id, gen_random_uuid(), slot_id, 31, 480 + ($2::integer % 60), 1050, '2026-01-01', now() from slots where site_id = $1`,
    [site.siteId, randomBytes(1)[0]],
  );
  await pool.query('analyze');
}

async function measure(name: string, follow: () => Promise<number>, pool: Pool): Promise<void> {
  const [begun, spent] = [performance.now(), processorTimeOf(process.pid)];
  const followed = await follow();
  const seconds = (performance.now() - begun) / 1000;
  const { rows } = await pool.query<{ windows: number }>(
    `select coalesce(sum((select count(*) from unnest(lent))), 0)::integer as windows from slots`,
  );
  report(name, {
    followed,
    windows: rows[0]!.windows,
    seconds,
    'processor seconds': (processorTimeOf(process.pid) - spent) / 1000,
    aim: `≤ ${AIM} s`,
    reached: seconds <= AIM && followed === RULES ? 'yes' : 'NO',
  });
}
