import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { TestingServer } from '$lib/sync/testing-server';
import type { App } from './app-state.svelte';
import { BuildingState } from './building-state.svelte';
import { MAX, PETRA, SLOT, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';
const buildingOf = (app: App) => new BuildingState(app.core);

const WINDOW = [NOW + HOUR, NOW + 2 * HOUR] as const;

let server: TestingServer;
let apps: TestingApps;
const signedIn = (memberId: string, profile?: TestingProfile) => apps.signedIn(memberId, profile);

beforeEach(() => {
  server = testingBuilding();
  apps = new TestingApps(server);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await apps.stop();
});

describe('D3 B5 a manager makes the next key', () => {
  it('only after a proof of who asks, and it is asked for no longer than that counts', async () => {
    const { app } = await signedIn(MAX);
    server.reachable = false;
    app.session.noteVerified(app.now - VERIFIED_FOR);
    await expect(buildingOf(app).rotateKey()).rejects.toMatchObject({ code: 'verification_needed' });
    expect(app.outbox.wishes).toEqual([]);
    app.session.noteVerified(app.now);
    await buildingOf(app).rotateKey();
    expect(app.outbox.wishes).toMatchObject([{ op: 'site.rotate_key@1', mark: 'waiting' }]);
  });

  it('and nobody else', async () => {
    const { app } = await signedIn(PETRA);
    app.session.noteVerified(app.now);
    await expect(buildingOf(app).rotateKey()).rejects.toMatchObject({ code: 'role_forbidden' });
  });
});

describe('C3 a manager changes the rules', () => {
  it('follows a change of the rules that waits: predicted, and refused by them', async () => {
    const { app } = await signedIn(MAX);
    server.reachable = false;
    await buildingOf(app).setPolicy({ maximumLength: HOUR / 2 });
    expect(app.policy?.maximumLength).toBe(HOUR / 2);
    expect(app.site?.policy.maximumLength).not.toBe(HOUR / 2);
    await expect(app.reservations.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({
      code: 'window_too_long',
    });
  });

  it('K6 a rule about credits is changed after a proof of who asks', async () => {
    const { app } = await signedIn(MAX);
    server.reachable = false;
    await expect(buildingOf(app).setPolicy({ price: 0 })).rejects.toMatchObject({
      code: 'verification_needed',
    });
    app.session.noteVerified(app.now);
    await buildingOf(app).setPolicy({ price: 0 });
    expect(app.policy?.price).toBe(0);
  });
});
