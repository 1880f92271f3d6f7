import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW } from '#shared/domain/testing';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { PersonState } from './person-state.svelte';
import { MembershipState } from './membership-state.svelte';
import { TestingProfile } from './testing-platform';

const membershipOf = (app: App) => new MembershipState(app.core);
const peopleOf = (app: App) => new PersonState(app.core);

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
  await app.session.signedIn(profile.signIn(memberId));
  await vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']));
  await app.sync.run();
  return app;
}

describe('the people of a building on a manager’s device', () => {
  it('B6 stand there by name with their slots; to a resident nobody does', async () => {
    const [desk, phone] = [await signedIn(MANAGER), await signedIn(RESIDENT)];
    expect(peopleOf(desk).all).toMatchObject([
      { id: RESIDENT, name: 'Ana', role: 'resident', slotLabels: ['A-01'], waiting: false },
      { id: MANAGER, name: 'Max', role: 'manager', slotLabels: [] },
    ]);
    expect([peopleOf(phone).all, peopleOf(phone).invitations, peopleOf(phone).joinRequests]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('B6 K3 a role is given after a proof, shown as waiting until it is confirmed, and asked for five minutes at most', async () => {
    const app = await signedIn(MANAGER);
    app.session.noteVerified(app.now - VERIFIED_FOR);
    await expect(peopleOf(app).setRole(RESIDENT, 'guard')).rejects.toMatchObject({
      code: 'verification_needed',
    });
    server.reachable = false;
    app.session.noteVerified(app.now);
    await peopleOf(app).setRole(RESIDENT, 'guard');
    expect(peopleOf(app).all[0]).toMatchObject({ role: 'guard', waiting: true, leaving: false });
    server.reachable = true;
    server.verifiedAt = NOW;
    await app.sync.run();
    await vi.waitFor(() => expect(peopleOf(app).all[0]).toMatchObject({ role: 'guard', waiting: false }));
  });

  it('B6 somebody who is removed goes from the list, and the slot is the building’s', async () => {
    const app = await signedIn(MANAGER);
    server.verifiedAt = NOW;
    app.session.noteVerified(app.now);
    await peopleOf(app).remove(RESIDENT);
    expect(peopleOf(app).all[0]?.leaving ?? true).toBe(true);
    await app.sync.run();
    await vi.waitFor(() => expect(peopleOf(app).all.map(({ id }) => id)).toEqual([MANAGER]));
    expect(app.slots.all).toMatchObject([{ ownerId: null, ownerName: null }]);
  });

  it('B6 the last manager is told at once that a building needs one', async () => {
    const app = await signedIn(MANAGER);
    app.session.noteVerified(app.now);
    await expect(membershipOf(app).leave()).rejects.toMatchObject({ code: 'last_manager' });
    await expect(peopleOf(app).setRole(MANAGER, 'resident')).rejects.toMatchObject({ code: 'last_manager' });
    await expect(peopleOf(await signedIn(RESIDENT)).remove(MANAGER)).rejects.toMatchObject({
      code: 'role_forbidden',
    });
  });

  it('B6 K6 how people come in changes at once on the screen, after a proof', async () => {
    const app = await signedIn(MANAGER);
    await expect(peopleOf(app).setRegistration('request')).rejects.toMatchObject({
      code: 'verification_needed',
    });
    server.reachable = false;
    app.session.noteVerified(app.now);
    await peopleOf(app).setRegistration('request');
    expect(peopleOf(app).registration).toBe('request');
  });
});
