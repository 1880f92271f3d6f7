import { expect, vi } from 'vitest';
import { NOW } from '#shared/domain/testing';
import { DeviceDatabase } from '$lib/client-db/database';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

export const MARA = uuid(101);
export const IVO = uuid(102);
/** A guard. */
export const PETRA = uuid(103);
/** A manager. */
export const MAX = uuid(104);
export const SLOT = uuid(201);
export const OTHER_SLOT = uuid(202);
/** Mara's. */
export const OWN_SLOT = uuid(203);

/** A server with these members and slots. */
export function testingBuilding(): TestingServer {
  const server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
  server.addMember({ id: PETRA, role: 'guard', name: 'Petra' });
  server.addMember({ id: MAX, role: 'manager', name: 'Max' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  server.addSlot({ id: OTHER_SLOT, label: 'A-02' });
  server.addSlot({ id: OWN_SLOT, label: 'A-03', ownerId: MARA, ownerName: 'Mara' });
  return server;
}

/** The apps of one test, closed together. */
export class TestingApps {
  readonly #apps: App[] = [];

  constructor(readonly server: TestingServer) {}

  /** One that has started over the profile. */
  async launch(profile = new TestingProfile(this.server)): Promise<App> {
    const app = new App(profile.platform());
    this.#apps.push(app);
    await app.start();
    return app;
  }

  /** One in which the member has signed in, and which has pulled since. */
  async signedIn(
    memberId: string,
    profile = new TestingProfile(this.server),
  ): Promise<{ app: App; profile: TestingProfile }> {
    const app = await this.launch(profile);
    await app.session.signedIn(profile.signIn(memberId));
    // The first of a file loads the sync code, which takes its time on a busy machine.
    await vi.waitFor(
      () => expect([app.sync.loaded, app.sync.connection, app.site?.name]).toEqual([true, 'online', 'Test']),
      5_000,
    );
    const isGuard = this.server.state.members.get(memberId)?.role === 'guard';
    if (!isGuard) await vi.waitFor(() => expect(this.server.state.holderKeys.size).toBeGreaterThan(0));
    await app.sync.run();
    return { app, profile };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => app.stop()));
  }
}

/** As on a device whose disk is full: every transaction that writes to one of these tables fails. */
export function fill(...tables: string[]) {
  const untouched = DeviceDatabase.prototype.transaction as (...all: unknown[]) => unknown;
  const refusing = function (this: DeviceDatabase, mode: string, ...rest: unknown[]): unknown {
    const used = rest.flat().flatMap((table) => (table as { name?: string }).name ?? []);
    if (mode === 'rw' && used.some((name) => tables.includes(name)))
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    return untouched.call(this, mode, ...rest);
  };
  return vi.spyOn(DeviceDatabase.prototype, 'transaction').mockImplementation(refusing as never);
}

/** As when the browser cannot open its database process. */
export function breakStorage(profile: TestingProfile) {
  return vi.spyOn(profile.storage.indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('Internal error opening backing store', 'UnknownError');
  });
}
