import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '#shared/domain/entities';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import type { Arbiter } from './arbiter';
import type { JournalPlan } from './journal-plan';
import { loadJournals } from './load-journals';
import { StaleReadError } from './locks';
import { journalKey, readEntries, type JournalOwner } from './read-entries';
import { SiteKeys } from './site-keys';
import { makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';
import { TestJournal } from './testing-journal';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool);
  arbiter = site.arbiter();
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

interface Guard {
  readonly member: Member;
  readonly device: TestDevice;
  readonly journal: TestJournal;
}

/** A guard whose device has opened its journal. */
async function makeGuard(): Promise<Guard> {
  const member = await site.join('guard');
  const device = new TestDevice(site, member, arbiter);
  const journal = await TestJournal.make(NOW);
  expect(await device.do('journal.open@1', journal.opening)).toMatchObject({ status: 'applied' });
  return { member, device, journal };
}

async function record({ device }: Pick<Guard, 'device'>, scans: readonly Record<string, unknown>[]) {
  const intents = scans.map((args) => device.intent('scan.record@2', args));
  const outcomes = outcomesOf(await device.push(...intents));
  expect(outcomes.map(({ status }) => status)).toEqual(scans.map(() => 'applied'));
}

async function incidents(kind?: string) {
  const { rows } = await site.pool.query<Record<string, unknown>>(
    `select kind, scan_ids::text[] as scan_ids, pass_id, journal_id, detail, closed_at is not null as closed, closed_by, note
       from incidents where $1::text is null or kind = $1 order by raised_at, incident_id`,
    [kind ?? null],
  );
  return rows;
}

const openKinds = async () => (await incidents()).filter(({ closed }) => !closed).map(({ kind }) => kind);

async function entriesOf(journal: TestJournal) {
  const { rows } = await site.pool.query<Record<string, unknown>>(
    `select scan_id, journal_seq as seq, encode(journal_hash, 'hex') as hash, encode(journal_previous, 'hex') as previous,
            is_genuine as genuine, extract(epoch from device_time)::float8 * 1000 as device_time
       from scans where journal_id = $1 order by journal_seq, scan_id`,
    [journal.id],
  );
  return rows;
}

/** A reservation's pass that is good about now. */
async function makePass(): Promise<string> {
  const resident = new TestDevice(site, await site.join(), arbiter);
  const reservationId = newId();
  await resident.reserve(await site.addSlot('A-01'), 0, 1, reservationId);
  const { rows } = await site.pool.query<{ pass_id: string }>(
    'select pass_id from passes where reservation_id = $1',
    [reservationId],
  );
  return rows[0]!.pass_id;
}

