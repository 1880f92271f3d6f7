import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { SITE, TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

/** One person's members at two sites, and somebody else's. */
const HERE = uuid(101);
const THERE = uuid(102);
const IVO = uuid(103);
const SLOT = uuid(201);
const OTHER_SITE = uuid(301);

let server: TestingServer;
let profile: TestingProfile;
let app: App;

beforeEach(async () => {
  server = new TestingServer(NOW);
  for (const id of [HERE, THERE, IVO]) server.addMember({ id, role: 'resident', name: 'Mara' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  profile = new TestingProfile(server);
  for (const id of [HERE, THERE]) profile.userIds.set(id, uuid(1));
  profile.siteIds.set(THERE, OTHER_SITE);
  app = new App(profile.platform());
  await app.start();
  await app.session.signedIn(profile.signIn(HERE));
  await online();
});
afterEach(() => app.stop());

const online = () =>
  vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']), 5_000);

async function wishWithoutSignal(): Promise<void> {
  server.reachable = false;
  await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
  await app.sync.run();
}

async function goTo(memberId: string): Promise<void> {
  await app.session.changeSite(() => Promise.resolve(profile.signIn(memberId)));
  server.reachable = true;
  await online();
  await app.sync.run();
}

describe('one account in several sites', () => {
  it('A1 K3 keeps what waits for the former site, and sends it once back there', async () => {
    await wishWithoutSignal();
    await goTo(THERE);
    expect([app.session.identity?.memberId, app.outbox.waitingCount, server.state.reservations.size]).toEqual(
      [THERE, 0, 0],
    );
    await expect(app.session.unsentOf(HERE)).resolves.toBe(1);
    await goTo(HERE);
    expect([app.session.identity?.memberId, app.outbox.waitingCount, server.state.reservations.size]).toEqual(
      [HERE, 0, 1],
    );
  });

  it('A1 stays where it is when the server does not let it go', async () => {
    await wishWithoutSignal();
    await expect(app.session.changeSite(() => Promise.resolve(null))).resolves.toBe(false);
    expect([app.session.identity?.memberId, app.session.phase, app.outbox.waitingCount]).toEqual([
      HERE,
      'signed_in',
      1,
    ]);
    await expect(app.session.changeSite(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
    expect([app.session.identity?.memberId, app.outbox.waitingCount]).toEqual([HERE, 1]);
  });

  it('B6 nobody is left signed in after an account without a site is deleted here', async () => {
    await app.session.signOut({ force: true });
    app.session.noteWithoutSite({ ...profile.signIn(HERE), member: null });
    await app.session.signOut({ force: true });
    expect(app.session.withoutSite).toBeNull();
  });

  it('A1 says at sign-out what waits for the other site, and then leaves nothing of either', async () => {
    await wishWithoutSignal();
    await goTo(THERE);
    await expect(app.session.signOut({ force: false })).resolves.toEqual({ done: false, unsent: 1 });
    expect(app.session.phase).toBe('signed_in');
    await expect(app.session.signOut({ force: true })).resolves.toEqual({ done: true, unsent: 1 });
    await expect(app.session.unsentOf(HERE)).resolves.toBe(0);
    expect(profile.elsewhere.read()).toBeNull();
  });

  it('A1 leaves what waits for somebody else on the same device', async () => {
    await wishWithoutSignal();
    await app.session.signedIn(profile.signIn(IVO));
    server.reachable = true;
    await expect(app.session.signOut({ force: false })).resolves.toEqual({ done: true, unsent: 0 });
    await expect(app.session.unsentOf(HERE)).resolves.toBe(1);
  });

  it('A1 K3 signs in again at the site that was open here last, and sends what waited there', async () => {
    await goTo(THERE);
    await wishWithoutSignal();
    profile.session = null;
    server.reachable = true;
    await app.sync.run();
    await vi.waitFor(() => expect(app.sync.connection).toBe('paused'));
    // The server begins a session at the site joined first.
    await app.session.signedIn(profile.signIn(HERE));
    await online();
    await vi.waitFor(() => expect(server.state.reservations.size).toBe(1));
    expect([app.session.identity?.memberId, profile.session, app.outbox.waitingCount]).toEqual([
      THERE,
      THERE,
      0,
    ]);
  });

  it('A1 opens the site of the sign-in where the one on record has let the person go', async () => {
    await goTo(THERE);
    const there = server.state.members.get(THERE)!;
    server.state.members.set(THERE, { ...there, leftAt: NOW });
    await app.session.signedIn(profile.signIn(HERE));
    expect([app.session.identity?.memberId, profile.session]).toEqual([HERE, HERE]);
  });

  it('A1 leaves somebody else’s sign-in where it is, whatever was open here before', async () => {
    await goTo(THERE);
    await app.session.signedIn(profile.signIn(IVO));
    expect([app.session.identity?.memberId, profile.session]).toEqual([IVO, IVO]);
  });

  it('A1 goes on to the other site when only the answer of the switch was lost', async () => {
    profile.lostSwitches = 1;
    const changed = await app.session.changeSite(() => {
      const answer = profile.switchSite(OTHER_SITE);
      return Promise.resolve(answer.ok ? answer.value : null);
    });
    await online();
    expect([changed, app.session.identity?.memberId]).toEqual([true, THERE]);
  });

  it('A1 brings the session back when this device cannot keep the other site', async () => {
    vi.spyOn(profile.record, 'write').mockImplementationOnce(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const switching = app.session.changeSite(() => Promise.resolve(profile.signIn(THERE)));
    await expect(switching).rejects.toMatchObject({ code: 'storage_full' });
    expect([app.session.identity?.memberId, profile.session]).toEqual([HERE, HERE]);
    await online();
    await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    await vi.waitFor(() => expect(server.state.reservations.size).toBe(1));
  });

  it('A1 finds the former site again where an older build has not noted whose it was', async () => {
    const { userId, ...older } = profile.record.read()!;
    expect(userId).toBe(uuid(1));
    profile.record.write(older);
    await app.stop();
    app = new App(profile.platform());
    await app.start();
    await online();
    await wishWithoutSignal();
    server.reachable = true;
    await goTo(THERE);
    await expect(app.session.otherSites()).resolves.toEqual([
      { userId: uuid(1), memberId: HERE, siteId: SITE, siteName: 'Test', unsent: 1 },
    ]);
    await expect(app.session.signOut({ force: false })).resolves.toEqual({ done: false, unsent: 1 });
  });

  it('B5 says of a device that was taken away what it loses of the other sites', async () => {
    await wishWithoutSignal();
    await goTo(THERE);
    server.wasRevoked = true;
    profile.session = null;
    await app.sync.run();
    await vi.waitFor(() => expect(app.session.phase).toBe('revoked'));
    expect(app.revocation.unsent).toEqual([]);
    expect(app.revocation.elsewhere).toMatchObject([{ memberId: HERE, siteName: 'Test', unsent: 1 }]);
    app.revocation.leave();
    expect(app.revocation.elsewhere).toEqual([]);
  });
});
