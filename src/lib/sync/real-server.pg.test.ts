import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { readMeta } from '$lib/client-db/database';
import { createTestDatabase, type TestDatabase } from '../../../server/db/testing';
import { predict } from './predict';
import { baseOf } from './pulled-rows';
import { unsentCount } from './outbox';
import { syncPass } from './sync-pass';
import { openBrowser, openTab, REAL_NOW, startRealServer, type Browser, type RealServer } from './testing';
import { emptyStorage, nextId, type TestingDevice } from './testing-device';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Tab = Omit<TestingDevice, 'session'>;

let database: TestDatabase;
let real: RealServer;
/** The building's own slots. */
let slotIds: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  real = await startRealServer(database.url);
  const { rows } = await database.pool.query<{ slot_id: string }>(
    'select slot_id from slots where owner_id is null order by label',
  );
  slotIds = rows.map((row) => row.slot_id);
  await database.pool.query(
    `update sites set policy = policy || '{"reservationsAtATime": 100, "price": 0}'::jsonb`,
  );
});
afterAll(async () => {
  await real.server.close();
  await database.close();
});
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  await database.pool.query('truncate rate_limits');
  await database.pool.query(
    `update reservations set state = 'cancelled' where state in ('held', 'confirmed')`,
  );
  real.clock.set(REAL_NOW);
});

let hour = 0;
/** Each time another hour, so that none is in another's way. */
function create(
  fields: { start?: number; end?: number; slot?: number; reservationId?: string } = {},
): Intent {
  const { start = REAL_NOW + ++hour * HOUR, slot = 0, reservationId = crypto.randomUUID() } = fields;
  const { end = start + HOUR } = fields;
  return { op: 'reservation.create@1', args: { reservationId, slotId: slotIds[slot] ?? '', start, end } };
}

const now = () => real.clock.now();
const pass = ({ dependencies }: Tab, pullFirst = true) => syncPass(dependencies, { pullFirst });
const outbox = ({ db }: Tab) => db.outbox.toArray();
const statesOf = async (tab: Tab) =>
  (await tab.db.rows.where('scope').startsWith('member:').toArray()).flatMap((row) =>
    row.entity === 'reservation' ? [`${row.id} ${row.row.state}`] : [],
  );

async function journalOf(
  tab: Tab,
): Promise<{ seq: number; status: string; code: string | null; op: string; args: unknown }[]> {
  const clientId = await readMeta(tab.db, 'clientId');
  const { rows } = await database.pool.query<Awaited<ReturnType<typeof journalOf>>[number]>(
    'select seq, status, code, op, args from intents where client_id = $1 order by seq',
    [clientId],
  );
  return rows;
}

const seqsTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function residentTab(): Promise<{ browser: Browser; tab: Tab }> {
  const browser = await openBrowser(real.server, 'resident-a');
  return { browser, tab: await openTab(browser, now) };
}

