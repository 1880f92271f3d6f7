import type { Table } from 'dexie';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { NOW, HOUR } from '#shared/domain/testing';
import type { Result } from '$lib/api/sync-api';
import { readMeta, writeMeta } from '$lib/client-db/database';
import { FINISHED_KEPT } from './finished';
import { dismiss, unsentCount } from './outbox';
import { pull } from './pull';
import { pushBatch, takeBatch } from './push';
import { syncPass } from './sync-pass';
import { emptyStorage, nextId, openDevice, type TestingDevice } from './testing-device';
import { SITE, TestingServer, uuid } from './testing-server';

const MARA = uuid(101);
const IVO = uuid(102);
const SLOT = uuid(201);
const OTHER_SLOT = uuid(202);

let server: TestingServer;

beforeEach(() => {
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  server.addSlot({ id: OTHER_SLOT, label: 'A-02' });
});

function create(slotId = SLOT, reservationId = nextId()): Intent {
  return {
    op: 'reservation.create@1',
    args: { reservationId, slotId, start: NOW + HOUR, end: NOW + 2 * HOUR },
  };
}

const pass = (device: TestingDevice, pullFirst = false) => syncPass(device.dependencies, { pullFirst });
const outbox = (device: TestingDevice) => device.db.outbox.toArray();
const rowsOf = async (device: TestingDevice, entity: string) =>
  (await device.db.rows.toArray()).filter((row) => row.entity === entity);

async function pushOnly(device: TestingDevice): Promise<void> {
  const batch = await takeBatch(device.db);
  if (batch) await pushBatch(device.dependencies, batch);
}

const everything = ({ db }: TestingDevice) =>
  Promise.all([db.rows.toArray(), db.outbox.toArray(), db.meta.toArray(), db.finished.toArray()]);

