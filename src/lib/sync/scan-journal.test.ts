import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalPlace } from '#shared/domain/entities';
import { beforeFirst, entryBytes, hashEntry, verifyEntry } from '#shared/journal/entry';
import { holderKeyBytes } from '#shared/pass/holder-key';
import { parsePoint } from '#shared/pass/p256';
import { importVerifyKey } from '#shared/pass/web-crypto';
import { readMeta, type DeviceDatabase } from '$lib/client-db/database';
import { storeDecision, UndoLateError, type Decided } from './gate-decisions';
import { becomeNewClient } from './new-client';
import { unsentCount } from './outbox';
import { syncPass } from './sync-pass';
import { decided, recorderAt } from './testing-decision';
import { emptyStorage, nextId, openDevice, type TestingDevice } from './testing-device';
import { TestingServer } from './testing-server';

const NOW = Date.UTC(2026, 2, 2, 10);
const GUARD = nextId();

let server: TestingServer;
beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
  server = new TestingServer(NOW);
  server.addMember({ id: GUARD, role: 'guard', name: 'Petra', plate: '' });
});

const recorder = recorderAt(NOW);
const store = (device: TestingDevice, fields: Partial<Decided> = {}) =>
  storeDecision(device.db, decided(NOW, fields), recorder);
const guardDevice = (storage = emptyStorage()) => openDevice(server, GUARD, storage);

type Queued = Omit<Decided, 'ctr' | 'kind'> & { journal: JournalPlace | null };

async function queued(db: DeviceDatabase): Promise<Queued[]> {
  const rows = await db.outbox.orderBy('seq').toArray();
  return rows.flatMap((row) => (row.op === 'scan.record@2' ? [row.args] : []));
}

const openings = async (db: DeviceDatabase) =>
  (await db.outbox.orderBy('seq').toArray()).flatMap((row) => (row.op === 'journal.open@1' ? [row] : []));

/** Throws unless the scans are a whole chain of one journal from its beginning, signed by its key. */
async function checkChain(scans: readonly Queued[], publicKey: string): Promise<void> {
  const key = await importVerifyKey(crypto.subtle, parsePoint(holderKeyBytes(publicKey)!)!);
  let previous = beforeFirst;
  for (const [index, { journal, ...scan }] of scans.entries()) {
    if (!journal) throw new Error('a scan without a place');
    const bytes = entryBytes(scan, journal);
    expect({ seq: journal.seq, previous: journal.previous }).toEqual({ seq: index + 1, previous });
    expect(await verifyEntry(crypto.subtle, key, { bytes, signature: journal.signature })).toBe(true);
    previous = await hashEntry(crypto.subtle, bytes);
  }
}

async function checkDevice({ db }: TestingDevice, length: number): Promise<void> {
  const key = await db.keys.get('journal');
  const scans = await queued(db);
  expect(scans).toHaveLength(length);
  await checkChain(scans, key!.publicKey);
  expect((await readMeta(db, 'journalHead'))?.seq).toBe(length);
  expect((await db.decisions.toArray()).map(({ scanId }) => scanId).toSorted()).toEqual(
    scans.map(({ scanId }) => scanId).toSorted(),
  );
}