describe('scan journals', () => {
  it('X8 stores a chain that came in one push, opening and all, as genuine, and raises nothing', async () => {
    const device = new TestDevice(site, await site.join('guard'), arbiter);
    const journal = await TestJournal.make(NOW);
    const scans = [await journal.next(), await journal.next(), await journal.next()];
    const outcomes = await device.push(
      device.intent('journal.open@1', journal.opening),
      ...scans.map((args) => device.intent('scan.record@2', args)),
    );
    expect(outcomesOf(outcomes).map(({ status }) => status)).toEqual(Array(4).fill('applied'));
    const stored = await entriesOf(journal);
    expect(stored).toMatchObject([
      { scan_id: scans[0]!.scanId, seq: 1, previous: '00'.repeat(32), genuine: true, device_time: NOW },
      { seq: 2, previous: stored[0]!['hash'], genuine: true },
      { seq: 3, previous: stored[1]!['hash'], genuine: true },
    ]);
    expect(await incidents()).toEqual([]);
  });

  it('X8 the chain goes on in the next push and, after a fork of the queue, under the next clientId', async () => {
    const guard = await makeGuard();
    await record(guard, [await guard.journal.next()]);
    await record(guard, [await guard.journal.next()]);
    const renewed = new TestDevice(site, guard.member, arbiter);
    expect(await renewed.do('journal.open@1', guard.journal.opening)).toMatchObject({ status: 'applied' });
    await record({ device: renewed }, [await guard.journal.next()]);
    expect(await entriesOf(guard.journal)).toHaveLength(3);
    expect(await incidents()).toEqual([]);
  });

  it('X8 raises a gap once, says it to the gate’s scope, and closes it when the missing part arrives', async () => {
    const guard = await makeGuard();
    const [one, two, three, four] = [
      await guard.journal.next(),
      await guard.journal.next(),
      await guard.journal.next(),
      await guard.journal.next(),
    ] as const;
    site.committed.length = 0;
    await record(guard, [one, four]);
    expect(site.committed.flat()).toContain(`gate:${site.siteId}`);
    const gap = { kind: 'journal_gap', journal_id: guard.journal.id, scan_ids: [four.scanId] };
    expect(await incidents()).toMatchObject([{ ...gap, detail: { from: 2, to: 3 }, closed: false }]);
    await record(guard, [three]);
    expect(await incidents()).toMatchObject([{ detail: { from: 2, to: 2 }, closed: false }]);
    await record(guard, [two]);
    expect(await incidents()).toMatchObject([
      { ...gap, scan_ids: [three.scanId], closed: true, closed_by: null },
    ]);
    const { rows } = await site.pool.query(
      `select 1 from sync_row where scope = $1 and entity = 'incident'`,
      [`gate:${site.siteId}`],
    );
    expect(rows).toHaveLength(1);
  });

  it('X8 stores both branches of a fork that two clients send at the same moment, in one incident', async () => {
    const guard = await makeGuard();
    await record(guard, [await guard.journal.next()]);
    const copied = guard.journal.copy();
    const clients = [guard, { device: new TestDevice(site, guard.member, site.arbiter()) }];
    const scans = [await guard.journal.next(), await copied.next()];
    await Promise.all(clients.map((client, index) => record(client, [scans[index]!])));
    expect(await entriesOf(guard.journal)).toHaveLength(3);
    const [fork, ...rest] = await incidents();
    expect(rest).toEqual([]);
    expect(fork).toMatchObject({ kind: 'journal_fork', detail: { seq: 2 } });
    expect(new Set(fork!['scan_ids'] as string[])).toEqual(new Set(scans.map(({ scanId }) => scanId)));
  });

  it.each([
    ['what was changed after signing', () => ({ gate: 2 })],
    ['a time that was changed', () => ({ scannedAt: NOW - 1000 })],
    ['another scan’s id', () => ({ scanId: newId() })],
  ])('X8 finds %s forged, and keeps it', async (_what, tamper) => {
    const guard = await makeGuard();
    await record(guard, [{ ...(await guard.journal.next()), ...tamper() }]);
    expect(await entriesOf(guard.journal)).toMatchObject([{ genuine: false }]);
    expect(await openKinds()).toEqual(['journal_forged']);
  });

  it('X8 finds an entry of nobody’s journal, and of another guard’s, forged', async () => {
    const [guard, other] = [await makeGuard(), await makeGuard()];
    const unknown = await TestJournal.make(NOW);
    await record(guard, [await unknown.next()]);
    await record(guard, [await other.journal.next()]);
    expect(await openKinds()).toEqual(['journal_forged', 'journal_forged']);
    expect(await entriesOf(other.journal)).toMatchObject([{ genuine: false }]);
    const intruder = new TestDevice(site, guard.member, arbiter);
    const taken = await intruder.do('journal.open@1', {
      ...other.journal.opening,
      publicKey: unknown.publicKey,
    });
    expect(taken).toMatchObject({ status: 'refused', code: 'journal_taken' });
  });

  it('X8 tells a repeated push what it told before, and raises nothing anew', async () => {
    const guard = await makeGuard();
    const [, two] = [await guard.journal.next(), await guard.journal.next()];
    const intent = guard.device.intent('scan.record@2', two);
    const first = await guard.device.push(intent);
    expect(outcomesOf(await guard.device.push(intent))).toEqual(outcomesOf(first));
    expect(await incidents()).toHaveLength(1);
  });

  it('X8 of two scans with one id in one batch the first is recorded with its own place and hash', async () => {
    const guard = await makeGuard();
    const first = await guard.journal.next();
    const hash = Buffer.from(guard.journal.previous, 'base64url').toString('hex');
    const second = await guard.journal.next({ scanId: first.scanId });
    const intents = [first, second].map((args) => guard.device.intent('scan.record@2', args));
    expect(outcomesOf(await guard.device.push(...intents)).map(({ code }) => code)).toEqual([
      null,
      'scan_exists',
    ]);
    expect(await entriesOf(guard.journal)).toMatchObject([{ seq: 1, hash, genuine: true }]);
    expect(await incidents()).toEqual([]);
  });

  it('X8 reads a batch anew when the journal it was read by turns out to be another’s or of another key', async () => {
    const guard = await makeGuard();
    const [args, other] = [await guard.journal.next(), await TestJournal.make(NOW)];
    const { siteId } = site;
    const keys = new SiteKeys();
    keys.add(siteId, guard.journal.id);
    const opening = { siteId, journalId: guard.journal.id, memberId: guard.member.id };
    const plan: JournalPlan = {
      ...{ keys, opened: [], incidents: new SiteKeys(), recordsScans: false },
      entries: [{ siteId, memberId: guard.member.id, args }],
    };
    const client = await site.pool.connect();
    try {
      const read = await readEntries(client, plan);
      const load = (known: JournalOwner) => {
        const owners = new Map([[journalKey(opening), known]]);
        const asked = { plan, read: { ...read, known: owners }, passes: new SiteKeys() };
        return loadJournals(client, asked, new Map());
      };
      const asStored = { memberId: guard.member.id, publicKey: guard.journal.publicKey };
      await expect(load(asStored)).resolves.toBeUndefined();
      for (const tampered of [{ memberId: newId() }, { publicKey: other.publicKey }])
        await expect(load({ ...asStored, ...tampered })).rejects.toBeInstanceOf(StaleReadError);
    } finally {
      client.release();
    }
  });

  it('X8 takes scans without a journal', async () => {
    const guard = await makeGuard();
    const { journal: _none, ...scan } = await guard.journal.next();
    await record(guard, [{ ...scan, journal: null }]);
    const old = await guard.journal.next();
    const { scanId, passId, gate, scannedAt, result, reason, code } = old;
    expect(
      await guard.device.do('scan.record@1', { scanId, passId, gate, scannedAt, result, reason, code }),
    ).toMatchObject({ status: 'applied' });
    expect(await incidents()).toEqual([]);
  });
});