describe('a device at a real server', () => {
  it('X2 K3 several tabs enqueue and push at once, and each wish has one outcome', async () => {
    const browser = await openBrowser(real.server, 'resident-a');
    const storage = emptyStorage();
    const tabs = await Promise.all([1, 2, 3].map(() => openTab(browser, now, storage)));
    await Promise.all(
      tabs.map(async (tab) => {
        for (let n = 0; n < 8; n++) {
          await tab.wish(create());
          if (n % 3 === 0) void pass(tab);
        }
      }),
    );
    const results = await Promise.all(tabs.map((tab) => pass(tab)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    const [tab] = tabs;
    if (!tab) throw new Error('no tab');
    await pass(tab);
    const journal = await journalOf(tab);
    expect(journal.map(({ seq }) => seq)).toEqual(seqsTo(24));
    expect(journal.every(({ status }) => status === 'applied')).toBe(true);
    expect(await outbox(tab)).toEqual([]);
  });

  it('X2 a tab that is frozen or killed in the middle of a push leaves the rest to another, and the outcome is known once', async () => {
    const browser = await openBrowser(real.server, 'resident-a');
    const storage = emptyStorage();
    const frozen = await openTab(browser, now, storage);
    await pass(frozen);
    const before = await statesOf(frozen);
    await frozen.wish(create());
    let thaw: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (thaw = resolve));
    let arrived: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (arrived = resolve));
    browser.faults = async (procedure, answer) => {
      const response = await answer();
      if (procedure !== 'sync.push') return response;
      arrived();
      await asleep;
      return response;
    };
    const sleeping = pass(frozen, false);
    await reached;
    browser.faults = (_procedure, answer) => answer();

    const other = await openTab(browser, now, storage);
    await other.wish(create());
    expect((await pass(other)).ok).toBe(true);
    const known = await statesOf(other);
    expect(known.length - before.length).toBe(2);
    expect(await outbox(other)).toEqual([]);
    thaw();
    expect((await sleeping).ok).toBe(true);
    expect(await statesOf(frozen)).toEqual(known);
    expect((await journalOf(other)).map(({ seq }) => seq)).toEqual([1, 2]);

    // Killed: its database is closed under it, and nothing of it comes back.
    const killed = await openTab(browser, now, storage);
    await killed.wish(create());
    browser.faults = () => new Promise(() => undefined);
    void pass(killed, false);
    await vi.waitFor(async () => expect((await outbox(other))[0]?.status).toBe('sent'));
    killed.db.close();
    browser.faults = (_procedure, answer) => answer();
    expect((await pass(other)).ok).toBe(true);
    expect((await journalOf(other)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('X2 K3 any reply may be lost, any request may come twice: one outcome each, the same on every side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.constantFrom('well', 'lost', 'never', 'twice')), async (luck) => {
        const { browser, tab } = await residentTab();
        const ids: string[] = [];
        for (let n = 0; n < 3; n++) ids.push(await tab.wish(create()));
        let calls = 0;
        browser.faults = async (procedure, answer) => {
          const fate = procedure.startsWith('sync.') && calls++ < 12 ? luck.next().value : 'well';
          if (fate === 'never') throw new TypeError('no network');
          if (fate === 'twice') await answer();
          const response = await answer();
          if (fate === 'lost') throw new TypeError('connection reset');
          return response;
        };
        for (let tries = 0; tries < 20; tries++) if ((await pass(tab)).ok) break;
        expect(await outbox(tab)).toEqual([]);
        expect((await journalOf(tab)).map(({ seq, status }) => [seq, status])).toEqual(
          seqsTo(3).map((seq) => [seq, 'applied']),
        );
        tab.db.close();
      }),
      { numRuns: 10 },
    );
  });

  it('K3 a 401 in the middle of many pushes pauses the queue, empties nothing, and a sign-in goes on', async () => {
    const { browser, tab } = await residentTab();
    for (let n = 0; n < 120; n++)
      await tab.wish({ op: 'reservation.cancel@1', args: { reservationId: nextId() } });
    let pushes = 0;
    browser.faults = async (procedure, answer) => {
      if (procedure === 'sync.push' && ++pushes === 2) await browser.signOut();
      return answer();
    };
    expect(await pass(tab)).toEqual({ ok: false, failure: { kind: 'coded', code: 'signed_out' } });
    expect(await unsentCount(tab.db)).toBe(70);
    expect(await journalOf(tab)).toHaveLength(50);
    await browser.signIn();
    expect((await pass(tab)).ok).toBe(true);
    expect((await journalOf(tab)).map(({ seq }) => seq)).toEqual(seqsTo(120));
    expect((await outbox(tab)).map(({ status }) => status)).toEqual(seqsTo(120).map(() => 'refused'));
  });

  it('K3 another member’s session neither sends nor fills this queue', async () => {
    const { browser, tab } = await residentTab();
    await pass(tab);
    const rows = await tab.db.rows.toArray();
    await tab.wish(create());
    await browser.signIn('resident-b');
    for (const pullFirst of [true, false]) {
      const refused = { ok: false, failure: { kind: 'coded', code: 'client_foreign' } };
      expect(await pass(tab, pullFirst)).toEqual(refused);
    }
    expect(await unsentCount(tab.db)).toBe(1);
    expect(await tab.db.rows.toArray()).toEqual(rows);
    await browser.signIn();
    expect((await pass(tab)).ok).toBe(true);
    const { rows: decided } = await database.pool.query(
      'select member_id from intents where client_id = $1',
      [await readMeta(tab.db, 'clientId')],
    );
    expect(decided).toEqual([{ member_id: browser.memberId }]);
  });

  it('K3 a device that is a day ahead or behind decides and shows by the server’s clock', async () => {
    for (const skew of [-DAY, DAY]) {
      const browser = await openBrowser(real.server, 'resident-a');
      const tab = await openTab(browser, () => now() + skew);
      await pass(tab);
      expect(await readMeta(tab.db, 'serverOffset')).toBe(-skew);
      const start = now() + 2 * HOUR + ++hour * 60_000;
      const intent = create({ start, end: start + 60_000, slot: 1 });
      await tab.wish(intent, start + 60_000);
      const base = baseOf(await tab.db.rows.toArray());
      const clientId = (await readMeta(tab.db, 'clientId')) ?? '';
      const serverNow = now() + skew + ((await readMeta(tab.db, 'serverOffset')) ?? 0);
      const predicted = predict(base, await outbox(tab), { clientId, now: serverNow });
      const own = (row: { memberId: string | null }) => row.memberId === browser.memberId;
      const active = [...(predicted?.reservations.values() ?? [])].filter(
        (row) => own(row) && row.start === start && row.slotId === slotIds[1],
      );
      expect(active).toMatchObject([{ state: 'confirmed' }]);
      // Half a day on the way: on the device's own clock it has long expired, or not yet.
      expect((await pass(tab)).ok).toBe(true);
      expect((await journalOf(tab)).at(-1)).toMatchObject({ status: 'applied' });
      await tab.wish(create({ start: start + HOUR, slot: 1 }), now() + 1);
      real.clock.advance(2);
      await pass(tab);
      expect((await journalOf(tab)).at(-1)).toMatchObject({ status: 'expired', code: 'intent_expired' });
      real.clock.set(REAL_NOW);
    }
  });

  it('K3 the night in which the clocks change moves no reservation by an hour', async () => {
    const { tab } = await residentTab();
    // 2026-03-29, Berlin: 01:30 CET to 03:30 CEST is one hour.
    const start = Date.UTC(2026, 2, 29, 0, 30);
    const reservationId = crypto.randomUUID();
    await tab.wish(create({ start, end: start + HOUR, slot: 2, reservationId }));
    await pass(tab);
    const memberScope = `member:${tab.dependencies.memberId}`;
    const row = await tab.db.rows.get([memberScope, 'reservation', reservationId]);
    expect(row?.row).toMatchObject({ start, end: start + HOUR, state: 'confirmed' });
    const { rows } = await database.pool.query<{ seconds: number; local: string }>(
      `select extract(epoch from upper(during) - lower(during))::float8 as seconds,
              to_char(upper(during) at time zone 'Europe/Berlin', 'HH24:MI') as local
         from reservations where reservation_id = $1`,
      [reservationId],
    );
    expect(rows[0]).toEqual({ seconds: 3600, local: '03:30' });
  });

  it('K3 an old build’s outbox: what is retired is refused with its args kept, what is not goes on', async () => {
    const { tab } = await residentTab();
    await pass(tab);
    await tab.wish(create());
    const args = { reservationId: nextId(), colour: 'green' };
    const retired = await tab.wish({ op: 'reservation.create@0', args } as unknown as Intent);
    const spoilt = await tab.wish({ op: 'reservation.cancel@1', args } as unknown as Intent);
    await tab.wish(create());
    const base = baseOf(await tab.db.rows.toArray());
    const clientId = (await readMeta(tab.db, 'clientId')) ?? '';
    expect(predict(base, await outbox(tab), { clientId, now: now() })).not.toBeNull();
    expect((await pass(tab)).ok).toBe(true);
    expect((await journalOf(tab)).map(({ status, code }) => [status, code])).toEqual([
      ['applied', null],
      ['quarantined', 'op_unknown'],
      ['quarantined', 'args_invalid'],
      ['applied', null],
    ]);
    expect((await journalOf(tab))[1]).toMatchObject({ op: 'reservation.create@0', args });
    expect((await outbox(tab)).map(({ id, status, args: kept }) => [id, status, kept])).toEqual([
      [retired, 'quarantined', args],
      [spoilt, 'quarantined', args],
    ]);
  });

  it('B6 D1 a manager who is none any more has nothing of the desk or the gate after the next pull', async () => {
    const browser = await openBrowser(real.server, 'manager');
    const manager = await openTab(browser, now, emptyStorage());
    await pass(manager);
    const kinds = async () => {
      const rows = await manager.db.rows.toArray();
      return [...new Set(rows.map(({ scope }) => scope.split(':')[0]))].sort();
    };
    expect(await kinds()).toEqual(['desk', 'gate', 'member', 'site']);
    const setRole = (role: string) =>
      database.pool.query(
        `update members set role = $1 where user_id = (select user_id from users where email like 'manager@%')`,
        [role],
      );
    await setRole('resident');
    await pass(manager);
    expect(await kinds()).toEqual(['member', 'site']);
    await setRole('manager');
    await pass(manager);
    expect(await kinds()).toEqual(['desk', 'gate', 'member', 'site']);
  });

  it('D1 a member who left the site while offline: the copy goes, the queue stays, and goes on with the membership', async () => {
    const { browser, tab } = await residentTab();
    await pass(tab);
    const reservationId = crypto.randomUUID();
    await tab.wish(create({ reservationId }));
    const user = await database.pool.query<{ user_id: string }>(
      'select user_id from members where member_id = $1',
      [browser.memberId],
    );
    const elsewhere = crypto.randomUUID();
    await database.pool.query(`insert into users (user_id, email, name) values ($1, $2, 'Nobody')`, [
      elsewhere,
      `${elsewhere}@example.test`,
    ]);
    const give = (to: string | undefined) =>
      database.pool.query('update members set user_id = $1 where member_id = $2', [to, browser.memberId]);
    await give(elsewhere);
    // What a process remembers of a session is older than that now.
    real.clock.advance(5_000);
    expect(await pass(tab)).toEqual({ ok: false, failure: { kind: 'coded', code: 'no_site' } });
    expect(await tab.db.rows.count()).toBe(0);
    expect(await readMeta(tab.db, 'asOf')).toBeUndefined();
    expect(await unsentCount(tab.db)).toBe(1);
    await give(user.rows[0]?.user_id);
    real.clock.advance(5_000);
    expect((await pass(tab)).ok).toBe(true);
    expect(await statesOf(tab)).toContain(`${reservationId} confirmed`);
    expect(await outbox(tab)).toEqual([]);
  });
});
