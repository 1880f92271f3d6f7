import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { type TestingServer, uuid } from '$lib/sync/testing-server';
import { IVO, MARA, SLOT, TestingApps, testingBuilding } from './testing-apps';
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

describe('signing in and out', () => {
  it('tells how many wishes are unsent before it signs out, then wipes everything', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reservations.reserve(SLOT, ...WINDOW);
    expect(await app.session.signOut({ force: false })).toEqual({ done: false, unsent: 1 });
    expect(app.session.phase).toBe('signed_in');
    expect(await app.session.signOut({ force: true })).toEqual({ done: true, unsent: 1 });
    expect([app.session.phase, app.reservations.all, app.session.identity]).toEqual(['signed_out', [], null]);
    expect([profile.record.read(), profile.canary.read()]).toEqual([null, null]);
    expect((await profile.storage.indexedDB.databases()).map(({ name }) => name)).not.toContain(
      `undercroft-${MARA}`,
    );

    // The server had not heard of it: the next start tells it first and lets nobody in.
    expect(profile.session).toBe(MARA);
    server.reachable = true;
    await app.stop();
    const again = await launch(profile);
    await vi.waitFor(() => expect(profile.session).toBeNull());
    expect(again.session.phase).toBe('signed_out');
  });

  it('keeps one database per member and the queue of who was here before', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reservations.reserve(SLOT, ...WINDOW);
    await app.session.signedIn(profile.signIn(IVO));
    expect([app.session.identity?.memberId, app.outbox.wishes]).toEqual([IVO, []]);
    await app.session.signedIn(profile.signIn(MARA));
    expect(app.outbox.waitingCount).toBe(1);
  });

  it('K6 the app lock stays through a sign-in of its own person, and goes with another’s and with a sign-out', async () => {
    const { app, profile } = await signedIn(MARA);
    profile.lockOf = MARA;
    await app.session.signedIn(profile.signIn(MARA));
    expect(profile.lockOf).toBe(MARA);
    await app.session.signedIn(profile.signIn(IVO));
    expect(profile.lockOf).toBeNull();

    profile.lockOf = IVO;
    await app.session.signOut({ force: true });
    expect(profile.lockOf).toBeNull();
  });

  it('B4 this browser is woken for who has signed in, and for nobody after a sign-out, also without signal', async () => {
    const { app, profile } = await signedIn(MARA);
    expect(profile.pushFor).toBe(MARA);
    profile.pushFor = null;
    await app.session.signedIn(profile.signIn(MARA));
    expect(profile.pushFor).toBe(MARA);
    server.reachable = false;
    await app.session.signOut({ force: true });
    expect(profile.pushFor).toBeNull();
  });

  it('needs a site to sign in', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    const user = { id: uuid(1), email: 'a@example.org', name: 'A', isAdministrator: false };
    await expect(
      app.session.signedIn({ user, member: null, registrationOpen: true, verifiedAt: null }),
    ).rejects.toMatchObject({
      code: 'no_site',
    });
    expect(app.session.phase).toBe('signed_out');
  });
});
