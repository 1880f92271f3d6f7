import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW } from '#shared/domain/testing';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

const MANAGER = uuid(104);
const GUARD = uuid(105);
const pins = { site: uuid(1), issued: 1_783_000_000, keys: [] };

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MANAGER, role: 'manager', name: 'Max', plate: '' });
  server.addMember({ id: GUARD, role: 'guard', name: 'Petra', plate: '' });
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
});

async function started(profile: TestingProfile): Promise<App> {
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  return app;
}

async function signedIn(memberId: string, profile = new TestingProfile(server)): Promise<App> {
  const app = await started(profile);
  await app.signedIn(profile.signIn(memberId));
  await vi.waitFor(() => expect([app.loaded, app.connection]).toEqual([true, 'online']));
  await app.syncNow();
  return app;
}

describe('D3 B5 a manager makes the next key', () => {
  it('only after a proof of who asks, and it is asked for no longer than that counts', async () => {
    const app = await signedIn(MANAGER);
    server.reachable = false;
    app.noteVerified(app.now - VERIFIED_FOR);
    await expect(app.rotateKey()).rejects.toMatchObject({ code: 'verification_needed' });
    expect(app.outbox).toEqual([]);
    app.noteVerified(app.now);
    await app.rotateKey();
    expect(app.outbox).toMatchObject([{ op: 'site.rotate_key@1', mark: 'waiting' }]);
  });

  it('and nobody else', async () => {
    const app = await signedIn(GUARD);
    app.noteVerified(app.now);
    await expect(app.rotateKey()).rejects.toMatchObject({ code: 'role_forbidden' });
  });
});

describe('D3 the keys that a guard’s device trusts', () => {
  it('are remembered through a restart, and forgotten by signing out', async () => {
    const profile = new TestingProfile(server);
    const app = await signedIn(GUARD, profile);
    expect(await app.keyPins.read()).toBeNull();
    await app.keyPins.write(pins);
    await app.stop();
    const again = await started(profile);
    await vi.waitFor(() => expect(again.phase).toBe('signed_in'));
    expect(await again.keyPins.read()).toEqual(pins);
    await again.signOut({ force: true });
    await again.signedIn(profile.signIn(GUARD));
    expect(await again.keyPins.read()).toBeNull();
  });
});
