import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { NOW, HOUR } from '#shared/domain/testing';
import type { PokeListener } from '$lib/api/sync-api';
import type { StorageProblem } from '$lib/client-db/connection-lost';
import type { ConnectionState } from './connection';
import { unsentCount } from './outbox';
import { createSyncEngine, type SyncEngine } from './sync-engine';
import { nextId, openDevice, type TestingDevice } from './testing-device';
import { SITE, TestingServer, uuid } from './testing-server';

const MARA = uuid(101);
const SLOT = uuid(201);
const MINUTE = 60_000;

let server: TestingServer;
let device: TestingDevice;
let connections: ConnectionState[];
let problems: (StorageProblem | null)[];
/** What waits for its time, with how long; what was cancelled is not here. */
let timers: { milliseconds: number; work: () => void }[];
let engine: SyncEngine;

beforeEach(async () => {
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  device = await openDevice(server, MARA);
  [connections, problems, timers] = [[], [], []];
  engine = createSyncEngine(
    { ...device.dependencies, after: laterTimer },
    { onConnection: (state) => connections.push(state), onStorage: (problem) => problems.push(problem) },
  );
});

function laterTimer(milliseconds: number, work: () => void): () => void {
  const timer = { milliseconds, work };
  timers.push(timer);
  return () => void (timers = timers.filter((other) => other !== timer));
}

afterEach(async () => {
  vi.restoreAllMocks();
  await engine.stop();
  device.db.close();
});

const wish: Intent = {
  op: 'reservation.create@1',
  args: { reservationId: nextId(), slotId: SLOT, start: NOW + HOUR, end: NOW + 2 * HOUR },
};

/** As when the disk has no room for what a pull brings. */
function fill() {
  return vi.spyOn(device.db.rows, 'bulkPut').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
}

/** Every use of the table `outbox` fails in this way. */
function breakOutbox(name: string) {
  return vi.spyOn(device.db.outbox, 'where').mockImplementation(() => {
    throw Object.assign(new Error('broken'), { name });
  });
}