describe('X8 the scan journal on a device', () => {
  it('X8 opens it once, before the first scan, and signs each scan into the chain', async () => {
    const device = await guardDevice();
    await store(device, { gate: 3, direction: 'exit', reason: 'knows him' });
    await store(device, { result: 'forged', passId: nextId() });
    await store(device);
    await checkDevice(device, 3);
    const rows = await device.db.outbox.orderBy('seq').toArray();
    expect(rows.map(({ op }) => op)).toEqual(['journal.open@1', ...Array(3).fill('scan.record@2')]);
    const key = await device.db.keys.get('journal');
    expect(rows[0]?.args).toEqual({
      journalId: (await queued(device.db))[0]?.journal?.journalId,
      publicKey: key?.publicKey,
    });
    expect(key?.pair.privateKey.extractable).toBe(false);
  });

  it('X8 nobody waits for the opening: it counts neither as unsent nor as somebody’s wish', async () => {
    const device = await guardDevice();
    await store(device);
    expect(await unsentCount(device.db)).toBe(1);
  });

  it('X8 without WebCrypto a scan goes without a place', async () => {
    const device = await guardDevice();
    await storeDecision(device.db, decided(NOW), recorderAt(NOW, { subtle: null }));
    expect(await queued(device.db)).toMatchObject([{ journal: null }]);
    expect(await openings(device.db)).toEqual([]);
  });

  it.each(['decisions', 'outbox', 'meta'] as const)(
    'D4 X8 when writing %s fails, neither decision nor intent nor journal has moved, and the retry goes on',
    async (name) => {
      const device = await guardDevice();
      await store(device);
      const before = await contents(device);
      const fail = () => {
        throw new DOMException('the tab is gone', 'AbortError');
      };
      const table = device.db.table(name);
      table.hook('creating', fail);
      table.hook('updating', fail);
      await expect(store(device)).rejects.toThrow();
      table.hook('creating').unsubscribe(fail);
      table.hook('updating').unsubscribe(fail);
      expect(await contents(device)).toEqual(before);
      await store(device);
      await checkDevice(device, 2);
    },
  );

  it('X8 two tabs that decide at the same moment make one chain', async () => {
    const storage = emptyStorage();
    const tabs = [await guardDevice(storage), await guardDevice(storage)];
    await Promise.all(Array.from({ length: 12 }, (_, index) => store(tabs[index % 2]!)));
    await checkDevice(tabs[0]!, 12);
    expect(await openings(tabs[0]!.db)).toHaveLength(1);
  });

  it('X8 signs what is stored when the look inside the transaction decides otherwise', async () => {
    const device = await guardDevice();
    const first = decided(NOW, { passId: nextId() });
    const settle = () => ({ ...first, result: 'already_used' as const });
    expect(await storeDecision(device.db, first, recorder, settle)).toMatchObject({ result: 'already_used' });
    expect(await queued(device.db)).toMatchObject([{ result: 'already_used' }]);
    await checkDevice(device, 1);
  });

  it('X8 ends well when each look decides otherwise, and others are quicker each time', async () => {
    const storage = emptyStorage();
    const [device, rival] = [await guardDevice(storage), await guardDevice(storage)];
    await store(rival);
    let looks = 0;
    const first = decided(NOW, { passId: nextId() });
    const signing = vi.spyOn(crypto.subtle, 'sign');
    const stored = await storeDecision(device.db, first, recorder, () => ({
      ...first,
      reason: `look ${++looks}`,
    }));
    expect(stored.reason).toBe('look 4');
    expect(signing.mock.calls.length).toBe(5);
    signing.mockRestore();
    expect((await queued(device.db)).at(-1)).toMatchObject({ reason: 'look 4' });
    await checkDevice(device, 2);
  });

  it('X8 the chain goes on under a new clientId, which tells the server of it again', async () => {
    const device = await guardDevice();
    await store(device);
    await syncPass(device.dependencies, { pullFirst: false });
    const { journalId } = (await readMeta(device.db, 'journalHead'))!;
    await becomeNewClient(device.db, (await readMeta(device.db, 'clientId'))!, nextId());
    await store(device);
    await syncPass(device.dependencies, { pullFirst: false });
    const places = [...server.state.scans.values()].map(({ journal }) => journal);
    expect(places).toMatchObject([
      { journalId, seq: 1 },
      { journalId, seq: 2 },
    ]);
    expect([...server.state.journals.keys()]).toEqual([journalId]);
  });

  it('X8 X4 a device whose storage was thrown away begins a new journal', async () => {
    const [before, after] = [await guardDevice(), await guardDevice()];
    await store(before);
    await store(after);
    const ids = await Promise.all([before, after].map(async ({ db }) => readMeta(db, 'journalHead')));
    expect(ids[0]?.journalId).not.toBe(ids[1]?.journalId);
    await checkDevice(after, 1);
  });

  it('X8 begins a new journal at the next start when the server has refused this one', async () => {
    const storage = emptyStorage();
    const device = await guardDevice(storage);
    await store(device);
    const { journalId } = (await readMeta(device.db, 'journalHead'))!;
    const somebody = { memberId: nextId(), clientId: nextId(), publicKey: 'of another', openedAt: NOW };
    server.state.journals.set(journalId, { id: journalId, ...somebody });
    await syncPass(device.dependencies, { pullFirst: false });
    const restarted = await guardDevice(storage);
    await store(restarted);
    await syncPass(restarted.dependencies, { pullFirst: false });
    expect([...server.state.journals.values()].map(({ memberId }) => memberId)).toEqual([
      somebody.memberId,
      GUARD,
    ]);
    expect([...server.state.scans.values()].map(({ journal }) => journal?.seq)).toEqual([1, 1]);
  });

  it('X8 nor does the page that has it open go on in a journal that was refused', async () => {
    const device = await guardDevice();
    await store(device);
    const { journalId } = (await readMeta(device.db, 'journalHead'))!;
    const somebody = { memberId: nextId(), clientId: nextId(), publicKey: 'of another', openedAt: NOW };
    server.state.journals.set(journalId, { id: journalId, ...somebody });
    await syncPass(device.dependencies, { pullFirst: false });
    await store(device);
    await store(device);
    const head = (await readMeta(device.db, 'journalHead'))!;
    expect(head.journalId).not.toBe(journalId);
    expect(head.seq).toBe(2);
    await syncPass(device.dependencies, { pullFirst: false });
    expect([...server.state.scans.values()].map(({ journal }) => journal?.seq)).toEqual([1, 1, 2]);
  });

  it('D4 X8 takes back what was decided here within seconds, and says at once when it is too late', async () => {
    const device = await guardDevice();
    const passId = nextId();
    const { scanId } = await store(device, { passId });
    const undo = { passId, result: 'undone', undoes: scanId } as const;
    await expect(store(device, { ...undo, scannedAt: NOW + 15_001 })).rejects.toBeInstanceOf(UndoLateError);
    await expect(store(device, { ...undo, undoes: nextId() })).rejects.toBeInstanceOf(UndoLateError);
    await checkDevice(device, 1);
    await store(device, { ...undo, scannedAt: NOW + 15_000 });
    await checkDevice(device, 2);
  });

  it.each(['internal', 'unavailable', 'signed_out', 'rate_limited', 'unreachable'])(
    'D4 X8 an upload that fails with %s keeps queue and chain, and what follows goes up after it',
    async (failure) => {
      const device = await guardDevice();
      await store(device);
      if (failure === 'unreachable') server.reachable = false;
      else server.failWith = failure;
      await syncPass(device.dependencies, { pullFirst: false });
      await store(device);
      await syncPass(device.dependencies, { pullFirst: true });
      await checkDevice(device, 2);
      expect(server.state.scans.size).toBe(0);
      server.failWith = null;
      server.reachable = true;
      await syncPass(device.dependencies, { pullFirst: false });
      expect([...server.state.scans.values()].map(({ journal }) => journal?.seq)).toEqual([1, 2]);
    },
  );

  it('D4 X8 a lost reply sends the same entries again, each recorded once', async () => {
    const device = await guardDevice();
    await store(device);
    server.lostReplies = 1;
    await syncPass(device.dependencies, { pullFirst: false });
    await store(device);
    await syncPass(device.dependencies, { pullFirst: false });
    expect([...server.state.scans.values()].map(({ journal }) => journal?.seq)).toEqual([1, 2]);
  });
});

async function contents({ db }: TestingDevice) {
  const [decisions, outbox, meta] = await Promise.all([
    db.decisions.toArray(),
    db.outbox.toArray(),
    db.meta.toArray(),
  ]);
  return { decisions, outbox, meta };
}
