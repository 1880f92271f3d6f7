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
import { makeBenchSite, type BenchMember, type BenchSite } from './arbiter-site';
import { percentile, report } from './figures';
import { pushIntents } from './push-reservations';

const HOUR = 3_600_000;
const SLOTS = 400;
const WAITERS = 500;
/** Cancelled one after the other, and then as many at once. */
const ALONE = 100;
const AT_ONCE = 100;

/**
 * E8: how long after a cancellation was sent somebody who waits has the slot: 400 slots, all taken, 500 who wait. The product as it
 * runs, by HTTP; what it did is looked up in the database. The aim is one second at the median.
 * @throws when anybody is offered anything twice, or out of turn
 */
export async function benchWaitlist(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-waitlist-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url });
  const secret = { DATABASE_URL: postgres.url, SECRET_KEY: randomBytes(32).toString('hex') };
  const product = await startProduct({ ...secret, DEMO: '1' });
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  try {
    const site = await makeBenchSite(pool, { members: SLOTS + WAITERS, slots: SLOTS });
    await pool.query(`update slots set removed_at = now() where label like 'A-%'`);
    const start = Math.ceil(Date.now() / HOUR) * HOUR + 24 * HOUR;
    const taken = await fill({ agent, origin: product.origin, site, start });
    const alone: number[] = [];
    for (const wish of taken.slice(0, ALONE)) {
      const before = await countOffers(pool);
      const begin = performance.now();
      await wish.cancel();
      await untilOffers(pool, before + 1);
      alone.push(performance.now() - begin);
    }
    const before = await countOffers(pool);
    const begin = performance.now();
    await Promise.all(taken.slice(ALONE, ALONE + AT_ONCE).map(({ cancel }) => cancel()));
    await untilOffers(pool, before + AT_ONCE);
    const burst = performance.now() - begin;
    await checkOrder(pool, ALONE + AT_ONCE);
    report(`waitlist: ${String(SLOTS)} slots, ${String(WAITERS)} waiting`, {
      'offer p50 ms': percentile(alone, 0.5),
      'p95 ms': percentile(alone, 0.95),
      [`${String(AT_ONCE)} at once ms`]: burst,
      aim: 'p50 at most 1000 ms',
    });
  } finally {
    agent.destroy();
    await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Every slot is reserved by somebody, and everybody else waits, in order. */
async function fill(given: {
  agent: Agent;
  origin: string;
  site: BenchSite;
  start: number;
}): Promise<{ cancel: () => Promise<void> }[]> {
  const { agent, origin, site, start } = given;
  const window = { start, end: start + 2 * HOUR };
  const push = async (member: BenchMember, wish: Parameters<typeof pushIntents>[3][number]) => {
    const [outcome] = await pushIntents(agent, origin, member, [wish]);
    if (outcome?.status !== 'applied') throw new Error(`refused: ${JSON.stringify(outcome)}`);
  };
  const taken = await Promise.all(
    site.slotIds.map(async (slotId, index) => {
      const [member, reservationId] = [site.members[index]!, newId()];
      await push(member, { op: 'reservation.create@1', args: { reservationId, slotId, ...window } });
      const cancel = () => push(member, { op: 'reservation.cancel@1', args: { reservationId } });
      return { cancel };
    }),
  );
  for (const member of site.members.slice(site.slotIds.length)) {
    const conditions = { kinds: [], levels: [], maxPrice: null, takeForMe: false };
    await push(member, { op: 'waitlist.join@1', args: { entryId: newId(), ...window, ...conditions } });
  }
  return taken;
}

async function countOffers(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*) from waitlist_entries where state = 'offered'`,
  );
  return rows[0]?.count ?? 0;
}

async function untilOffers(pool: Pool, wanted: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while ((await countOffers(pool)) < wanted) {
    if (performance.now() > deadline) throw new Error('nobody was offered the slot within a minute');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function checkOrder(pool: Pool, offered: number): Promise<void> {
  const { rows } = await pool.query<{ state: string; holds: number }>(
    `select e.state, (select count(*) from reservations r where r.site_id = e.site_id and r.member_id = e.member_id and r.offered)
              as holds from waitlist_entries e order by e.created_at, e.entry_id`,
  );
  const isInOrder = rows.every(({ state, holds }, index) =>
    index < offered ? state === 'offered' && holds === 1 : state === 'waiting' && holds === 0,
  );
  if (!isInOrder) throw new Error('somebody was offered a slot out of turn, or more than one');
}
