import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import type { TestingServer } from '$lib/sync/testing-server';
import { IVO, MARA, OTHER_SLOT, SLOT, TestingApps, testingBuilding } from './testing-apps';
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

describe('what was wished for', () => {
  it('K2 K3 shows a wish at once, over a restart without network, and confirmed when the server has said so', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    const id = await app.reservations.reserve(SLOT, ...WINDOW);
    expect(app.reservations.all).toMatchObject([
      { id, mark: 'waiting', slotLabel: 'A-01', state: 'confirmed', cost: 3 },
    ]);
    expect(app.credits.balance).toBe(47);
    expect(app.slots.all.find((slot) => slot.id === SLOT)?.busy).toEqual([
      { start: WINDOW[0], end: WINDOW[1] },
    ]);
    expect(app.outbox.waitingCount).toBe(1);
    await app.stop();

    const again = await launch(profile);
    expect(again.session.phase).toBe('signed_in');
    expect(again.reservations.all).toMatchObject([{ id, mark: 'waiting' }]);
    expect(again.sync.asOf).toBe(NOW);
    await vi.waitFor(() => expect(again.sync.connection).toBe('offline'));
    server.reachable = true;
    await again.sync.run();
    await vi.waitFor(() =>
      expect(again.reservations.all).toMatchObject([{ id, mark: 'confirmed', seq: null }]),
    );
    expect([again.outbox.wishes, again.credits.balance]).toEqual([[], 47]);
  });

  it('A4 refuses at once, with alternatives, what this device knows to be taken, and queues nothing', async () => {
    const { app: ivo } = await signedIn(IVO);
    await ivo.reservations.reserve(SLOT, ...WINDOW);
    const { app } = await signedIn(MARA);
    await expect(app.reservations.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({
      code: 'slot_taken',
      sentence: expect.any(String) as string,
      alternatives: [{ slotId: OTHER_SLOT, label: 'A-02', start: WINDOW[0], end: WINDOW[1], cost: 3 }],
    });
    expect(app.outbox.wishes).toEqual([]);
  });

  it('C3 refuses the second of two wishes made in one moment', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    const [first, second] = await Promise.allSettled([
      app.reservations.reserve(SLOT, ...WINDOW),
      app.reservations.reserve(OTHER_SLOT, ...WINDOW),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'too_many_reservations' } });
  });

  it('K3 marks what the server refuses, with what is free instead, until it is dismissed', async () => {
    const mara = await signedIn(MARA);
    const ivo = await signedIn(IVO);
    server.reachable = false;
    await mara.app.reservations.reserve(SLOT, ...WINDOW);
    await ivo.app.reservations.reserve(SLOT, ...WINDOW);
    server.reachable = true;
    await mara.app.sync.run();
    await ivo.app.sync.run();
    await vi.waitFor(() => expect(ivo.app.reservations.all[0]?.mark).toBe('refused'));
    const [refused] = ivo.app.reservations.all;
    expect(refused).toMatchObject({ state: 'cancelled', refusal: { code: 'slot_taken' } });
    expect(refused?.refusal?.alternatives.map(({ label }) => label)).toEqual(['A-02']);
    expect(ivo.app.credits.balance).toBe(50);
    await ivo.app.outbox.dismiss(refused?.seq ?? 0);
    expect([ivo.app.reservations.all, ivo.app.outbox.wishes]).toEqual([[], []]);
  });

  it('shows in one tab what another has wished', async () => {
    const { app, profile } = await signedIn(MARA);
    const other = await launch(profile);
    server.reachable = false;
    const id = await app.reservations.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(other.reservations.all).toMatchObject([{ id, mark: 'waiting' }]));
  });

  it.each([-24 * HOUR, 24 * HOUR])(
    'K3 goes by the server’s clock on a device that is %i ms off',
    async (skew) => {
      const profile = new TestingProfile(server);
      profile.skew = skew;
      const app = await launch(profile);
      await app.session.signedIn(profile.signIn(MARA));
      await vi.waitFor(() => expect(app.sync.loaded).toBe(true));
      expect(app.now).toBe(server.now);
      server.reachable = false;
      const id = await app.reservations.reserve(SLOT, ...WINDOW);
      expect(app.reservations.all).toMatchObject([{ id, mark: 'waiting', state: 'confirmed' }]);
      expect(app.outbox.wishes[0]?.createdAt).toBe(server.now);
      server.reachable = true;
      await app.sync.run();
      await vi.waitFor(() =>
        expect(app.reservations.all).toMatchObject([{ id, mark: 'confirmed', seq: null }]),
      );
    },
  );
});
