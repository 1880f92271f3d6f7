import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { createTestDatabase, type TestDatabase } from '../../../server/db/testing';
import { digestOf } from '#shared/protocol/digest';
import { storeDecision, type Decided } from './gate-decisions';
import { syncPass } from './sync-pass';
import { openBrowser, openTab, REAL_NOW, startRealServer, type Browser, type RealServer } from './testing';
import { decided, recorderAt } from './testing-decision';
import { emptyStorage, nextId, type TestingDevice } from './testing-device';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
type Tab = Omit<TestingDevice, 'session'>;

let database: TestDatabase;
let real: RealServer;
/** Two who scan; neither knows of the other's scans until both have synced. */
let guard: Tab;
let manager: Tab;
let guardBrowser: Browser;
let managerBrowser: Browser;
beforeAll(async () => {
  database = await createTestDatabase();
  real = await startRealServer(database.url);
  guardBrowser = await openBrowser(real.server, 'guard');
  managerBrowser = await openBrowser(real.server, 'manager');
});
afterAll(async () => {
  await real.server.close();
  await database.close();
});
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  await database.pool.query('truncate rate_limits');
  real.clock.set(REAL_NOW);
  const now = () => real.clock.now();
  guard = await openTab(guardBrowser, now, emptyStorage());
  manager = await openTab(managerBrowser, now, emptyStorage());
});

const sync = async (...tabs: Tab[]) => {
  for (const { dependencies } of tabs)
    expect(await syncPass(dependencies, { pullFirst: false })).toMatchObject({ ok: true });
};
const scan = ({ db }: Tab, fields: Partial<Decided> = {}) =>
  storeDecision(db, decided(real.clock.now(), fields), recorderAt(real.clock.now()));

async function incidentsOf({ db }: Tab): Promise<Row<'incident'>[]> {
  return (await db.rows.toArray()).flatMap((row) => (row.entity === 'incident' ? [row.row] : []));
}

let hour = 0;
/** A pass of a reservation that nobody has used. */
async function makePass(): Promise<string> {
  const resident = await openBrowser(real.server, 'resident-a');
  const tab = await openTab(resident, () => real.clock.now(), emptyStorage());
  const { rows: slots } = await database.pool.query<{ slot_id: string }>(
    'select slot_id from slots where owner_id is null order by label desc limit 1',
  );
  const start = REAL_NOW + ++hour * 60 * MINUTE;
  const reservationId = nextId();
  await database.pool.query(
    `update sites set policy = policy || '{"reservationsAtATime": 100, "price": 0}'::jsonb`,
  );
  const args = { reservationId, slotId: slots[0]!.slot_id, start, end: start + 30 * MINUTE };
  await tab.wish({ op: 'reservation.create@1', args });
  await sync(tab);
  const { rows } = await database.pool.query<{ pass_id: string }>(
    'select pass_id from passes where reservation_id = $1',
    [reservationId],
  );
  return rows[0]!.pass_id;
}

describe('X8 two offline guards at a real server', () => {
  it.each(['guard', 'manager'])('D4 X8 both see the double use of one pass, %s first', async (first) => {
    const passId = await makePass();
    await scan(guard, { passId, gate: 1 });
    real.clock.advance(MINUTE);
    await scan(manager, { passId, gate: 2 });
    await (first === 'guard' ? sync(guard, manager, guard) : sync(manager, guard, manager));
    for (const tab of [guard, manager]) {
      const about = (await incidentsOf(tab)).filter((incident) => incident.passId === passId);
      expect(about).toMatchObject([
        {
          kind: 'double_use',
          closedAt: null,
          detail: {
            uses: 2,
            allowed: 1,
            firstAt: REAL_NOW,
            firstGate: 1,
            lastAt: REAL_NOW + MINUTE,
            lastGate: 2,
          },
        },
      ]);
      expect(about[0]?.scanIds).toHaveLength(2);
      expect(about[0]?.detail['firstGuard']).toEqual(expect.any(String));
      const scans = (await tab.db.rows.toArray()).filter(
        ({ entity, row }) => entity === 'scan' && row.passId === passId,
      );
      expect(scans.map(({ row }) => row)).toMatchObject([{ genuine: true }, { genuine: true }]);
    }
  });

  it('X8 a tampered queue is found: a record cut out of it is a gap, a changed one forged', async () => {
    await scan(guard);
    await scan(guard);
    await scan(guard, { result: 'revoked' });
    const rows = await guard.db.outbox.orderBy('seq').toArray();
    const [, , second, third] = rows;
    // Whoever has the device may write to its storage, but has not the key.
    if (third?.op !== 'scan.record@2') throw new Error('not a scan');
    await guard.db.outbox.bulkDelete([second!.seq, third.seq]);
    await guard.db.outbox.add({ ...third, seq: second!.seq, args: { ...third.args, result: 'valid' } });
    await guard.db.meta.put({ key: 'nextSeq', value: third.seq });
    const { journalId } = third.args.journal!;
    await sync(guard);
    const about = async () =>
      (await incidentsOf(guard)).filter((incident) => incident.journalId === journalId);
    expect((await about()).map(({ kind }) => kind)).toEqual(['journal_forged']);
    await scan(guard);
    await sync(guard, manager);
    expect(
      (await about()).map(({ kind, detail }) => [kind, detail['from'], detail['to']]).toSorted(),
    ).toEqual([
      ['journal_forged', undefined, undefined],
      ['journal_gap', 2, 3],
    ]);
  });

  it('X8 the manager closes it; all see by whom, and it leaves devices a month later', async () => {
    const passId = await makePass();
    await scan(guard, { passId });
    await scan(manager, { passId });
    await sync(guard, manager);
    const [incident] = (await incidentsOf(manager)).filter((one) => one.passId === passId);
    await manager.wish({ op: 'incident.close@1', args: { incidentId: incident!.id, note: 'one car' } });
    await sync(manager, guard);
    const seen = async () => (await incidentsOf(guard)).filter((one) => one.passId === passId);
    expect(await seen()).toMatchObject([
      { note: 'one car', closedAt: REAL_NOW, closedByName: expect.any(String) as string },
    ]);
    real.clock.advance(30 * DAY + 1);
    await guardBrowser.signIn();
    await sync(guard);
    expect(await seen()).toEqual([]);
  });

  it('K4 X8 the copy of the gate’s scope is what the server says it is, incidents and all', async () => {
    const passId = await makePass();
    await scan(guard, { passId });
    await scan(manager, { passId, direction: 'exit' });
    await sync(guard, manager, guard);
    const copies = await Promise.all(
      [guard, manager].map(async ({ db }) => {
        const rows = await db.rows.where('scope').startsWith('gate:').toArray();
        return digestOf(rows, REAL_NOW);
      }),
    );
    expect(copies[0]?.count).toBeGreaterThan(3);
    await sync(manager);
    const again = await manager.db.rows.where('scope').startsWith('gate:').toArray();
    expect(digestOf(again, REAL_NOW)).toEqual(copies[0]);
  });
});
