import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW, HOUR } from '#shared/domain/testing';
import { parsePoint } from '#shared/pass/p256';
import { DeviceDatabase } from '$lib/client-db/database';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';
import type { GateDecision } from './views';

const MARA = uuid(101);
const IVO = uuid(102);
const PETRA = uuid(103);
const SLOT = uuid(201);
const OTHER_SLOT = uuid(202);
const OWN_SLOT = uuid(203);
const WINDOW = [NOW + HOUR, NOW + 2 * HOUR] as const;

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
  server.addMember({ id: PETRA, role: 'guard', name: 'Petra' });
  server.addSlot({ id: SLOT, label: 'A-01' });
  server.addSlot({ id: OTHER_SLOT, label: 'A-02' });
  server.addSlot({ id: OWN_SLOT, label: 'A-03', ownerId: MARA, ownerName: 'Mara' });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(apps.map((app) => app.stop()));
});

async function launch(profile: TestingProfile): Promise<App> {
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  return app;
}

async function signedIn(memberId: string, profile = new TestingProfile(server)) {
  const app = await launch(profile);
  await app.signedIn(profile.signIn(memberId));
  // The first of a file loads the sync code, which takes its time on a busy machine.
  await vi.waitFor(
    () => expect([app.loaded, app.connection, app.site?.name]).toEqual([true, 'online', 'Test']),
    5_000,
  );
  if (memberId !== PETRA) await vi.waitFor(() => expect(server.state.holderKeys.size).toBeGreaterThan(0));
  await app.syncNow();
  return { app, profile };
}

/** As on a device whose disk is full: every transaction that writes to one of these tables fails. */
function fill(...tables: string[]) {
  const untouched = DeviceDatabase.prototype.transaction as (...all: unknown[]) => unknown;
  const refusing = function (this: DeviceDatabase, mode: string, ...rest: unknown[]): unknown {
    const used = rest.flat().flatMap((table) => (table as { name?: string }).name ?? []);
    if (mode === 'rw' && used.some((name) => tables.includes(name)))
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    return untouched.call(this, mode, ...rest);
  };
  return vi.spyOn(DeviceDatabase.prototype, 'transaction').mockImplementation(refusing as never);
}

/** As when the browser cannot open its database process. */
function breakStorage(profile: TestingProfile) {
  return vi.spyOn(profile.storage.indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('Internal error opening backing store', 'UnknownError');
  });
}