describe('double use', () => {
  it.each([[false], [true]])(
    'D4 X8 two guards who were apart raise one incident that names both scans (the later one first: %s)',
    async (laterFirst) => {
      const passId = await makePass();
      const guards = [await makeGuard(), await makeGuard()];
      const scans = [
        await guards[0]!.journal.next({ passId, scannedAt: NOW - 60_000 }),
        await guards[1]!.journal.next({ passId, gate: 2, scannedAt: NOW - 30_000 }),
      ];
      const order = laterFirst ? [1, 0] : [0, 1];
      for (const index of order) await record(guards[index]!, [scans[index]!]);
      expect(await incidents()).toMatchObject([
        { kind: 'double_use', pass_id: passId, scan_ids: scans.map(({ scanId }) => scanId), closed: false },
      ]);
    },
  );

  it('D4 X8 one incident also when both send at the same moment', async () => {
    const passId = await makePass();
    const guards = await Promise.all([makeGuard(), makeGuard(), makeGuard()]);
    const scans = await Promise.all(guards.map(({ journal }) => journal.next({ passId })));
    const arbiters = [arbiter, site.arbiter(), site.arbiter()];
    await Promise.all(
      guards.map(({ member }, index) =>
        record({ device: new TestDevice(site, member, arbiters[index]!) }, [scans[index]!]),
      ),
    );
    const [only, ...rest] = await incidents('double_use');
    expect(rest).toEqual([]);
    expect((only!['scan_ids'] as string[]).toSorted()).toEqual(scans.map(({ scanId }) => scanId).toSorted());
  });

  it('D4 an exit in between that is heard of last closes it by itself', async () => {
    const passId = await makePass();
    const [one, two] = [await makeGuard(), await makeGuard()];
    await record(one, [await one.journal.next({ passId, scannedAt: NOW - 60_000 })]);
    await record(one, [await one.journal.next({ passId, scannedAt: NOW })]);
    expect(await openKinds()).toEqual(['double_use']);
    await record(two, [await two.journal.next({ passId, direction: 'exit', scannedAt: NOW - 30_000 })]);
    expect(await incidents('double_use')).toMatchObject([{ closed: true, closed_by: null }]);
  });

  it('X8 only a manager closes an incident, once, and it stays closed', async () => {
    const passId = await makePass();
    const guard = await makeGuard();
    await record(guard, [await guard.journal.next({ passId }), await guard.journal.next({ passId })]);
    const { rows } = await site.pool.query<{ incident_id: string }>('select incident_id from incidents');
    const args = { incidentId: rows[0]!.incident_id, note: 'the same car' };
    expect(await guard.device.do('incident.close@1', args)).toMatchObject({ code: 'role_forbidden' });
    const manager = new TestDevice(site, await site.join('manager'), arbiter);
    expect(await manager.do('incident.close@1', args)).toMatchObject({ status: 'applied' });
    expect(await manager.do('incident.close@1', args)).toMatchObject({ code: 'incident_closed' });
    expect(await manager.do('incident.close@1', { ...args, incidentId: newId() })).toMatchObject({
      code: 'incident_not_found',
    });
    await record(guard, [await guard.journal.next({ passId, direction: 'exit' })]);
    expect(await incidents()).toMatchObject([
      { closed: true, closed_by: manager.member.id, note: 'the same car' },
    ]);
  });
});
