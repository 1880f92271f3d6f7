import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { HOUR, NOW } from '#shared/domain/testing';
import type { TestingServer } from '$lib/sync/testing-server';
import { MARA, SLOT, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';
const WINDOW = [NOW + HOUR, NOW + 2 * HOUR] as const;

let server: TestingServer;
let apps: TestingApps;
const launch = (profile: TestingProfile) => apps.launch(profile);
const signedIn = (memberId: string, profile?: TestingProfile) => apps.signedIn(memberId, profile);

beforeEach(() => {
  server = testingBuilding();
  apps = new TestingApps(server);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await apps.stop();
});

describe('a storage that the browser has thrown away', () => {
  it('X4 says that the storage was evicted and how many wishes were lost, and goes on when told to', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reservations.reserve(SLOT, ...WINDOW);
    await app.stop();
    profile.storage = { ...profile.storage, indexedDB: new IDBFactory() };

    const again = await launch(profile);
    expect([again.session.phase, again.eviction.unsent]).toEqual(['evicted', 1]);
    server.reachable = true;
    profile.lockOf = MARA;
    await again.eviction.recover();
    expect(again.session.phase).toBe('signed_in');
    // K6: nobody has been asked who they are.
    expect(profile.lockOf).toBe(MARA);
    await vi.waitFor(() => expect(again.sync.loaded).toBe(true));
    expect(again.eviction.unsent).toBe(0);
  });

  it('X4 notices an eviction that took the record along, by the canary alone', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    profile.record.write(null);
    profile.storage = { ...profile.storage, indexedDB: new IDBFactory() };
    expect((await launch(profile)).session.phase).toBe('evicted');
  });
});
