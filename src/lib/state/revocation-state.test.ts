import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

const MARA = uuid(101);
const SLOT = uuid(201);

let server: TestingServer;
let profile: TestingProfile;
let app: App;
let tabs: App[];

async function open(): Promise<App> {
  const tab = new App(profile.platform());
  tabs.push(tab);
  await tab.start();
  return tab;
}

beforeEach(async () => {
  tabs = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  profile = new TestingProfile(server);
  app = await open();
  await app.session.signedIn(profile.signIn(MARA));
  await vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']), 5_000);
});
afterEach(() => Promise.all(tabs.map((tab) => tab.stop())));

/** The server has taken the session away. */
function revoke(): void {
  server.wasRevoked = true;
  profile.session = null;
}

describe('a device that was taken away', () => {
  it('B5 wipes database, key and notes on its next contact, and says what was never sent', async () => {
    server.reachable = false;
    await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    await app.sync.run();
    expect(app.outbox.waitingCount).toBe(1);
    revoke();
    server.reachable = true;
    await app.sync.run();
    await vi.waitFor(() => expect(app.session.phase).toBe('revoked'));
    expect(app.revocation.unsent.map(({ op }) => op)).toEqual(['reservation.create@1']);
    expect([app.session.identity, app.slots.all, app.passes.all, app.outbox.wishes]).toEqual([
      null,
      [],
      [],
      [],
    ]);
    expect([profile.record.read(), profile.canary.read(), profile.pushFor]).toEqual([null, null, null]);
    const left = (await profile.storage.indexedDB.databases()).map(({ name }) => name);
    expect(left.filter((name) => name?.includes(MARA))).toEqual([]);

    profile.lockOf = MARA;
    app.revocation.leave();
    expect([app.session.phase, app.revocation.unsent, profile.lockOf]).toEqual(['signed_out', [], null]);
    const later = await open();
    expect(later.session.phase).toBe('signed_out');
  });

  it('B5 goes on afresh once its member signs in on it again', async () => {
    revoke();
    await app.sync.run();
    await vi.waitFor(() => expect(app.session.phase).toBe('revoked'));
    await app.session.signedIn(profile.signIn(MARA));
    await vi.waitFor(
      () => expect([app.session.phase, app.sync.connection]).toEqual(['signed_in', 'online']),
      5_000,
    );
    await vi.waitFor(() => expect(app.slots.all).toHaveLength(1));
  });

  it('B5 offline nothing is lost: only the server can say it', async () => {
    revoke();
    server.reachable = false;
    await app.sync.run();
    expect(app.session.phase).toBe('signed_in');
    expect(app.slots.all).toHaveLength(1);
  });

  it('B10 wipes nothing for a refusal of an old token, when the browser has a good one', async () => {
    server.failWith = 'session_revoked';
    await app.sync.run();
    await vi.waitFor(() => expect(app.sync.connection).toBe('paused'));
    await app.sync.run();
    expect(app.session.phase).toBe('signed_in');
    server.failWith = null;
    await app.sync.run();
    await vi.waitFor(() => expect(app.sync.connection).toBe('online'));
    expect(app.slots.all).toHaveLength(1);
  });

  it('X4 a session that has merely ended keeps what is here and what waits', async () => {
    server.reachable = false;
    await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    server.reachable = true;
    server.failWith = 'signed_out';
    profile.session = null;
    await app.sync.run();
    await vi.waitFor(() => expect(app.sync.connection).toBe('paused'));
    expect([app.session.phase, app.outbox.waitingCount]).toEqual(['signed_in', 1]);
  });
});
