import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

const MARA = uuid(101);
const MANAGER = uuid(104);
const SLOT = uuid(201);
const OTHER_SLOT = uuid(202);
const WINDOW = [NOW + HOUR, NOW + 2 * HOUR] as const;

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addMember({ id: MANAGER, role: 'manager', name: 'Max' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  server.addSlot({ id: OTHER_SLOT, label: 'A-02' });
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
});

async function signedIn(memberId: string): Promise<App> {
  const profile = new TestingProfile(server);
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  await app.signedIn(profile.signIn(memberId));
  await vi.waitFor(() => expect([app.loaded, app.connection]).toEqual([true, 'online']));
  await app.syncNow();
  return app;
}

async function leased(): Promise<{ app: App; id: string }> {
  const app = await signedIn(MARA);
  const id = await app.lease(SLOT, ...WINDOW);
  await app.syncNow();
  await vi.waitFor(() => expect(app.reservations).toMatchObject([{ id, state: 'held', mark: 'confirmed' }]));
  return { app, id };
}

describe('X3 a lease on the device', () => {
  it('is not booked until it is, and certain from then on without the server', async () => {
    const { app, id } = await leased();
    expect(app.reservations[0]?.booked).toBe(false);
    server.reachable = false;
    await app.book(id);
    expect(app.reservations).toMatchObject([{ state: 'confirmed', mark: 'certain', booked: true }]);
    server.reachable = true;
    await app.syncNow();
    await vi.waitFor(() => expect(app.reservations[0]).toMatchObject({ mark: 'confirmed', booked: true }));
  });

  it('that is being given back without signal is still not booked', async () => {
    const { app, id } = await leased();
    server.reachable = false;
    await app.cancel(id);
    expect(app.reservations).toMatchObject([{ cancelWaiting: true, booked: false }]);
  });
});

describe('C3 what the rules say before a wish is made', () => {
  it('is known of a change, and nothing is queued by asking', async () => {
    const app = await signedIn(MARA);
    const id = await app.reserve(SLOT, ...WINDOW);
    await app.syncNow();
    const [start, end] = WINDOW;
    const change = (to: { slotId: string; end: number }) =>
      app.objectionTo({ op: 'reservation.change@1', args: { reservationId: id, start, ...to } });
    expect(change({ slotId: SLOT, end: end + HOUR })).toBeNull();
    expect(change({ slotId: SLOT, end: start + 25 * HOUR })).toMatchObject({ code: 'window_too_long' });
    server.addSlot({ id: uuid(203), label: 'A-03', ownerId: uuid(101), ownerName: 'Mara' });
    await app.syncNow();
    await vi.waitFor(() => expect(app.slots.map(({ label }) => label)).toContain('A-03'));
    expect(change({ slotId: uuid(203), end })).toMatchObject({ code: 'own_slot' });
    expect(app.outbox).toEqual([]);
  });

  it('follows a change of the rules that waits: predicted, and refused by them', async () => {
    const app = await signedIn(MANAGER);
    server.reachable = false;
    await app.setPolicy({ maximumLength: HOUR / 2 });
    expect(app.policy?.maximumLength).toBe(HOUR / 2);
    expect(app.site?.policy.maximumLength).not.toBe(HOUR / 2);
    await expect(app.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({ code: 'window_too_long' });
  });

  it('K6 a rule about credits is changed after a proof of who asks', async () => {
    const app = await signedIn(MANAGER);
    server.reachable = false;
    await expect(app.setPolicy({ price: 0 })).rejects.toMatchObject({ code: 'verification_needed' });
    app.noteVerified(app.now);
    await app.setPolicy({ price: 0 });
    expect(app.policy?.price).toBe(0);
  });
});