describe('app', () => {
  it('K2 K3 shows a wish at once, over a restart without network, and confirmed when the server has said so', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    const id = await app.reserve(SLOT, ...WINDOW);
    expect(app.reservations).toMatchObject([
      { id, mark: 'waiting', slotLabel: 'A-01', state: 'confirmed', cost: 3 },
    ]);
    expect(app.balance).toBe(47);
    expect(app.slots.find((slot) => slot.id === SLOT)?.busy).toEqual([{ start: WINDOW[0], end: WINDOW[1] }]);
    expect(app.waitingCount).toBe(1);
    await app.stop();

    const again = await launch(profile);
    expect(again.phase).toBe('signed_in');
    expect(again.reservations).toMatchObject([{ id, mark: 'waiting' }]);
    expect(again.asOf).toBe(NOW);
    await vi.waitFor(() => expect(again.connection).toBe('offline'));
    server.reachable = true;
    await again.syncNow();
    await vi.waitFor(() => expect(again.reservations).toMatchObject([{ id, mark: 'confirmed', seq: null }]));
    expect([again.outbox, again.balance]).toEqual([[], 47]);
  });

  it('A4 refuses at once, with alternatives, what this device knows to be taken, and queues nothing', async () => {
    const { app: ivo } = await signedIn(IVO);
    await ivo.reserve(SLOT, ...WINDOW);
    const { app } = await signedIn(MARA);
    await expect(app.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({
      code: 'slot_taken',
      sentence: expect.any(String) as string,
      alternatives: [{ slotId: OTHER_SLOT, label: 'A-02', start: WINDOW[0], end: WINDOW[1], cost: 3 }],
    });
    expect(app.outbox).toEqual([]);
  });

  it('C3 refuses the second of two wishes made in one moment', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    const [first, second] = await Promise.allSettled([
      app.reserve(SLOT, ...WINDOW),
      app.reserve(OTHER_SLOT, ...WINDOW),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'too_many_reservations' } });
  });

  it('K3 marks what the server refuses, with what is free instead, until it is dismissed', async () => {
    const mara = await signedIn(MARA);
    const ivo = await signedIn(IVO);
    server.reachable = false;
    await mara.app.reserve(SLOT, ...WINDOW);
    await ivo.app.reserve(SLOT, ...WINDOW);
    server.reachable = true;
    await mara.app.syncNow();
    await ivo.app.syncNow();
    await vi.waitFor(() => expect(ivo.app.reservations[0]?.mark).toBe('refused'));
    const [refused] = ivo.app.reservations;
    expect(refused).toMatchObject({ state: 'cancelled', refusal: { code: 'slot_taken' } });
    expect(refused?.refusal?.alternatives.map(({ label }) => label)).toEqual(['A-02']);
    expect(ivo.app.balance).toBe(50);
    await ivo.app.dismiss(refused?.seq ?? 0);
    expect([ivo.app.reservations, ivo.app.outbox]).toEqual([[], []]);
  });

  it('C1 C2 predicts lending and taking back', async () => {
    const { app } = await signedIn(MARA);
    server.reachable = false;
    await app.lend(OWN_SLOT, ...WINDOW);
    const own = () => app.slots.find(({ id }) => id === OWN_SLOT);
    expect(own()).toMatchObject({
      mine: true,
      lendWaiting: true,
      lent: [{ start: WINDOW[0], end: WINDOW[1] }],
    });
    await app.takeBack(OWN_SLOT, ...WINDOW);
    expect(own()?.lent).toEqual([]);
  });

  it('pauses when signed out at the server, keeps the queue and goes on after signing in again', async () => {
    const { app, profile } = await signedIn(MARA);
    profile.session = null;
    await app.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(app.connection).toBe('paused'));
    expect(app.waitingCount).toBe(1);
    await app.signedIn(profile.signIn(MARA));
    await vi.waitFor(() => expect([app.connection, app.waitingCount]).toEqual(['online', 0]));
    expect(server.state.reservations.size).toBe(1);
  });

  it('asks for an update when the server does not take this build, and keeps the queue', async () => {
    const { app } = await signedIn(MARA);
    server.failWith = 'protocol_unsupported';
    await app.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(app.connection).toBe('update_needed'));
    expect(app.waitingCount).toBe(1);
  });

  it('shows in one tab what another has wished', async () => {
    const { app, profile } = await signedIn(MARA);
    const other = await launch(profile);
    server.reachable = false;
    const id = await app.reserve(SLOT, ...WINDOW);
    await vi.waitFor(() => expect(other.reservations).toMatchObject([{ id, mark: 'waiting' }]));
  });

  it('K4 pulls when poked', async () => {
    const { app } = await signedIn(MARA);
    server.addSlot({ id: uuid(204), label: 'A-04' });
    server.poke();
    await vi.waitFor(() => expect(app.slots.map(({ label }) => label)).toContain('A-04'));
  });

  it('tells how many wishes are unsent before it signs out, then wipes everything', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reserve(SLOT, ...WINDOW);
    expect(await app.signOut({ force: false })).toEqual({ done: false, unsent: 1 });
    expect(app.phase).toBe('signed_in');
    expect(await app.signOut({ force: true })).toEqual({ done: true, unsent: 1 });
    expect([app.phase, app.reservations, app.identity]).toEqual(['signed_out', [], null]);
    expect([profile.record.read(), profile.canary.read()]).toEqual([null, null]);
    expect((await profile.storage.indexedDB.databases()).map(({ name }) => name)).not.toContain(
      `undercroft-${MARA}`,
    );

    // The server had not heard of it: the next start tells it first and lets nobody in.
    expect(profile.session).toBe(MARA);
    server.reachable = true;
    await app.stop();
    const again = await launch(profile);
    await vi.waitFor(() => expect(profile.session).toBeNull());
    expect(again.phase).toBe('signed_out');
  });

  it('X4 says that the storage was evicted and how many wishes were lost, and goes on when told to', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reserve(SLOT, ...WINDOW);
    await app.stop();
    profile.storage = { ...profile.storage, indexedDB: new IDBFactory() };

    const again = await launch(profile);
    expect([again.phase, again.evictedUnsent, again.storage.evicted]).toEqual(['evicted', 1, true]);
    server.reachable = true;
    profile.lockOf = MARA;
    await again.recoverFromEviction();
    expect(again.phase).toBe('signed_in');
    // K6: nobody has been asked who they are.
    expect(profile.lockOf).toBe(MARA);
    await vi.waitFor(() => expect(again.loaded).toBe(true));
    expect(again.evictedUnsent).toBe(0);
  });

  it('X4 notices an eviction that took the record along, by the canary alone', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    profile.record.write(null);
    profile.storage = { ...profile.storage, indexedDB: new IDBFactory() };
    expect((await launch(profile)).phase).toBe('evicted');
  });

  it('keeps one database per member and the queue of who was here before', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reserve(SLOT, ...WINDOW);
    await app.signedIn(profile.signIn(IVO));
    expect([app.identity?.memberId, app.outbox]).toEqual([IVO, []]);
    await app.signedIn(profile.signIn(MARA));
    expect(app.waitingCount).toBe(1);
  });

  it('K6 the app lock stays through a sign-in of its own person, and goes with another’s and with a sign-out', async () => {
    const { app, profile } = await signedIn(MARA);
    profile.lockOf = MARA;
    await app.signedIn(profile.signIn(MARA));
    expect(profile.lockOf).toBe(MARA);
    await app.signedIn(profile.signIn(IVO));
    expect(profile.lockOf).toBeNull();

    profile.lockOf = IVO;
    await app.signOut({ force: true });
    expect(profile.lockOf).toBeNull();
  });

  it('says that the device is full instead of losing a wish', async () => {
    const { app } = await signedIn(MARA);
    const full = vi.spyOn(DeviceDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await expect(app.reserve(SLOT, ...WINDOW)).rejects.toMatchObject({ code: 'storage_full' });
    full.mockRestore();
    expect(app.storage.quotaProblem).toBe(true);
    await app.reserve(SLOT, ...WINDOW);
    expect(app.storage.quotaProblem).toBe(false);
  });

  it('K3 sends what waits from a device that is full at a cold start, and says that it is full', async () => {
    const { app, profile } = await signedIn(MARA);
    server.reachable = false;
    await app.reserve(SLOT, ...WINDOW);
    await app.stop();
    server.reachable = true;
    const full = fill('rows', 'decisions');
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.quotaProblem).toBe(true));
    expect(server.state.reservations.size).toBe(1);
    full.mockRestore();
    await again.syncNow();
    expect([again.storage.quotaProblem, again.connection]).toEqual([false, 'online']);
  });

  it('K7 says that the storage does not answer instead of starting for ever, and starts when it does', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    const broken = breakStorage(profile);
    const again = await launch(profile);
    expect([again.phase, again.storageFailure]).toEqual(['storage_failed', 'storage_failed']);
    await again.start();
    expect(again.phase).toBe('storage_failed');
    broken.mockRestore();
    await again.start();
    expect([again.phase, again.storageFailure]).toEqual(['signed_in', null]);
    await vi.waitFor(() => expect(again.connection).toBe('online'));
    expect(profile.surroundings).toHaveLength(1);
  });

  it('K7 says at the start that the device is full', async () => {
    const { app, profile } = await signedIn(MARA);
    await app.stop();
    vi.spyOn(profile.storage.indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const again = await launch(profile);
    expect([again.phase, again.storageFailure]).toEqual(['storage_failed', 'storage_full']);
  });

  it('K7 starts with an error screen and not never when something else is broken, which can be seen', async () => {
    const seen = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const profile = new TestingProfile(server);
    vi.spyOn(profile.record, 'read').mockImplementation(() => {
      throw new TypeError('a bug');
    });
    expect((await launch(profile)).phase).toBe('storage_failed');
    expect(seen).toHaveBeenCalledOnce();
  });

  it('X4 refuses a sign-in that a full device cannot keep, and takes it for no eviction afterwards', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    const full = fill('meta');
    await expect(app.signedIn(profile.signIn(MARA))).rejects.toMatchObject({ code: 'storage_full' });
    expect([app.phase, app.storage.quotaProblem, profile.record.read()]).toEqual(['signed_out', true, null]);
    await app.stop();

    // Its session is good, so the next start tries to sign in too, and is refused as well.
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.quotaProblem).toBe(true));
    expect(again.phase).toBe('signed_out');
    full.mockRestore();
    await again.signedIn(profile.signIn(MARA));
    expect([again.phase, profile.record.read()?.memberId]).toEqual(['signed_in', MARA]);
    expect(profile.canary.read()).toBe(`${MARA}:0`);
  });

  it('X4 refuses a sign-in that cannot be noted outside the database', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    vi.spyOn(profile.record, 'write').mockImplementation(() => {
      throw new DOMException('blocked', 'SecurityError');
    });
    await expect(app.signedIn(profile.signIn(MARA))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(app.phase).toBe('signed_out');
  });

  it('keeps who is here when somebody else’s sign-in could not be kept', async () => {
    const { app, profile } = await signedIn(MARA);
    const full = fill('meta');
    await expect(app.signedIn(profile.signIn(IVO))).rejects.toMatchObject({ code: 'storage_full' });
    full.mockRestore();
    expect([app.phase, app.identity?.memberId, profile.record.read()?.memberId]).toEqual([
      'signed_in',
      MARA,
      MARA,
    ]);
  });

  it('knows after a restart whether the browser keeps the storage', async () => {
    const { app, profile } = await signedIn(MARA);
    await vi.waitFor(() => expect(app.storage.persisted).toBe(true));
    await app.stop();
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.storage.persisted).toBe(true));
    expect(profile.timesAskedToPersist).toBe(1);
  });

  it('X1 binds a key that cannot leave the device, once per client', async () => {
    const { app, profile } = await signedIn(MARA);
    await vi.waitFor(() => expect(app.holderKey).not.toBeNull());
    const bytes = Uint8Array.from(
      atob(app.holderKey!.publicKey.replaceAll('-', '+').replaceAll('_', '/')),
      (c) => c.charCodeAt(0),
    );
    expect(parsePoint(bytes)).not.toBeNull();
    expect(server.state.holderKeys.get(app.clientId ?? '')?.key).toBe(app.holderKey?.publicKey);
    expect(await app.signHolderProof(new Uint8Array(3))).toHaveLength(64);
    expect([await app.nextShowCounter(), await app.nextShowCounter()]).toEqual([1, 2]);
    await app.stop();
    const pushed = server.pushes.length;
    const again = await launch(profile);
    await vi.waitFor(() => expect(again.connection).toBe('online'));
    await again.syncNow();
    expect(server.pushes).toHaveLength(pushed);
    expect(await again.nextShowCounter()).toBe(3);
  });

  it('D4 stores a decision with its scan in one step and counts uses and counters from it', async () => {
    const { app } = await signedIn(PETRA);
    server.reachable = false;
    const passId = uuid(700);
    const decision = (result: GateDecision['result'], ctr: number): GateDecision => ({
      ...{
        scanId: app.newId(),
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
    await app.storeDecision(decision('valid', 7));
    expect(await app.historyOf(passId, 0)).toEqual({
      highestCtr: 7,
      uses: [{ at: NOW / 1000, gate: 1, by: 'Petra' }],
    });
    const stored = await app.storeDecision(decision('valid', 8), ({ uses }) =>
      decision(uses.length > 0 ? 'already_used' : 'valid', 8),
    );
    expect(stored.result).toBe('already_used');
    // The counter of a proof that does not hold says nothing.
    await app.storeDecision(decision('copied', 99));
    expect((await app.historyOf(passId, 0)).highestCtr).toBe(8);
    await vi.waitFor(() =>
      expect(app.localDecisions.map(({ unsent }) => unsent)).toEqual([true, true, true]),
    );
    server.reachable = true;
    await app.syncNow();
    expect([...server.state.scans.values()].map(({ result }) => result)).toEqual([
      'valid',
      'already_used',
      'copied',
    ]);
    await vi.waitFor(() => expect(app.localDecisions.some(({ unsent }) => unsent)).toBe(false));
    expect((await app.historyOf(passId, 0)).uses).toHaveLength(1);
  });

  it('D3 K8 keeps the latest status list, whoever brought it, over a restart', async () => {
    const { app, profile } = await signedIn(PETRA);
    const list = (issuedAt: number, from: 'server' | 'guard') => ({
      signed: `of ${issuedAt}`,
      from,
      issuedAt,
    });
    await Promise.all([20, 30, 10].map((issuedAt) => app.keepStatusList(list(issuedAt, 'guard'))));
    await app.keepStatusList(list(29, 'server'));
    await app.keepStatusList(list(30, 'server'));
    await app.stop();
    const again = await launch(profile);
    expect(again.keptList).toEqual(list(30, 'guard'));
  });

  it.each([0, -24 * HOUR, 24 * HOUR])(
    'D4 forgets each hour what was decided two days ago by the server’s clock, on a device that is %i ms off',
    async (skew) => {
      const profile = new TestingProfile(server);
      profile.skew = skew;
      const { app } = await signedIn(PETRA, profile);
      const ages = [49 * HOUR, 47 * HOUR];
      for (const age of ages) {
        await app.storeDecision({
          ...{ scanId: app.newId(), passId: null, kind: null, gate: 1, direction: 'entry', result: 'forged' },
          ...{ scannedAt: server.now - age, reason: '', code: 'UC1:X', undoes: null, ctr: null },
        });
      }
      await app.syncNow();
      await vi.waitFor(() => expect(app.localDecisions.map(({ unsent }) => unsent)).toEqual([false, false]));
      const hourly = profile.repeated.filter(({ milliseconds }) => milliseconds === HOUR);
      expect(hourly).toHaveLength(1);
      hourly[0]?.work();
      await vi.waitFor(() =>
        expect(app.localDecisions.map(({ scannedAt }) => server.now - scannedAt)).toEqual([47 * HOUR]),
      );
      await app.stop();
      expect(profile.repeated).toEqual([]);
    },
  );

  it('needs a site to sign in', async () => {
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    const user = { id: uuid(1), email: 'a@example.org', name: 'A', isAdministrator: false };
    await expect(
      app.signedIn({ user, member: null, registrationOpen: true, verifiedAt: null }),
    ).rejects.toMatchObject({
      code: 'no_site',
    });
    expect(app.phase).toBe('signed_out');
  });

  it('K4 shows a first load as it comes, says how far it is, and refuses nothing by half a copy', async () => {
    // The site, its three slots, what is lent of an own one, and the member; the account is still to come.
    server.pageRows = 6;
    server.pullsLeft = 1;
    const profile = new TestingProfile(server);
    const app = await launch(profile);
    await app.signedIn(profile.signIn(MARA));
    await vi.waitFor(() => expect([app.connection, app.loading?.loaded]).toEqual(['offline', 6]));
    await vi.waitFor(() => expect(app.site?.name).toBe('Test'));
    expect([app.loaded, app.asOf, app.has('member'), app.has('site')]).toEqual([false, null, true, false]);
    expect(app.slots.length).toBeGreaterThan(0);
    // Nothing here knows of it, which proves nothing.
    await app.cancel(uuid(900));
    expect(app.waitingCount).toBe(1);

    server.pullsLeft = Infinity;
    await app.syncNow();
    await vi.waitFor(() => expect([app.loading, app.loaded, app.has('site')]).toEqual([null, true, true]));
    expect(app.asOf).toBe(NOW);
    await expect(app.cancel(uuid(901))).rejects.toMatchObject({ code: 'reservation_not_found' });
  });

  it.each([-24 * HOUR, 24 * HOUR])(
    'K3 goes by the server’s clock on a device that is %i ms off',
    async (skew) => {
      const profile = new TestingProfile(server);
      profile.skew = skew;
      const app = await launch(profile);
      await app.signedIn(profile.signIn(MARA));
      await vi.waitFor(() => expect(app.loaded).toBe(true));
      expect(app.now).toBe(server.now);
      server.reachable = false;
      const id = await app.reserve(SLOT, ...WINDOW);
      expect(app.reservations).toMatchObject([{ id, mark: 'waiting', state: 'confirmed' }]);
      expect(app.outbox[0]?.createdAt).toBe(server.now);
      server.reachable = true;
      await app.syncNow();
      await vi.waitFor(() => expect(app.reservations).toMatchObject([{ id, mark: 'confirmed', seq: null }]));
    },
  );
});
