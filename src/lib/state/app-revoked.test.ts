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
  await app.signedIn(profile.signIn(MARA));
  await vi.waitFor(() => expect([app.loaded, app.connection]).toEqual([true, 'online']), 5_000);
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
    await app.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    await app.syncNow();
    expect(app.waitingCount).toBe(1);
    revoke();
    server.reachable = true;
    await app.syncNow();
    await vi.waitFor(() => expect(app.phase).toBe('revoked'));
    expect(app.revokedUnsent.map(({ op }) => op)).toEqual(['reservation.create@1']);
    expect([app.identity, app.slots, app.passes, app.outbox]).toEqual([null, [], [], []]);
    expect([profile.record.read(), profile.canary.read()]).toEqual([null, null]);
    const left = (await profile.storage.indexedDB.databases()).map(({ name }) => name);
    expect(left.filter((name) => name?.includes(MARA))).toEqual([]);

    profile.lockOf = MARA;
    app.leaveRevoked();
    expect([app.phase, app.revokedUnsent, profile.lockOf]).toEqual(['signed_out', [], null]);
    const later = await open();
    expect(later.phase).toBe('signed_out');
  });

  it('B5 goes on afresh once its member signs in on it again', async () => {
    revoke();
    await app.syncNow();
    await vi.waitFor(() => expect(app.phase).toBe('revoked'));
    await app.signedIn(profile.signIn(MARA));
    await vi.waitFor(() => expect([app.phase, app.connection]).toEqual(['signed_in', 'online']), 5_000);
    await vi.waitFor(() => expect(app.slots).toHaveLength(1));
  });

  it('B5 offline nothing is lost: only the server can say it', async () => {
    revoke();
    server.reachable = false;
    await app.syncNow();
    expect(app.phase).toBe('signed_in');
    expect(app.slots).toHaveLength(1);
  });

  it('B10 wipes nothing for a refusal of an old token, when the browser has a good one', async () => {
    server.failWith = 'session_revoked';
    await app.syncNow();
    await vi.waitFor(() => expect(app.connection).toBe('paused'));
    await app.syncNow();
    expect(app.phase).toBe('signed_in');
    server.failWith = null;
    await app.syncNow();
    await vi.waitFor(() => expect(app.connection).toBe('online'));
    expect(app.slots).toHaveLength(1);
  });

  it('X4 a session that has merely ended keeps what is here and what waits', async () => {
    server.reachable = false;
    await app.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    server.reachable = true;
    server.failWith = 'signed_out';
    profile.session = null;
    await app.syncNow();
    await vi.waitFor(() => expect(app.connection).toBe('paused'));
    expect([app.phase, app.waitingCount]).toEqual(['signed_in', 1]);
  });
});
