import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR, NOW, reservation } from '#shared/domain/testing';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

const MANAGER = uuid(104);
const RESIDENT = uuid(105);
const SLOT = uuid(201);

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MANAGER, role: 'manager', name: 'Max' });
  server.addMember({ id: RESIDENT, role: 'resident', name: 'Ana' });
  const slot = {
    id: SLOT,
    label: 'A-01',
    level: '',
    kind: 'car',
    ownerId: RESIDENT,
    ownerName: 'Ana',
  } as const;
  server.addSlot(slot);
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

describe('the people of a building on a manager’s device', () => {
  it('B6 stand there by name with their slots; to a resident nobody does', async () => {
    const [desk, phone] = [await signedIn(MANAGER), await signedIn(RESIDENT)];
    expect(desk.people).toMatchObject([
      { id: RESIDENT, name: 'Ana', role: 'resident', slotLabels: ['A-01'], waiting: false },
      { id: MANAGER, name: 'Max', role: 'manager', slotLabels: [] },
    ]);
    expect([phone.people, phone.invitations, phone.joinRequests]).toEqual([[], [], []]);
  });

  it('B6 K3 a role is given after a proof, shown as waiting until it is confirmed, and asked for five minutes at most', async () => {
    const app = await signedIn(MANAGER);
    app.noteVerified(app.now - VERIFIED_FOR);
    await expect(app.setRole(RESIDENT, 'guard')).rejects.toMatchObject({ code: 'verification_needed' });
    server.reachable = false;
    app.noteVerified(app.now);
    await app.setRole(RESIDENT, 'guard');
    expect(app.people[0]).toMatchObject({ role: 'guard', waiting: true, leaving: false });
    server.reachable = true;
    server.verifiedAt = NOW;
    await app.syncNow();
    await vi.waitFor(() => expect(app.people[0]).toMatchObject({ role: 'guard', waiting: false }));
  });

  it('K6 B8 credits are sold after a proof, also without signal, and asked for five minutes at most', async () => {
    const app = await signedIn(MANAGER);
    server.reachable = false;
    const sale = { memberId: RESIDENT, credits: 1, amount: 50, method: 'cash', reference: '' } as const;
    app.noteVerified(app.now - VERIFIED_FOR);
    await expect(app.topups.sell(sale)).rejects.toMatchObject({ code: 'verification_needed' });
    expect(app.outbox).toEqual([]);
    app.noteVerified(app.now);
    const topupId = await app.topups.sell(sale);
    expect([...app.topups.waiting]).toEqual([topupId]);
  });

  it('B6 somebody who is removed goes from the list, and the slot is the building’s', async () => {
    const app = await signedIn(MANAGER);
    server.verifiedAt = NOW;
    app.noteVerified(app.now);
    await app.removeMember(RESIDENT);
    expect(app.people[0]?.leaving ?? true).toBe(true);
    await app.syncNow();
    await vi.waitFor(() => expect(app.people.map(({ id }) => id)).toEqual([MANAGER]));
    expect(app.slots).toMatchObject([{ ownerId: null, ownerName: null }]);
  });

  it('B6 the last manager is told at once that a building needs one', async () => {
    const app = await signedIn(MANAGER);
    app.noteVerified(app.now);
    await expect(app.leaveSite()).rejects.toMatchObject({ code: 'last_manager' });
    await expect(app.setRole(MANAGER, 'resident')).rejects.toMatchObject({ code: 'last_manager' });
    await expect((await signedIn(RESIDENT)).removeMember(MANAGER)).rejects.toMatchObject({
      code: 'role_forbidden',
    });
  });

  it('B6 K6 how people come in changes at once on the screen, after a proof', async () => {
    const app = await signedIn(MANAGER);
    await expect(app.setRegistration('request')).rejects.toMatchObject({ code: 'verification_needed' });
    server.reachable = false;
    app.noteVerified(app.now);
    await app.setRegistration('request');
    expect(app.registration).toBe('request');
  });
});

describe('leaving a building', () => {
  it('D1 B6 cancels what is to come; then the copy goes and the device says so', async () => {
    const app = await signedIn(RESIDENT);
    const own = reservation({ id: uuid(300), slotId: SLOT, memberId: RESIDENT, start: NOW + HOUR });
    server.state.reservations.set(own.id, { ...own, receiverAccountId: uuid(1) });
    await app.syncNow();
    await app.leaveSite();
    expect(app.reservations).toMatchObject([{ state: 'cancelled' }]);
    await expect(app.setPlate('B UC 1')).rejects.toMatchObject({ code: 'member_left' });
    await app.syncNow();
    await vi.waitFor(() => expect(app.connection).toBe('left'));
    await vi.waitFor(() => expect([app.site, app.slots]).toEqual([null, []]));
    expect(server.state.members.get(RESIDENT)?.leftAt).toBe(NOW);
  });
});
