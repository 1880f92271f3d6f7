import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { NOW, HOUR } from '#shared/domain/testing';
import type { StorageProblem } from '$lib/client-db/connection-lost';
import type { ConnectionState } from './connection';
import { unsentCount } from './outbox';
import { createSyncEngine, type SyncEngine } from './sync-engine';
import { nextId, openDevice, type TestingDevice } from './testing-device';
import { TestingServer, uuid } from './testing-server';

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
  const after = (milliseconds: number, work: () => void) => {
    const timer = { milliseconds, work };
    timers.push(timer);
    return () => void (timers = timers.filter((other) => other !== timer));
  };
  engine = createSyncEngine(
    { ...device.dependencies, after },
    { onConnection: (state) => connections.push(state), onStorage: (problem) => problems.push(problem) },
  );
});

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

  it('sends nothing on a full device under another member’s session', async () => {
    const IVO = uuid(102);
    server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
    fill();
    await device.wish(wish);
    device.session = IVO;
    await engine.sync();
    expect([server.pushes, connections.at(-1)]).toEqual([[], 'paused']);
  });

  it('opens a database again whose connection was lost', async () => {
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

  it('tries again after a bug, which can be seen', async () => {
    const seen = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    breakOutbox('TypeError');
    await engine.sync();
    expect([connections.at(-1), problems]).toEqual(['offline', []]);
    expect(seen).toHaveBeenCalledOnce();
    expect(timers).toHaveLength(1);
  });
});
