import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pass } from '#shared/domain/entities';
import { HOUR, NOW } from '#shared/domain/testing';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { DeviceState } from './device-state.svelte';
import { TestingProfile } from './testing-platform';

const devicesOf = (app: App) => new DeviceState(app.core);

const MARA = uuid(101);
const SLOT = uuid(201);

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addSlot({ id: SLOT, label: 'A-01' });
});
afterEach(() => Promise.all(apps.map((app) => app.stop())));

async function signedIn(verifiedAt: number | null = null) {
  const profile = new TestingProfile(server);
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  await app.session.signedIn({ ...profile.signIn(MARA), verifiedAt });
  await vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']), 5_000);
  await vi.waitFor(() => expect(devicesOf(app).all.filter(({ here }) => here)).toHaveLength(1));
  return app;
}

const validPasses = (): Pass[] =>
  [...server.state.passes.values()].filter(({ status }) => status === 'valid');

/** A phone that holds the pass of a reservation, and a tablet. */
async function twoDevices(verifiedAt: number | null = null) {
  const phone = await signedIn();
  const reservationId = await phone.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
  await phone.sync.run();
  await vi.waitFor(() => expect(phone.passes.all).toHaveLength(1));
  const tablet = await signedIn(verifiedAt);
  await vi.waitFor(() => expect(tablet.passes.all).toHaveLength(1));
  return { phone, tablet, reservationId };
}

describe('a member’s devices', () => {
  it('B5 are listed, this one first, with the passes each holds', async () => {
    const { phone, tablet } = await twoDevices();
    await vi.waitFor(() => expect(devicesOf(tablet).all).toHaveLength(2));
    expect(devicesOf(tablet).all.map(({ clientId, here, passCount }) => [clientId, here, passCount])).toEqual(
      [
        [tablet.sync.clientId, true, 0],
        [phone.sync.clientId, false, 1],
      ],
    );
  });

  it('X1 a pass of another device moves only after a proof, which is asked for before anything is sent', async () => {
    const { phone, tablet, reservationId } = await twoDevices();
    await expect(tablet.passes.bind(reservationId)).rejects.toMatchObject({ code: 'verification_needed' });
    expect(tablet.outbox.wishes).toEqual([]);
    server.verifiedAt = server.now;
    tablet.session.noteVerified(server.now);
    await tablet.passes.bind(reservationId);
    await tablet.sync.run();
    await vi.waitFor(() => expect(tablet.reservations.all[0]?.passHere).toBe(true));
    await phone.sync.run();
    await vi.waitFor(() => expect(phone.reservations.all[0]?.passHere).toBe(false));
  });

  it('X1 who has just signed in has proved who they are, and is believed for five minutes', async () => {
    const { tablet, reservationId } = await twoDevices(NOW - VERIFIED_FOR + 1);
    expect(tablet.outbox.objectionTo(bindWish(tablet, reservationId))).toBeNull();
    tablet.session.noteVerified(NOW - VERIFIED_FOR);
    expect(tablet.outbox.objectionTo(bindWish(tablet, reservationId))?.code).toBe('verification_needed');
  });

  it('B5 a removed device learns of it with the next pull, and its passes are on the other', async () => {
    const { phone, tablet } = await twoDevices();
    const { clientId } = phone.sync;
    if (clientId === null) throw new Error('no client');
    await expect(devicesOf(tablet).revoke(clientId)).rejects.toMatchObject({ code: 'verification_needed' });
    server.verifiedAt = server.now;
    tablet.session.noteVerified(server.now);
    expect(phone.passes.removedAt).toBeNull();
    await devicesOf(tablet).revoke(clientId);
    expect(devicesOf(tablet).all.find((device) => device.clientId === clientId)?.removal?.mark).toBe(
      'waiting',
    );
    await tablet.sync.run();
    await vi.waitFor(() => expect(tablet.reservations.all[0]?.passHere).toBe(true));
    await vi.waitFor(() =>
      expect(devicesOf(tablet).all.find((device) => device.clientId === clientId)).toMatchObject({
        removedAt: NOW,
        removal: null,
        passCount: 0,
      }),
    );
    await phone.sync.run();
    await vi.waitFor(() => expect(phone.passes.removedAt).toBe(NOW));
  });

  it('X1 a pass that comes static is bound by itself, once', async () => {
    const app = await signedIn();
    const reservationId = await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    await app.sync.run();
    const [bound] = validPasses();
    if (!bound) throw new Error('no pass');
    // As a manager's hand or a removed device would leave it.
    server.state.passes.set(bound.id, { ...bound, status: 'revoked' });
    const loose: Pass = { ...bound, id: uuid(900), clientId: null, holderKey: null };
    server.state.passes.set(loose.id, loose);
    await app.sync.run();
    await vi.waitFor(() =>
      expect(validPasses()).toMatchObject([{ reservationId, clientId: app.sync.clientId }]),
    );
    await app.sync.run();
    const binds = server.pushes.flat().filter(({ op }) => op === 'pass.bind@1');
    expect(binds).toHaveLength(2);
  });

  it('D4 a static pass that has let somebody in is asked for once and left alone', async () => {
    const app = await signedIn();
    await app.reservations.reserve(SLOT, NOW + HOUR, NOW + 2 * HOUR);
    await app.sync.run();
    const [bound] = validPasses();
    if (!bound) throw new Error('no pass');
    const loose: Pass = { ...bound, clientId: null, holderKey: null };
    server.state.passes.set(loose.id, loose);
    server.state.scans.set('scan', {
      ...{ id: 'scan', passId: loose.id, guardId: 'guard', clientId: 'gate', gate: 1, direction: 'entry' },
      ...{
        scannedAt: NOW,
        recordedAt: NOW,
        result: 'valid',
        counts: true,
        reason: '',
        code: '',
        undoes: null,
      },
      journal: null,
    });
    await app.sync.run();
    const binds = () => server.pushes.flat().filter(({ op }) => op === 'pass.bind@1');
    await vi.waitFor(() => expect(binds()).toHaveLength(2));
    server.addSlot({ id: uuid(202), label: 'A-02' });
    await app.sync.run();
    await vi.waitFor(() => expect(app.slots.all).toHaveLength(2));
    expect(validPasses()).toEqual([loose]);
    expect(binds()).toHaveLength(2);
  });
});

function bindWish(app: App, reservationId: string) {
  const holderKey = app.passes.holderKey?.publicKey ?? '';
  return { op: 'pass.bind@1', args: { holderKey, reservationId } } as const;
}
