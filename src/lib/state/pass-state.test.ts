import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parsePoint } from '#shared/pass/p256';
import type { TestingServer } from '$lib/sync/testing-server';
import { MARA, TestingApps, testingBuilding } from './testing-apps';
import type { TestingProfile } from './testing-platform';

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

describe('the holder key', () => {
  it('X1 binds a key that cannot leave the device, once per client', async () => {
    const { app, profile } = await signedIn(MARA);
    await vi.waitFor(() => expect(app.passes.holderKey).not.toBeNull());
    const bytes = Uint8Array.from(
      atob(app.passes.holderKey!.publicKey.replaceAll('-', '+').replaceAll('_', '/')),
      (c) => c.charCodeAt(0),
    );
    expect(parsePoint(bytes)).not.toBeNull();
    expect(server.state.holderKeys.get(app.sync.clientId ?? '')?.key).toBe(app.passes.holderKey?.publicKey);
    expect(await app.passes.signHolderProof(new Uint8Array(3))).toHaveLength(64);
    expect([await app.passes.nextShowCounter(), await app.passes.nextShowCounter()]).toEqual([1, 2]);
    await app.stop();
    const pushed = server.pushes.length;
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.sync.connection).toBe('online'));
    await again.sync.run();
    expect(server.pushes).toHaveLength(pushed);
    expect(await again.passes.nextShowCounter()).toBe(3);
  });
});
