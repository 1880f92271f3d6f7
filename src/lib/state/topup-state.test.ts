import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { TestingServer } from '$lib/sync/testing-server';
import type { App } from './app-state.svelte';
import { TopupState } from './topup-state.svelte';
import { MARA, MAX, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';
const topupsOf = (app: App) => new TopupState(app.core);

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

describe('credits at the desk', () => {
  it('K6 B8 credits are sold after a proof, also without signal, and asked for five minutes at most', async () => {
    const { app } = await signedIn(MAX);
    server.reachable = false;
    const sale = { memberId: MARA, credits: 1, amount: 50, method: 'cash', reference: '' } as const;
    app.session.noteVerified(app.now - VERIFIED_FOR);
    await expect(topupsOf(app).sell(sale)).rejects.toMatchObject({ code: 'verification_needed' });
    expect(app.outbox.wishes).toEqual([]);
    app.session.noteVerified(app.now);
    const topupId = await topupsOf(app).sell(sale);
    expect([...topupsOf(app).waiting]).toEqual([topupId]);
  });
});
