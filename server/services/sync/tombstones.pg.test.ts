import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { createPull, type Pull } from './pull';
import { pruneTombstones, TOMBSTONES_KEPT } from './tombstones';

const DAY = 24 * 3_600_000;

let database: TestDatabase;
let site: TestSite;
let pull: Pull;
beforeAll(async () => {
  database = await createTestDatabase({ max: 6 });
  site = await makeTestSite(database.pool);
  pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
});
afterAll(() => database.close());

async function ask(member: Awaited<ReturnType<TestSite['join']>>, cookie: string | null) {
  const result = await pull({ siteId: site.siteId, member, clientId: randomUUID(), cookie });
  if (!result.ok) throw new Error(result.code);
  return result.response;
}

const tombstones = async () =>
  (await database.pool.query<{ pk: string }>('select pk from sync_row where deleted')).rows.map(
    ({ pk }) => pk,
  );

/** Waits for transactions of other tests' databases that are older than a tombstone: all count their time together. */
const over = (pk: string) =>
  vi.waitFor(async () => {
    const { rowCount } = await database.pool.query(
      'select 1 from sync_row where pk = $1 and deleted and xid < pg_snapshot_xmin(pg_current_snapshot())',
      [pk],
    );
    expect(rowCount).toBe(1);
  }, 10_000);

const remove = (slotId: string) => database.pool.query('delete from slots where slot_id = $1', [slotId]);

describe('pruning tombstones', () => {
  it('K4 takes those of 90 days ago, and a device that had not seen them loads anew', async () => {
    const member = await site.join();
    const [first, second] = [await site.addSlot('D-1'), await site.addSlot('D-2')];
    const old = await ask(member, null);
    await remove(first);
    await over(first);
    await pruneTombstones(database.pool, NOW);
    const seen = await ask(member, old.cookie);
    expect(seen.changes[`site:${site.siteId}`]?.del).toEqual([{ entity: 'slot', id: first }]);
    await remove(second);
    expect(await tombstones()).toEqual(expect.arrayContaining([first, second]));

    // A day short of it nothing goes, and nobody loads anew.
    expect((await pruneTombstones(database.pool, NOW + TOMBSTONES_KEPT - 1)).removed).toBe(0);
    expect((await ask(member, old.cookie)).replaceScopes).toEqual([]);

    const { removed } = await pruneTombstones(database.pool, NOW + TOMBSTONES_KEPT);
    expect(removed).toBe(1);
    expect(await tombstones()).toEqual([second]);
    expect((await ask(member, old.cookie)).replaceScopes).toHaveLength(2);
    // The one that had seen it goes on, and hears of the other.
    const next = await ask(member, seen.cookie);
    expect(next.replaceScopes).toEqual([]);
    expect(next.changes[`site:${site.siteId}`]?.del).toEqual([{ entity: 'slot', id: second }]);
  });

  it('K4 does not count a transaction as over that was under way, however long ago it began', async () => {
    const member = await site.join();
    const slotId = await site.addSlot('D-3');
    const writer = await database.pool.connect();
    await writer.query('begin');
    await writer.query('delete from slots where slot_id = $1', [slotId]);
    await pruneTombstones(database.pool, NOW + 200 * DAY);
    const { cookie } = await ask(member, null);
    await writer.query('commit');
    writer.release();
    await pruneTombstones(database.pool, NOW + 200 * DAY + TOMBSTONES_KEPT);
    expect(await tombstones()).toContain(slotId);
    const told = await ask(member, cookie);
    expect(told.replaceScopes).toEqual([]);
    expect(told.changes[`site:${site.siteId}`]?.del).toContainEqual({ entity: 'slot', id: slotId });
  });

  it('K4 may run twice at once, and keeps few notes', async () => {
    for (const days of [400, 401, 402]) {
      const at = NOW + days * DAY;
      await Promise.all([pruneTombstones(database.pool, at), pruneTombstones(database.pool, at)]);
    }
    const notes = await database.pool.query('select at from sync_clock where at <= $1', [
      new Date(NOW + 402 * DAY - TOMBSTONES_KEPT),
    ]);
    expect(notes.rowCount).toBe(1);
  });
});
