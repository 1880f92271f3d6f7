import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import type { TestingServer } from '$lib/sync/testing-server';
import type { App } from './app-state.svelte';
import { MARA, OTHER_SLOT, OWN_SLOT, SLOT, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';
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

async function leased(): Promise<{ app: App; id: string }> {
  const { app } = await signedIn(MARA);
  const id = await app.reservations.lease(SLOT, ...WINDOW);
  await app.sync.run();
  await vi.waitFor(() =>
    expect(app.reservations.all).toMatchObject([{ id, state: 'held', mark: 'confirmed' }]),
  );
  return { app, id };
}

describe('X3 a lease on the device', () => {
  it('is not booked until it is, and certain from then on without the server', async () => {
    const { app, id } = await leased();
    expect(app.reservations.all[0]?.booked).toBe(false);
    server.reachable = false;
    await app.reservations.book(id);
    expect(app.reservations.all).toMatchObject([{ state: 'confirmed', mark: 'certain', booked: true }]);
    server.reachable = true;
    await app.sync.run();
    await vi.waitFor(() =>
      expect(app.reservations.all[0]).toMatchObject({ mark: 'confirmed', booked: true }),
    );
  });

  it('that is being given back without signal is still not booked', async () => {
    const { app, id } = await leased();
    server.reachable = false;
    await app.reservations.cancel(id);
    expect(app.reservations.all).toMatchObject([{ cancelWaiting: true, booked: false }]);
  });
});

describe('C3 what the rules say before a wish is made', () => {
  it('is known of a change, and nothing is queued by asking', async () => {
    const { app } = await signedIn(MARA);
    const id = await app.reservations.reserve(SLOT, ...WINDOW);
    await app.sync.run();
    const [start, end] = WINDOW;
    const change = (to: { slotId: string; end: number }) =>
      app.outbox.objectionTo({ op: 'reservation.change@1', args: { reservationId: id, start, ...to } });
    expect(change({ slotId: SLOT, end: end + HOUR })).toBeNull();
    expect(change({ slotId: SLOT, end: start + 25 * HOUR })).toMatchObject({ code: 'window_too_long' });
    expect(change({ slotId: OWN_SLOT, end })).toMatchObject({ code: 'own_slot' });
    expect(app.outbox.wishes).toEqual([]);
  });
});

describe('C5 what a wish may cost', () => {
  const setPrice = (price: number) => {
    const { site } = server.state;
    server.state.site = { ...site, policy: { ...site.policy, price } };
  };

  it('is what was shown: dearer by then, it is refused with both figures, and offered at the new price', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    const id = await app.reservations.reserve(SLOT, ...WINDOW, 3);
    setPrice(9);
    server.reachable = true;
    await app.sync.run();
    const [start, end] = WINDOW;
    await vi.waitFor(() =>
      expect(app.reservations.all).toMatchObject([
        {
          ...{ id, mark: 'refused', cost: 3 },
          refusal: {
            code: 'price_changed',
            sentence: 'It now costs 9 credits, 3 were agreed.',
            alternatives: [{ slotId: SLOT, label: 'A-01', start, end, cost: 9 }],
          },
        },
      ]),
    );
    expect(app.credits.balance).toBe(50);
  });

  it('is known before the server hears of it, and offered at the new price at once', async () => {
    setPrice(1);
    const { app } = await signedIn(MARA);
    await expect(app.reservations.reserve(SLOT, ...WINDOW, 0)).rejects.toMatchObject({
      sentence: 'It now costs 1 credit, 0 were agreed.',
      alternatives: [{ slotId: SLOT, cost: 1 }],
    });
    expect(app.outbox.wishes).toEqual([]);
  });

  it('X3 goes with a lease, a booking and a change', async () => {
    const { app, id } = await leased();
    server.reachable = false;
    await app.reservations.book(id, 3);
    const [start, end] = WINDOW;
    await app.reservations.change(id, { slotId: OTHER_SLOT, start, end, most: 3 });
    expect(app.outbox.wishes.map(({ args }) => args['most'])).toEqual([3, 3]);
    server.reachable = true;
    await app.sync.run();
    await vi.waitFor(() =>
      expect(app.reservations.all).toMatchObject([{ slotId: OTHER_SLOT, mark: 'confirmed', cost: 3 }]),
    );
  });
});
