import { Dexie, type DexieOptions } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { SyncApi } from '$lib/api/sync-api';
import type { Intent } from '#shared/domain/intent';
import { DeviceDatabase } from '$lib/client-db/database';
import type { EngineDependencies } from './dependencies';
import { enqueue, ensureClient } from './outbox';
import { uuid, type TestingServer } from './testing-server';

// Live queries run only where Dexie finds an IndexedDB by itself; each database here brings its own all the same.
Dexie.dependencies.indexedDB = new IDBFactory();

/** What a browser profile keeps. */
export interface TestingStorage extends DexieOptions {
  readonly indexedDB: IDBFactory;
}

/** A new empty IndexedDB. Dexie's cache goes by the database's name, so it would mix up two profiles in one process. */
export function emptyStorage(): TestingStorage {
  return { indexedDB: new IDBFactory(), IDBKeyRange, cache: 'disabled' };
}

let ids = 0;

/** A UUID that no other call returns. */
export function nextId(): string {
  return uuid(++ids);
}

export interface TestingDevice {
  readonly db: DeviceDatabase;
  readonly dependencies: EngineDependencies;
  /** Who the server takes this device for; null is signed out. */
  session: string | null;
  wish(intent: Intent, expiresAt?: number | null): Promise<string>;
}

/** Where a device's calls go and what its clock says, milliseconds since 1970. */
export interface Surroundings {
  readonly api: SyncApi;
  now(): number;
}

/** A member's device over `storage` at any server. */
export async function deviceOver(
  memberId: string,
  { api, now }: Surroundings,
  storage = emptyStorage(),
): Promise<Omit<TestingDevice, 'session'>> {
  const db = new DeviceDatabase(memberId, storage);
  await ensureClient(db, nextId);
  return {
    db,
    dependencies: {
      db,
      api,
      clock: { now },
      newId: nextId,
      build: 'test',
      memberId,
      isCurrent: () => true,
      locks: { alone: (_name, work) => work() },
      random: () => 0.5,
      after: () => () => undefined,
    },
    async wish(intent, expiresAt = null) {
      const id = nextId();
      await enqueue(db, { intent, id, deviceTime: now(), expiresAt });
      return id;
    },
  };
}

/** A member's device over `storage`; two over the same storage are two tabs, or one before and after a restart. */
export async function openDevice(
  server: TestingServer,
  memberId: string,
  storage = emptyStorage(),
): Promise<TestingDevice> {
  const session: { of: string | null } = { of: memberId };
  const surroundings = { api: server.api(() => session.of), now: () => server.now };
  const device = await deviceOver(memberId, surroundings, storage);
  return {
    ...device,
    get session() {
      return session.of;
    },
    set session(of) {
      session.of = of;
    },
  };
}
