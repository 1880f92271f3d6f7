import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW, reservation } from '#shared/domain/testing';
import { type TestingServer, uuid } from '$lib/sync/testing-server';
import type { App } from './app-state.svelte';
import { MembershipState } from './membership-state.svelte';
import { MARA, OWN_SLOT, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';
const membershipOf = (app: App) => new MembershipState(app.core);

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

describe('what members say of themselves', () => {
  it('A5 the plate shows as wished, and offline too', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    await membershipOf(app).setPlate('b-uc 1234');
    expect(membershipOf(app).plate).toBe('B-UC 1234');
    server.reachable = true;
    await app.sync.run();
    expect(server.state.members.get(MARA)?.plate).toBe('B-UC 1234');
  });
});

describe('leaving a building', () => {
  it('D1 B6 cancels what is to come; then the copy goes and the device says so', async () => {
    const { app } = await signedIn(MARA);
    const own = reservation({ id: uuid(300), slotId: OWN_SLOT, memberId: MARA, start: NOW + HOUR });
    server.state.reservations.set(own.id, { ...own, receiverAccountId: uuid(1) });
    await app.sync.run();
    await membershipOf(app).leave();
    expect(app.reservations.all).toMatchObject([{ state: 'cancelled' }]);
    await expect(membershipOf(app).setPlate('B UC 1')).rejects.toMatchObject({ code: 'member_left' });
    await app.sync.run();
    await vi.waitFor(() => expect(app.sync.connection).toBe('left'));
    await vi.waitFor(() => expect([app.site, app.slots.all]).toEqual([null, []]));
    expect(server.state.members.get(MARA)?.leftAt).toBe(NOW);
  });
});