describe('sync engine', () => {
  it('K3 goes on after a pass that the storage has broken, with back-off, and says why', async () => {
    await engine.sync();
    const full = breakOutbox('QuotaExceededError');
    await device.wish(wish);
    await engine.sync();
    await engine.sync();
    expect([connections.at(-1), problems.at(-1)]).toEqual(['offline', 'storage_full']);
    // Half of the most that it may be after two failures: `random` says 0.5.
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([1000]);

    full.mockRestore();
    timers[0]?.work();
    await vi.waitFor(() => expect(connections.at(-1)).toBe('online'));
    expect([problems.at(-1), await unsentCount(device.db)]).toEqual([null, 0]);
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([MINUTE]);
  });

  it('K2 an answer to what was asked before the network went does not say that it is there', async () => {
    await engine.sync();
    const { api } = device.dependencies;
    const pull = api.pull.bind(api);
    let letThrough = (): void => undefined;
    const isLet = new Promise<void>((resolve) => (letThrough = resolve));
    const pulling = vi.spyOn(api, 'pull').mockImplementationOnce(async (...args) => {
      await isLet;
      return pull(...args);
    });
    const under = engine.sync();
    await vi.waitFor(() => expect(pulling).toHaveBeenCalledOnce());
    engine.networkChanged(false);
    letThrough();
    await under;
    expect(connections.at(-1)).toBe('offline');
    // Not for long, where the browser was wrong.
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([1000]);
    timers[0]?.work();
    await vi.waitFor(() => expect(connections.at(-1)).toBe('online'));
  });

  it('B10 a call that a new token has overtaken is refused once, and repeated after a second', async () => {
    await engine.sync();
    server.failWith = 'signed_out';
    await engine.sync();
    expect([connections.at(-1), timers.map(({ milliseconds }) => milliseconds)]).toEqual(['paused', [1000]]);
    await engine.sync();
    // Not for ever: who is really signed out is asked about once a minute.
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([MINUTE]);
    server.failWith = null;
    timers[0]?.work();
    await vi.waitFor(() => expect(connections.at(-1)).toBe('online'));
  });

  it('K3 sends what waits although the first pull finds no room', async () => {
    fill();
    await device.wish(wish);
    await engine.sync();
    expect(server.state.reservations.size).toBe(1);
    expect(await unsentCount(device.db)).toBe(0);
    expect([connections.at(-1), problems.at(-1)]).toEqual(['offline', 'storage_full']);
  });

  it('K3 sends what waits on a full device also when everything must be fetched anew', async () => {
    await engine.sync();
    server.forgetBookmarks();
    engine.networkChanged(false);
    fill();
    vi.spyOn(device.db.meta, 'bulkPut').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await device.db.outbox.add({
      ...{ ...wish, seq: 1, id: nextId(), deviceTime: NOW, expiresAt: null, status: 'waiting' },
      ...{ outcome: null, dismissed: false },
    });
    await engine.sync();
    expect(server.state.reservations.size).toBe(1);
  });

  it('K3 sends nothing on a full device under another member’s session', async () => {
    const IVO = uuid(102);
    server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
    fill();
    await device.wish(wish);
    device.session = IVO;
    await engine.sync();
    expect([server.pushes, connections.at(-1)]).toEqual([[], 'paused']);
  });

  it('X4 opens a database again whose connection was lost', async () => {
    const { where } = device.db.outbox;
    const lost = breakOutbox('UnknownError');
    const open = vi.spyOn(device.db, 'open').mockImplementationOnce(() => {
      lost.mockImplementation(where.bind(device.db.outbox));
      open.mockRestore();
      return device.db.open();
    });
    await device.wish(wish);
    await engine.sync();
    expect([connections.at(-1), problems.at(-1), await unsentCount(device.db)]).toEqual(['online', null, 0]);
  });

  it('K3 tries again after a bug, which can be seen', async () => {
    const seen = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    breakOutbox('TypeError');
    await engine.sync();
    expect([connections.at(-1), problems]).toEqual(['offline', []]);
    expect(seen).toHaveBeenCalledOnce();
    expect(timers).toHaveLength(1);
  });

  it('K4 is not kept from syncing by a tab that was put to sleep in the middle of a pass', async () => {
    await device.wish(wish);
    // What `alone` waits for is the other tab's lock.
    const asleep = new Promise<never>(() => undefined);
    const waiting = createSyncEngine(
      { ...device.dependencies, after: laterTimer, locks: { alone: () => asleep } },
      { onConnection: (state) => connections.push(state), onStorage: () => undefined },
    );
    const done = waiting.sync();
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([20_000]);
    timers[0]?.work();
    await done;
    expect([await unsentCount(device.db), connections.at(-1)]).toEqual([0, 'online']);
    await waiting.stop();
  });

  it('K4 makes one pass more for what happens during a pass, however often', async () => {
    let release: () => void = () => undefined;
    let pulls = 0;
    const { api } = device.dependencies;
    const slow = {
      ...api,
      pull: async (request: Parameters<typeof api.pull>[0]) => {
        if (++pulls === 1) await new Promise<void>((resolve) => (release = resolve));
        return api.pull(request);
      },
    };
    const slowEngine = createSyncEngine(
      { ...device.dependencies, api: slow, after: laterTimer },
      { onConnection: () => undefined, onStorage: () => undefined },
    );
    slowEngine.start();
    await vi.waitFor(() => expect(pulls).toBe(1));
    for (let n = 0; n < 5; n++) server.poke();
    // One timer for all of them, within a quarter of a second.
    const jitters = timers.filter(({ milliseconds }) => milliseconds <= 250);
    expect(jitters.map(({ milliseconds }) => milliseconds)).toEqual([125]);
    jitters[0]?.work();
    server.addSlot({ id: uuid(300), label: 'Z-01' });
    release();
    await vi.waitFor(async () => expect(await device.db.rows.count()).toBeGreaterThan(3));
    await slowEngine.stop();
    expect(pulls).toBe(2);
  });

  it('K4 passes after every connection of the stream, and connects again later and later', async () => {
    const listeners: PokeListener[] = [];
    const { api } = device.dependencies;
    const listen = (listener: PokeListener) => {
      listeners.push(listener);
      return () => undefined;
    };
    const listening = createSyncEngine(
      { ...device.dependencies, api: { ...api, listen }, after: laterTimer },
      { onConnection: () => undefined, onStorage: () => undefined },
    );
    listening.start();
    await listening.sync();
    const pauses: number[] = [];
    for (let n = 0; n < 8; n++) {
      timers = [];
      listeners.at(-1)?.onEnd({ kind: 'unreachable' });
      pauses.push(timers[0]?.milliseconds ?? -1);
      timers[0]?.work();
    }
    expect(listeners).toHaveLength(9);
    // Half a second, and half of what the back-off may be: 1 s, doubled with each failure, a minute at most.
    expect(pauses).toEqual([1000, 1500, 2500, 4500, 8500, 16_500, 30_500, 30_500]);

    server.addSlot({ id: uuid(300), label: 'Z-01' });
    timers = [];
    listeners.at(-1)?.onPoke({ scopes: [] });
    timers.find(({ milliseconds }) => milliseconds === 125)?.work();
    const isThere = async () => (await device.db.rows.get([`site:${SITE}`, 'slot', uuid(300)])) !== undefined;
    await vi.waitFor(async () => expect(await isThere()).toBe(true));
    await listening.stop();
  });

  it('K4 listens again when a stream was refused and passes go through, and waits out its pause when it broke', async () => {
    const listeners: PokeListener[] = [];
    const { api } = device.dependencies;
    const listen = (listener: PokeListener) => {
      listeners.push(listener);
      return () => undefined;
    };
    const listening = createSyncEngine(
      { ...device.dependencies, api: { ...api, listen }, after: laterTimer },
      { onConnection: () => undefined, onStorage: () => undefined },
    );
    listening.start();
    await listening.sync();
    // As after a change of role: the stream ends, the session is good.
    listeners.at(-1)?.onEnd({ kind: 'coded', code: 'signed_out' });
    expect(listeners).toHaveLength(1);
    await listening.sync();
    expect(listeners).toHaveLength(2);
    listeners.at(-1)?.onEnd({ kind: 'unreachable' });
    await listening.sync();
    expect(listeners).toHaveLength(2);
    await listening.stop();
  });

  it('D1 says that the member has left the site, and goes on when taken in again', async () => {
    await engine.sync();
    server.failWith = 'no_site';
    await device.wish(wish);
    await engine.sync();
    expect([connections.at(-1), await unsentCount(device.db)]).toEqual(['left', 1]);
    server.failWith = null;
    await engine.sync();
    expect([connections.at(-1), await unsentCount(device.db)]).toEqual(['online', 0]);
  });
});
