import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMeta, writeMeta, type Meta } from '$lib/client-db/database';
import { createTestDatabase, type TestDatabase } from '../../../server/db/testing';
import { pull } from './pull';
import { openBrowser, openTab, REAL_NOW, startRealServer, type Browser, type RealServer } from './testing';
import { syncPass } from './sync-pass';

const SLOTS = 10_000;
const HOUR = 3_600_000;

let database: TestDatabase;
let real: RealServer;
let browser: Browser;
beforeAll(async () => {
  database = await createTestDatabase();
  real = await startRealServer(database.url);
  browser = await openBrowser(real.server, 'resident-a');
  await database.pool.query(
    `insert into slots (site_id, slot_id, label) select $1, gen_random_uuid(), 'X-' || n from generate_series(1, $2::int) n`,
    [browser.siteId, SLOTS],
  );
  await database.pool.query(
    `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
     select site_id, gen_random_uuid(), slot_id, $2, tstzrange($3, $4), 'confirmed', 0, site_id, $3
       from slots where site_id = $1 and label like 'X-1%'`,
    [browser.siteId, browser.memberId, new Date(REAL_NOW + HOUR), new Date(REAL_NOW + 2 * HOUR)],
  );
  await database.pool.query('analyze');
});
afterAll(async () => {
  await real.server.close();
  await database.close();
});

describe('a site with 10,000 slots', () => {
  it('K4 comes down in answers of a bounded size, with progress, and a change later is small', async () => {
    const tab = await openTab(browser, () => REAL_NOW);
    const steps: (Meta['loading'] | undefined)[] = [];
    for (;;) {
      const pulled = await pull(tab.dependencies);
      if (!pulled.ok) throw new Error(JSON.stringify(pulled.failure));
      steps.push(await readMeta(tab.db, 'loading'));
      if (!pulled.value.more) break;
      expect(await readMeta(tab.db, 'asOf')).toBeUndefined();
    }
    const loaded = steps.slice(0, -1).map((step) => step?.loaded ?? 0);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(new Set(steps.slice(0, -1).map((step) => step?.total)).size).toBe(1);
    expect(await tab.db.rows.filter(({ entity }) => entity === 'slot').count()).toBe(SLOTS + 10);
    const sizes = browser.bytes.get('sync.pull') ?? [];
    expect(Math.max(...sizes)).toBeLessThan(400_000);

    // What comes when one slot changes: one row, not the site.
    await database.pool.query(`update slots set level = 'new' where label = 'X-7'`);
    await syncPass(tab.dependencies, { pullFirst: false });
    expect(browser.bytes.get('sync.pull')?.at(-1)).toBeLessThan(2048);
    // And the two copies, once compared, are the same.
    await writeMeta(tab.db, { digestedAt: 0 });
    await syncPass(tab.dependencies, { pullFirst: false });
    expect(await readMeta(tab.db, 'digestedAt')).toBe(REAL_NOW);
    expect((await readMeta(tab.db, 'diverged')) ?? 0).toBe(0);
  }, 120_000);
});