describe('sync pass', () => {
  it('K3 keeps the outbox over a restart and sends it in order', async () => {
    const storage = emptyStorage();
    server.reachable = false;
    const before = await openDevice(server, MARA, storage);
    const ids = [await before.wish(create()), await before.wish(create(OTHER_SLOT))];
    expect((await pass(before)).ok).toBe(false);
    before.db.close();

    const after = await openDevice(server, MARA, storage);
    expect((await outbox(after)).map(({ id, seq }) => [id, seq])).toEqual([
      [ids[0], 1],
      [ids[1], 2],
    ]);
    expect(await unsentCount(after.db)).toBe(2);
    server.reachable = true;
    expect((await pass(after)).ok).toBe(true);
    expect(server.pushes).toHaveLength(1);
    expect(server.pushes[0]?.map(({ id }) => id)).toEqual(ids);
  });

  it('K3 makes an applied wish a row and forgets it, keeps a refused one with alternatives until dismissed', async () => {
    const mara = await openDevice(server, MARA);
    const ivo = await openDevice(server, IVO);
    await mara.wish(create());
    await pass(mara);
    expect(await outbox(mara)).toEqual([]);
    expect(await rowsOf(mara, 'reservation')).toHaveLength(1);

    await ivo.wish(create());
    await pass(ivo);
    const [refused] = await outbox(ivo);
    expect(refused).toMatchObject({ status: 'refused', dismissed: false, outcome: { code: 'slot_taken' } });
    expect(refused?.outcome?.alternatives.map(({ label }) => label)).toEqual(['A-02']);
    await dismiss(ivo.db, refused?.seq ?? 0);
    await pass(ivo);
    expect(await outbox(ivo)).toEqual([]);
  });

  it('X2 gets the same outcomes after lost replies, and nothing twice', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    const second = await device.wish(create(OTHER_SLOT));
    server.lostReplies = 2;
    expect(await pass(device)).toEqual({ ok: false, failure: { kind: 'unreachable' } });
    expect((await outbox(device)).map(({ status }) => status)).toEqual(['sent', 'sent']);
    await pass(device);
    expect((await pass(device)).ok).toBe(true);
    expect(server.pushes.map((intents) => intents.map(({ seq }) => seq))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(server.state.reservations.size).toBe(1);
    expect(server.state.accounts.get(MARA)?.balance).toBe(47);
    expect(await outbox(device)).toMatchObject([
      { id: second, status: 'refused', outcome: { code: 'too_many_reservations' } },
    ]);
  });

  it('X2 learns outcomes by pull when the reply to the push was lost', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    await device.wish(create(OTHER_SLOT));
    server.lostReplies = 1;
    await pass(device);
    await pass(device, true);
    expect(server.pushes).toHaveLength(1);
    expect(await outbox(device)).toMatchObject([{ status: 'refused' }]);
  });

  it('K3 sends more than fifty in several pushes', async () => {
    const device = await openDevice(server, MARA);
    for (let n = 0; n < 120; n++) await device.wish(create(uuid(999)));
    await pass(device);
    expect(server.pushes.map((intents) => intents.length)).toEqual([50, 50, 20]);
    expect(await unsentCount(device.db)).toBe(0);
  });

  it('K3 keeps the outbox when everything is fetched anew', async () => {
    const device = await openDevice(server, MARA);
    await pass(device);
    await device.wish(create());
    server.state.slots.delete(OTHER_SLOT);
    server.forgetBookmarks();
    const before = await outbox(device);
    server.lostReplies = 1;
    await pass(device, true);
    expect(await rowsOf(device, 'slot')).toHaveLength(1);
    expect(await outbox(device)).toEqual([{ ...before[0], status: 'sent' }]);
  });

  it('K3 drops a scope that it may not see any more, the outbox untouched', async () => {
    const device = await openDevice(server, MARA);
    await pass(device);
    await device.wish(create());
    const { api } = device.dependencies;
    const dropping = {
      ...device.dependencies,
      api: {
        ...api,
        push: () => Promise.resolve({ ok: false as const, failure: { kind: 'unreachable' as const } }),
        pull: async (request: Parameters<typeof api.pull>[0]) => {
          const answer = await api.pull(request);
          return answer.ok
            ? { ok: true as const, value: { ...answer.value, dropScopes: [`site:${SITE}`] } }
            : answer;
        },
      },
    };
    await syncPass(dropping, { pullFirst: true });
    expect(await rowsOf(device, 'slot')).toEqual([]);
    expect(await rowsOf(device, 'account')).toHaveLength(1);
    expect(await outbox(device)).toHaveLength(1);
  });

  it('K3 keeps the queue while signed out and goes on with it afterwards', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    device.session = null;
    expect(await pass(device, true)).toEqual({ ok: false, failure: { kind: 'coded', code: 'signed_out' } });
    expect(await unsentCount(device.db)).toBe(1);
    device.session = MARA;
    expect((await pass(device, true)).ok).toBe(true);
    expect(server.state.reservations.size).toBe(1);
  });

  it('K3 sends nothing and takes nothing under another member’s session', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    device.session = IVO;
    expect(await pass(device, true)).toEqual({
      ok: false,
      failure: { kind: 'coded', code: 'client_foreign' },
    });
    expect(server.pushes).toEqual([]);
    expect(await device.db.rows.count()).toBe(0);
  });

  it('K3 takes a new clientId after a fork and sends again what is not decided, with the same ids', async () => {
    const original = await openDevice(server, MARA);
    await pass(original);
    const copy = await openDevice(server, MARA);
    // The copy of a profile: same client, same bookmark, then each goes its own way.
    await copy.db.meta.bulkPut(await original.db.meta.toArray());
    await copy.db.rows.bulkPut(await original.db.rows.toArray());
    await original.wish(create());
    await pass(original);
    const wished = await copy.wish(create(OTHER_SLOT));
    const clientId = await readMeta(copy.db, 'clientId');

    expect((await pass(copy)).ok).toBe(true);
    expect(await readMeta(copy.db, 'clientId')).not.toBe(clientId);
    expect(server.pushes.at(-1)).toMatchObject([{ seq: 1, id: wished }]);
    // One reservation at a time: the copy's wish has its own outcome, not that of the original's seq 1.
    expect(await outbox(copy)).toMatchObject([
      { id: wished, status: 'refused', outcome: { code: 'too_many_reservations' } },
    ]);
    expect(await rowsOf(copy, 'reservation')).toHaveLength(1);
  });

  it('K3 notices by pull that its seqs are in use elsewhere', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    await pass(device);
    await writeMeta(device.db, { nextSeq: 1 });
    const clientId = await readMeta(device.db, 'clientId');
    await pass(device, true);
    expect(await readMeta(device.db, 'clientId')).not.toBe(clientId);
    expect((await readMeta(device.db, 'lastSeq')) ?? -1).toBe(0);
  });

  it('K3 takes an id that was handled under the former client as handled', async () => {
    const device = await openDevice(server, MARA);
    const first = create();
    await device.wish(first);
    server.lostReplies = 1;
    await pass(device);
    const clientId = (await readMeta(device.db, 'clientId')) ?? '';
    const { becomeNewClient } = await import('./new-client');
    await becomeNewClient(device.db, clientId, nextId());
    expect(await outbox(device)).toMatchObject([{ seq: 1, status: 'waiting' }]);
    expect((await pass(device)).ok).toBe(true);
    expect(await outbox(device)).toEqual([]);
    expect(await rowsOf(device, 'reservation')).toHaveLength(1);
  });

  it('X2 shows as refused what was refused under the former client, with its alternatives', async () => {
    const [ivo, device] = [await openDevice(server, IVO), await openDevice(server, MARA)];
    await ivo.wish(create());
    await pass(ivo);
    await device.wish(create());
    server.lostReplies = 1;
    await pass(device);
    const { becomeNewClient } = await import('./new-client');
    await becomeNewClient(device.db, (await readMeta(device.db, 'clientId')) ?? '', nextId());
    expect((await pass(device)).ok).toBe(true);
    const [refused] = await outbox(device);
    expect(refused).toMatchObject({ status: 'refused', outcome: { code: 'slot_taken', seq: 1 } });
    expect(refused?.outcome?.alternatives.map(({ label }) => label)).toEqual(['A-02']);
  });

  it('K3 sends again after a gap what the server has lost, when it still has it', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    server.lostReplies = 1;
    await pass(device);
    const [row] = await outbox(device);
    // Known as applied, its rows not pulled yet; then the server is restored to before it.
    await device.db.outbox.put({ ...row!, status: 'applied' });
    server.forgetIntents((await readMeta(device.db, 'clientId')) ?? '', 0);
    server.state.reservations.clear();
    await device.wish({ op: 'reservation.cancel@1', args: { reservationId: nextId() } });
    expect((await pass(device)).ok).toBe(true);
    expect(server.pushes.at(-1)?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(server.state.reservations.size).toBe(1);
  });

  it('K3 goes on under a new clientId after a gap that cannot be filled, refused rows kept', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    await device.wish(create(OTHER_SLOT));
    await pass(device);
    await device.db.finished.clear();
    server.forgetIntents((await readMeta(device.db, 'clientId')) ?? '', 0);
    const id = await device.wish({ op: 'reservation.cancel@1', args: { reservationId: nextId() } });
    expect((await pass(device)).ok).toBe(true);
    const rows = await outbox(device);
    expect(rows).toMatchObject([
      { seq: -1, status: 'refused', outcome: { code: 'too_many_reservations' } },
      { seq: 1, id, status: 'refused', outcome: { code: 'reservation_not_found' } },
    ]);
  });

  it('K3 lets two tabs sync at once, each wish decided once', async () => {
    const storage = emptyStorage();
    const one = await openDevice(server, MARA, storage);
    const two = await openDevice(server, MARA, storage);
    await Promise.all([
      one.wish(create()),
      two.wish(create(OTHER_SLOT)),
      one.wish(create(uuid(999))),
      two.wish(create(uuid(998))),
    ]);
    expect((await outbox(one)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const results = await Promise.all([pass(one), pass(two), pass(one, true), pass(two, true)]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    await pass(one);
    expect(server.state.reservations.size).toBe(1);
    expect(server.state.accounts.get(MARA)?.balance).toBe(47);
    expect((await outbox(two)).map(({ status }) => status)).toEqual(['refused', 'refused', 'refused']);
    expect(await rowsOf(two, 'reservation')).toHaveLength(1);
  });

  it('K3 says what has expired while it waited', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create(), NOW + HOUR);
    server.now = NOW + HOUR;
    await pass(device);
    expect(await outbox(device)).toMatchObject([{ status: 'expired', outcome: { code: 'intent_expired' } }]);
  });

  it('K3 skips rows of entities it does not know, and refuses rows it cannot read', async () => {
    const device = await openDevice(server, MARA);
    const { api } = device.dependencies;
    const sending = (row: { id: string }, entity: string) => ({
      ...device.dependencies,
      api: {
        ...api,
        pull: async (request: Parameters<typeof api.pull>[0]) => {
          const answer = await api.pull(request);
          if (answer.ok) answer.value.changes[`site:${SITE}`]?.put.push({ entity, row });
          return answer;
        },
      },
    });
    const unreadable = await syncPass(sending({ id: uuid(5) }, 'slot'), { pullFirst: true });
    expect(unreadable).toEqual({ ok: false, failure: { kind: 'unreadable' } });
    expect(await device.db.rows.count()).toBe(0);
    expect((await syncPass(sending({ id: uuid(5) }, 'hovercraft'), { pullFirst: true })).ok).toBe(true);
    expect(await rowsOf(device, 'slot')).toHaveLength(2);
  });

  it.each(['protocol_unsupported', 'unavailable'])(
    'K3 loses nothing when the server says %s',
    async (code) => {
      const device = await openDevice(server, MARA);
      await device.wish(create());
      server.failWith = code;
      expect(await pass(device)).toEqual({ ok: false, failure: { kind: 'coded', code } });
      expect(await unsentCount(device.db)).toBe(1);
    },
  );

  it('K3 a pull that fails half-way has changed nothing: neither rows nor outbox nor bookmark', async () => {
    const device = await openDevice(server, MARA);
    await pass(device);
    await device.wish(create());
    await pushOnly(device);
    server.addSlot({ id: uuid(203), label: 'A-03' });
    server.forgetBookmarks();
    const before = await everything(device);
    const { rows, outbox: queue, meta, finished } = device.db;
    const steps: [Table, 'bulkPut' | 'bulkDelete'][] = [
      [rows, 'bulkPut'],
      [queue, 'bulkPut'],
      [queue, 'bulkDelete'],
      [finished, 'bulkPut'],
      [meta, 'bulkPut'],
    ];
    for (const [table, method] of steps) {
      const failing = vi.spyOn(table, method).mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      const result = await pull(device.dependencies);
      failing.mockRestore();
      expect(result).toEqual({ ok: false, failure: { kind: 'coded', code: 'storage_full' } });
      expect(await everything(device)).toEqual(before);
    }
    await pass(device, true);
    expect(await rowsOf(device, 'slot')).toHaveLength(3);
    expect(await outbox(device)).toEqual([]);
  });

  it('K3 asks a server that was rolled back to before this build in words it knows', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    const { api } = device.dependencies;
    const known = new Set(['proto', 'build', 'clientId', 'cookie', 'intents']);
    const strict = <R extends object, T>(ask: (request: R) => Promise<Result<T>>) => {
      return (request: R): Promise<Result<T>> =>
        Object.keys(request).every((key) => known.has(key))
          ? ask(request)
          : Promise.resolve({ ok: false, failure: { kind: 'coded', code: 'request_invalid' } });
    };
    const older = { ...api, push: strict(api.push), pull: strict(api.pull) };
    const result = await syncPass({ ...device.dependencies, api: older }, { pullFirst: true });
    expect(result.ok).toBe(true);
    expect(server.state.reservations.size).toBe(1);
  });

  it('K3 keeps what is confirmed for a week, in case the server is restored from a backup', async () => {
    const device = await openDevice(server, MARA);
    const id = await device.wish(create());
    await pass(device);
    expect(await device.db.finished.toArray()).toMatchObject([{ id, seq: 1, finishedAt: NOW }]);
    server.now += FINISHED_KEPT + 1;
    await device.wish({ op: 'reservation.cancel@1', args: { reservationId: nextId() } });
    await pass(device);
    await device.wish({ op: 'share.open@1', args: { slotId: SLOT, start: NOW, end: NOW + HOUR } });
    await pass(device);
    // Only an applied one is kept, and it makes room.
    const applied = create(OTHER_SLOT);
    await device.wish({
      ...applied,
      args: { ...applied.args, start: server.now + HOUR, end: server.now + 2 * HOUR },
    } as Intent);
    await pass(device);
    expect((await device.db.finished.toArray()).map((row) => row.id)).not.toContain(id);
  });

  it('K3 X2 sends again what a restored server has forgotten, the seqs in between being gone', async () => {
    const device = await openDevice(server, MARA);
    await device.wish(create());
    await device.wish(create(OTHER_SLOT));
    await pass(device);
    const [refused] = await outbox(device);
    await dismiss(device.db, refused?.seq ?? 0);
    await pass(device);
    const clientId = (await readMeta(device.db, 'clientId')) ?? '';
    server.forgetIntents(clientId, 0);
    server.forgetBookmarks();
    server.state.reservations.clear();
    expect((await pass(device, true)).ok).toBe(true);
    // Seq 2 was refused and read: it is not asked for again, so a new client begins.
    expect(await readMeta(device.db, 'clientId')).not.toBe(clientId);
    expect(server.state.reservations.size).toBe(1);
    expect(await rowsOf(device, 'reservation')).toHaveLength(1);
    expect(await outbox(device)).toEqual([]);
  });

  it('K3 X2 sends again what was applied before any pull had it, with nothing queued behind', async () => {
    const device = await openDevice(server, MARA);
    await pass(device);
    await device.wish(create());
    await pushOnly(device);
    server.forgetIntents((await readMeta(device.db, 'clientId')) ?? '', 0);
    server.forgetBookmarks();
    server.state.reservations.clear();
    expect((await pass(device)).ok).toBe(true);
    expect(server.state.reservations.size).toBe(1);
    expect(await rowsOf(device, 'reservation')).toHaveLength(1);
    expect(await outbox(device)).toEqual([]);
  });

  it('X3 sends a granted lease again with what was booked on it, long after its own wish would have lapsed', async () => {
    const device = await openDevice(server, MARA);
    const reservationId = nextId();
    const args = { reservationId, slotId: SLOT, start: NOW + HOUR, end: NOW + 2 * HOUR };
    await device.wish({ op: 'reservation.lease@1', args }, NOW + 120_000);
    await pass(device);
    await device.wish({ op: 'reservation.confirm@1', args: { reservationId } });
    await pass(device);
    expect(server.state.reservations.get(reservationId)?.state).toBe('confirmed');
    server.forgetIntents((await readMeta(device.db, 'clientId')) ?? '', 0);
    server.forgetBookmarks();
    server.state.reservations.clear();
    server.now += 600_000;
    expect((await pass(device, true)).ok).toBe(true);
    expect(server.state.reservations.get(reservationId)?.state).toBe('confirmed');
  });

  it('K3 goes on predicting what is applied until the load that has its rows is over', async () => {
    const device = await openDevice(server, MARA);
    const id = await device.wish(create());
    await pushOnly(device);
    expect(await outbox(device)).toMatchObject([{ id, status: 'applied' }]);
    server.pageRows = 2;
    await pull(device.dependencies);
    expect(await rowsOf(device, 'reservation')).toEqual([]);
    expect(await outbox(device)).toMatchObject([{ id, status: 'applied' }]);
    await pass(device);
    expect(await rowsOf(device, 'reservation')).toHaveLength(1);
    expect(await outbox(device)).toEqual([]);
  });

  it('K4 asks for less at a time on a line on which a first load does not come through, and for more again when it does', async () => {
    const device = await openDevice(server, MARA);
    const asked: (number | undefined)[] = [];
    const { api } = device.dependencies;
    let [now, patience] = [NOW, 15_000];
    const watched = {
      ...device.dependencies,
      clock: { now: () => now },
      api: {
        ...api,
        pull: (request: Parameters<typeof api.pull>[0]) => {
          asked.push(request.pages);
          if (!server.reachable) now += patience;
          return api.pull(request);
        },
      },
    };
    server.pageRows = 2;
    server.reachable = false;
    for (let n = 0; n < 5; n++) await pull(watched);
    server.reachable = true;
    for (let n = 0; n < 5; n++) await pull(watched);
    expect(asked).toEqual([1000, 500, 250, 125, 125, 125, 250, 500, 1000, 1000]);
    // A network that is gone says so at once, and nothing about the line.
    [server.reachable, patience] = [false, 100];
    for (let n = 0; n < 2; n++) await pull(watched);
    expect(asked.slice(-2)).toEqual([1000, 1000]);
  });

  it('D1 drops what a site has shown when the server knows no membership any more, and keeps the queue', async () => {
    const device = await openDevice(server, MARA);
    await pass(device);
    await device.wish(create());
    server.failWith = 'no_site';
    for (const pullFirst of [true, false]) {
      expect(await pass(device, pullFirst)).toEqual({
        ok: false,
        failure: { kind: 'coded', code: 'no_site' },
      });
      expect(await device.db.rows.count()).toBe(0);
      expect(await readMeta(device.db, 'asOf')).toBeUndefined();
      expect(await unsentCount(device.db)).toBe(1);
    }
    server.failWith = null;
    expect((await pass(device, true)).ok).toBe(true);
    expect(server.state.reservations.size).toBe(1);
  });
});
