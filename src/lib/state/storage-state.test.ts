import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { DeviceDatabase } from '$lib/client-db/database';
import type { TestingServer } from '$lib/sync/testing-server';
import { fill, IVO, MARA, SLOT, TestingApps, testingBuilding } from './testing-apps';
import { TestingProfile } from './testing-platform';
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

describe('the storage of this device', () => {
  it('says that the device is full instead of losing a wish', async () => {
    const { app } = await signedIn(MARA);
    const full = vi.spyOn(DeviceDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await expect(app.reservations.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({ code: 'storage_full' });
    full.mockRestore();
    expect(app.storage.quotaProblem).toBe(true);
    await app.reservations.reserve(SLOT, ...WINDOW);
    expect(app.storage.quotaProblem).toBe(false);
  });

  it('K3 sends what waits from a device that is full at a cold start, and says that it is full', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reservations.reserve(SLOT, ...WINDOW);
    await app.stop();
    server.reachable = true;
    const full = fill('rows', 'decisions');
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.quotaProblem).toBe(true));
    expect(server.state.reservations.size).toBe(1);
    full.mockRestore();
    await again.sync.run();
    expect([again.storage.quotaProblem, again.sync.connection]).toEqual([false, 'online']);
  });

  it('X4 refuses a sign-in that a full device cannot keep, and takes it for no eviction afterwards', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    const full = fill('meta');
    await expect(app.session.signedIn(profile.signIn(MARA))).rejects.toMatchObject({ code: 'storage_full' });
    expect([app.session.phase, app.storage.quotaProblem, profile.record.read()]).toEqual([
      'signed_out',
      true,
      null,
    ]);
    await app.stop();

    // Its session is good, so the next start tries to sign in too, and is refused as well.
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.quotaProblem).toBe(true));
    expect(again.session.phase).toBe('signed_out');
    full.mockRestore();
    await again.session.signedIn(profile.signIn(MARA));
    expect([again.session.phase, profile.record.read()?.memberId]).toEqual(['signed_in', MARA]);
    expect(profile.canary.read()).toBe(`${MARA}:0`);
  });

  it('X4 refuses a sign-in that cannot be noted outside the database', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    vi.spyOn(profile.record, 'write').mockImplementation(() => {
      throw new DOMException('blocked', 'SecurityError');
    });
    await expect(app.session.signedIn(profile.signIn(MARA))).rejects.toMatchObject({
      code: 'storage_failed',
    });
    expect(app.session.phase).toBe('signed_out');
  });

  it('keeps who is here when somebody else’s sign-in could not be kept', async () => {
    const { app, profile } = await signedIn(MARA);
    const full = fill('meta');
    await expect(app.session.signedIn(profile.signIn(IVO))).rejects.toMatchObject({ code: 'storage_full' });
    full.mockRestore();
    expect([app.session.phase, app.session.identity?.memberId, profile.record.read()?.memberId]).toEqual([
      'signed_in',
      MARA,
      MARA,
    ]);
  });

  it('knows after a restart whether the browser keeps the storage', async () => {
    const { app, profile } = await signedIn(MARA);
    await vi.waitFor(() => expect(app.storage.persisted).toBe(true));
    await app.stop();
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.persisted).toBe(true));
    expect(profile.timesAskedToPersist).toBe(1);
  });
});
