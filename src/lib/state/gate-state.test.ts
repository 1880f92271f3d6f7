import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { type TestingServer, uuid } from '$lib/sync/testing-server';
import type { App } from './app-state.svelte';
import { GateState } from './gate-state.svelte';
import { PETRA, TestingApps, testingBuilding } from './testing-apps';
import { TestingProfile } from './testing-platform';
import type { GateDecision } from './views';
const gateOf = (app: App) => new GateState(app.core);

const pins = { site: uuid(1), issued: 1_783_000_000, keys: [] };

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

describe('a gate', () => {
  it('D4 stores a decision with its scan in one step and counts uses and counters from it', async () => {
    const { app } = await signedIn(PETRA);
    server.reachable = false;
    const passId = uuid(700);
    const decision = (result: GateDecision['result'], ctr: number): GateDecision => ({
      ...{
        scanId: gateOf(app).newScanId(),
        passId,
        kind: 0,
        gate: 1,
        direction: 'entry',
        scannedAt: NOW,
        result,
        reason: '',
      },
      ...{ code: 'UC1:X', undoes: null, ctr },
    });
    await gateOf(app).storeDecision(decision('valid', 7));
    expect(await gateOf(app).historyOf(passId, 0)).toEqual({
      highestCtr: 7,
      uses: [{ at: NOW / 1000, gate: 1, by: 'Petra' }],
    });
    const stored = await gateOf(app).storeDecision(decision('valid', 8), ({ uses }) =>
      decision(uses.length > 0 ? 'already_used' : 'valid', 8),
    );
    expect(stored.result).toBe('already_used');
    // The counter of a proof that does not hold says nothing.
    await gateOf(app).storeDecision(decision('copied', 99));
    expect((await gateOf(app).historyOf(passId, 0)).highestCtr).toBe(8);
    await vi.waitFor(() =>
      expect(gateOf(app).decisions.map(({ unsent }) => unsent)).toEqual([true, true, true]),
    );
    server.reachable = true;
    await app.sync.run();
    expect([...server.state.scans.values()].map(({ result }) => result)).toEqual([
      'valid',
      'already_used',
      'copied',
    ]);
    await vi.waitFor(() => expect(gateOf(app).decisions.some(({ unsent }) => unsent)).toBe(false));
    expect((await gateOf(app).historyOf(passId, 0)).uses).toHaveLength(1);
  });

  it('D3 K8 keeps the latest status list, whoever brought it, over a restart', async () => {
    const { app, profile } = await signedIn(PETRA);
    const list = (issuedAt: number, from: 'server' | 'guard') => ({
      signed: `of ${issuedAt}`,
      from,
      issuedAt,
    });
    await Promise.all([20, 30, 10].map((issuedAt) => gateOf(app).keepStatusList(list(issuedAt, 'guard'))));
    await gateOf(app).keepStatusList(list(29, 'server'));
    await gateOf(app).keepStatusList(list(30, 'server'));
    await app.stop();
    const again = await launch(profile);
    expect(gateOf(again).keptList).toEqual(list(30, 'guard'));
  });

  it.each([0, -24 * HOUR, 24 * HOUR])(
    'D4 forgets each hour what was decided two days ago by the server’s clock, on a device that is %i ms off',
    async (skew) => {
      const profile = new TestingProfile(server);
      profile.skew = skew;
      const { app } = await signedIn(PETRA, profile);
      const ages = [49 * HOUR, 47 * HOUR];
      for (const age of ages) {
        await gateOf(app).storeDecision({
          ...{
            scanId: gateOf(app).newScanId(),
            passId: null,
            kind: null,
            gate: 1,
            direction: 'entry',
            result: 'forged',
          },
          ...{ scannedAt: server.now - age, reason: '', code: 'UC1:X', undoes: null, ctr: null },
        });
      }
      await app.sync.run();
      await vi.waitFor(() =>
        expect(gateOf(app).decisions.map(({ unsent }) => unsent)).toEqual([false, false]),
      );
      const hourly = profile.repeated.filter(({ milliseconds }) => milliseconds === HOUR);
      expect(hourly).toHaveLength(1);
      hourly[0]?.work();
      await vi.waitFor(() =>
        expect(gateOf(app).decisions.map(({ scannedAt }) => server.now - scannedAt)).toEqual([47 * HOUR]),
      );
      await app.stop();
      expect(profile.repeated).toEqual([]);
    },
  );
});

describe('D3 the keys that a guard’s device trusts', () => {
  it('are remembered through a restart, and forgotten by signing out', async () => {
    const profile = new TestingProfile(server);
    const { app } = await signedIn(PETRA, profile);
    expect(await gateOf(app).keyPins.read()).toBeNull();
    await gateOf(app).keyPins.write(pins);
    await app.stop();
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.session.phase).toBe('signed_in'));
    expect(await gateOf(again).keyPins.read()).toEqual(pins);
    await again.session.signOut({ force: true });
    await again.session.signedIn(profile.signIn(PETRA));
    expect(await gateOf(again).keyPins.read()).toBeNull();
  });
});
