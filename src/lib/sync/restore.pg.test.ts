import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { readMeta } from '$lib/client-db/database';
import { createPool } from '../../../server/db/pool';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../server/db/testing';
import { startNewEpoch } from '../../../server/services/sync/new-epoch';
import { unsentCount } from './outbox';
import { syncPass } from './sync-pass';
import { openBrowser, openTab, REAL_NOW, startRealServer, type RealServer } from './testing';
import type { TestingDevice } from './testing-device';

const HOUR = 3_600_000;
type Tab = Omit<TestingDevice, 'session'>;

let database: TestDatabase;
let backup: { url: string; name: string };
beforeAll(async () => {
  database = await createTestDatabase();
  const name = `${new URL(database.url).pathname.slice(1)}_backup`;
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  backup = { url: url.href, name };
});
afterAll(async () => {
  await asAdmin(inject('testPostgres').adminUrl, (admin) =>
    admin.query(`drop database if exists ${backup.name} with (force)`),
  );
  await database.close();
});
beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());

/** A copy of the database as it is now, as a backup is; nobody may be connected. */
async function backUp(): Promise<void> {
  const { adminUrl, owner } = inject('testPostgres');
  const source = new URL(database.url).pathname.slice(1);
  await asAdmin(adminUrl, async (admin) => {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [source]);
    await admin.query(
      `create database ${backup.name} template ${source} owner ${pg.escapeIdentifier(owner.name)}`,
    );
  });
}

const pass = ({ dependencies }: Tab) => syncPass(dependencies, { pullFirst: true });
const cancel = (reservationId: string): Intent => ({ op: 'reservation.cancel@1', args: { reservationId } });

describe('a server restored from a backup', () => {
  it('K3 X2 K5 is told again what it has forgotten, decides it anew, and nothing of it vanishes in silence', async () => {
    let real: RealServer = await startRealServer(database.url);
    const now = () => real.clock.now();
    const { rows: slots } = await database.pool.query<{ slot_id: string }>(
      'select slot_id from slots where owner_id is null order by label',
    );
    const create = (slot: number, hours: number, reservationId: string): Intent => {
      const start = REAL_NOW + hours * HOUR;
      return {
        op: 'reservation.create@1',
        args: { reservationId, slotId: slots[slot]?.slot_id ?? '', start, end: start + HOUR },
      };
    };
    await database.pool.query(`update sites set policy = policy || '{"reservationsAtATime": 50}'::jsonb`);
    const [a, b] = [
      await openBrowser(real.server, 'resident-a'),
      await openBrowser(real.server, 'resident-b'),
    ];
    const [mara, ivo] = [await openTab(a, now), await openTab(b, now)];
    const ids = Array.from({ length: 6 }, () => crypto.randomUUID());
    const [kept = '', cancelled = '', later = '', over = '', contested = '', waiting = ''] = ids;

    await mara.wish(create(0, 2, kept));
    await mara.wish(create(0, 4, cancelled));
    await pass(mara);
    await pass(ivo);
    await real.server.close();
    await backUp();
    real = await startRealServer(database.url);
    [a, b].forEach((browser) => browser.moveTo(real.server));

    // After the backup, all of it confirmed and pulled:
    await mara.wish(cancel(cancelled));
    await mara.wish(create(1, 6, later), REAL_NOW + 7 * HOUR);
    await mara.wish(create(1, 8, over), REAL_NOW + HOUR / 2);
    await mara.wish(create(2, 10, contested));
    await pass(mara);
    expect(await unsentCount(mara.db)).toBe(0);
    expect(await mara.db.outbox.count()).toBe(0);
    // And one that has not been sent when the server is lost.
    await mara.wish(create(1, 12, waiting));
    await real.server.close();

    const pool = createPool({ url: backup.url, max: 1 });
    const before = await pool.query('select epoch from epoch');
    await startNewEpoch(pool);
    expect((await pool.query('select epoch from epoch')).rows).not.toEqual(before.rows);
    await pool.query('truncate rate_limits');
    real = await startRealServer(backup.url, REAL_NOW + HOUR);
    [a, b].forEach((browser) => browser.moveTo(real.server));

    // Somebody was quicker this time.
    await ivo.wish(create(2, 10, crypto.randomUUID()));
    expect((await pass(ivo)).ok).toBe(true);
    expect((await pass(mara)).ok).toBe(true);
    const { rows } = await pool.query<{ reservation_id: string; state: string }>(
      'select reservation_id, state from reservations where reservation_id = any($1)',
      [ids],
    );
    const states = new Map(rows.map((row) => [row.reservation_id, row.state]));
    expect(ids.map((id) => states.get(id))).toEqual([
      'confirmed',
      'cancelled',
      'confirmed',
      // Its time to be done was over.
      undefined,
      undefined,
      'confirmed',
    ]);
    const left = await mara.db.outbox.toArray();
    expect(left).toMatchObject([{ status: 'refused', outcome: { code: 'slot_taken' } }]);
    expect(
      (await pool.query('select 1 from intents group by site_id, intent_id having count(*) > 1')).rowCount,
    ).toBe(0);
    // Both copies are what the restored server has.
    for (const tab of [mara, ivo]) {
      await pass(tab);
      const occupancy = (await tab.db.rows.toArray()).filter(({ entity }) => entity === 'occupancy');
      const active = await pool.query(`select 1 from reservations where state = 'confirmed'`);
      expect(occupancy).toHaveLength(active.rowCount ?? -1);
    }
    expect(await readMeta(mara.db, 'asOf')).toBe(REAL_NOW + HOUR);
    await real.server.close();
    await pool.end();
  });

  it('K4 says nothing twice because the dump was read into a younger cluster', async () => {
    const url = backup.url;
    const pool = createPool({ url, max: 1 });
    await pool.query(`update sync_row set xid = '900000000000'`);
    await pool.query(`update intents set xid = '900000000000'`);
    await startNewEpoch(pool);
    const real = await startRealServer(url);
    const browser = await openBrowser(real.server, 'resident-b');
    const tab = await openTab(browser, () => REAL_NOW);
    await pass(tab);
    browser.bytes.clear();
    await pass(tab);
    expect(browser.bytes.get('sync.pull')?.[0]).toBeLessThan(600);
    await real.server.close();
    await pool.end();
  });
});
