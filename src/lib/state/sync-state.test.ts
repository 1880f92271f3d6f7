import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { type TestingServer, uuid } from '$lib/sync/testing-server';
import { MARA, SLOT, TestingApps, testingBuilding } from './testing-apps';
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

describe('the copy on this device', () => {
  it('pauses when signed out at the server, keeps the queue and goes on after signing in again', async () => {
    const { app, profile } = await signedIn(MARA);
    profile.session = null;
    await app.reservations.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(app.sync.connection).toBe('paused'));
    expect(app.outbox.waitingCount).toBe(1);
    await app.session.signedIn(profile.signIn(MARA));
    await vi.waitFor(() => expect([app.sync.connection, app.outbox.waitingCount]).toEqual(['online', 0]));
    expect(server.state.reservations.size).toBe(1);
  });

  it('asks for an update when the server does not take this build, and keeps the queue', async () => {
    const { app } = await signedIn(MARA);
    server.failWith = 'protocol_unsupported';
    await app.reservations.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(app.sync.connection).toBe('update_needed'));
    expect(app.outbox.waitingCount).toBe(1);
  });

  it('K4 pulls when poked', async () => {
    const { app } = await signedIn(MARA);
    server.addSlot({ id: uuid(204), label: 'A-04' });
    server.poke();
    await vi.waitFor(() => expect(app.slots.all.map(({ label }) => label)).toContain('A-04'));
  });

  it('K4 shows a first load as it comes, says how far it is, and refuses nothing by half a copy', async () => {
    // The site, its three slots, what is lent of an own one, and the member; the account is still to come.
    server.pageRows = 6;
    server.pullsLeft = 1;
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    await app.session.signedIn(profile.signIn(MARA));
    await vi.waitFor(() => expect([app.sync.connection, app.sync.loading?.loaded]).toEqual(['offline', 6]));
    await vi.waitFor(() => expect(app.site?.name).toBe('Test'));
    expect([app.sync.loaded, app.sync.asOf, app.sync.has('member'), app.sync.has('site')]).toEqual([
      false,
      null,
      true,
      false,
    ]);
    expect(app.slots.all.length).toBeGreaterThan(0);
    // Nothing here knows of it, which proves nothing.
    await app.reservations.cancel(uuid(900));
    expect(app.outbox.waitingCount).toBe(1);

    server.pullsLeft = Infinity;
    await app.sync.run();
    await vi.waitFor(() =>
      expect([app.sync.loading, app.sync.loaded, app.sync.has('site')]).toEqual([null, true, true]),
    );
    expect(app.sync.asOf).toBe(NOW);
    await expect(app.reservations.cancel(uuid(901))).rejects.toMatchObject({ code: 'reservation_not_found' });
  });
});
