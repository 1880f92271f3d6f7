import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestingServer } from '$lib/sync/testing-server';
import { breakStorage, MARA, TestingApps, testingBuilding } from './testing-apps';
import { TestingProfile } from './testing-platform';

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

describe('the start of the app', () => {
  it('K7 says that the storage does not answer instead of starting for ever, and starts when it does', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    const broken = breakStorage(profile);
    const again = await launch(profile);
    expect([again.session.phase, again.storage.failure]).toEqual(['storage_failed', 'storage_failed']);
    await again.start();
    expect(again.session.phase).toBe('storage_failed');
    broken.mockRestore();
    await again.start();
    expect([again.session.phase, again.storage.failure]).toEqual(['signed_in', null]);
    await vi.waitFor(() => expect(again.sync.connection).toBe('online'));
    expect(profile.surroundings).toHaveLength(1);
  });

  it('K7 says at the start that the device is full', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    vi.spyOn(profile.storage.indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const again = await launch(profile);
    expect([again.session.phase, again.storage.failure]).toEqual(['storage_failed', 'storage_full']);
  });

  it('K7 starts with an error screen and not never when something else is broken, which can be seen', async () => {
    const seen = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const profile = new TestingProfile(server);
    vi.spyOn(profile.record, 'read').mockImplementation(() => {
      throw new TypeError('a bug');
    });
    expect((await launch(profile)).session.phase).toBe('storage_failed');
    expect(seen).toHaveBeenCalledOnce();
  });
});
