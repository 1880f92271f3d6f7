import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import type { TestingServer } from '$lib/sync/testing-server';
import { MARA, OWN_SLOT, TestingApps, testingBuilding } from './testing-apps';
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

describe('slots', () => {
  it('C1 C2 predicts lending and taking back', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    await app.lending.lend(OWN_SLOT, ...WINDOW);
    const own = () => app.slots.all.find(({ id }) => id === OWN_SLOT);
    expect(own()).toMatchObject({
      mine: true,
      lendWaiting: true,
      lent: [{ start: WINDOW[0], end: WINDOW[1] }],
    });
    await app.lending.takeBack(OWN_SLOT, ...WINDOW);
    expect(own()?.lent).toEqual([]);
  });
});
