import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decide } from '#shared/domain/decide';
import type { WaitlistEntry } from '#shared/domain/entities';
import { defaultPolicy } from '#shared/domain/policy';
import { applyChanges, type State } from '#shared/domain/state';
import { codeOf, HOUR, NOW, reservation, slot, stateOf } from '#shared/domain/testing';
import { SITE, TestingServer, uuid } from '$lib/sync/testing-server';
import type { AppArea } from './app-area';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';
import { WaitlistState } from './waitlist-state.svelte';

const MARA = uuid(101);
const SLOT = uuid(201);
const HOLD = uuid(301);
const wanted = { start: NOW + HOUR, end: NOW + 3 * HOUR };
const anySlot = { kinds: [], levels: [], maxPrice: null, takeForMe: false };

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addSlot({ id: SLOT, label: 'A-01' });
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
});

async function signedIn(): Promise<App> {
  const profile = new TestingProfile(server);
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  await app.session.signedIn(profile.signIn(MARA));
  await vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']));
  await app.sync.run();
  return app;
}

/** As the server's own dispatcher does. */
function offer(entryId: string): void {
  const args = { entryId, slotId: SLOT, reservationId: HOLD, ...wanted };
  const context = {
    ...{ now: server.now, clientId: uuid(1), verifiedAt: null, newId: () => uuid(999) },
    actor: { id: SITE, role: 'system' as const, name: 'Undercroft' },
  };
  const decision = decide(server.state, { op: 'waitlist.offer@1', args }, context);
  expect(codeOf(decision)).toBe('applied');
  if (decision.status === 'applied') applyChanges(server.state, decision.changes);
}

test('E8 K3 waiting from offline stands there as waiting to be sent, and is in line once the server has it', async () => {
  const app = await signedIn();
  server.reachable = false;
  const id = await app.waitlist.join({ ...wanted, ...anySlot, kinds: ['charger'], maxPrice: 3 });
  expect(app.waitlist.entries).toMatchObject([
    { id, ...wanted, kinds: ['charger'], maxPrice: 3, mark: 'waiting', offer: null },
  ]);
  await expect(app.waitlist.join({ ...wanted, ...anySlot })).rejects.toMatchObject({
    code: 'waitlist_exists',
  });
  server.reachable = true;
  await app.sync.run();
  await vi.waitFor(() => expect(app.waitlist.entries).toMatchObject([{ id, mark: 'confirmed' }]));
  await app.waitlist.leave(id);
  expect(app.waitlist.entries).toEqual([]);
});

test('E8 an offer is no reservation until it is taken, and taken offline it waits for the server', async () => {
  const app = await signedIn();
  const id = await app.waitlist.join({ ...wanted, ...anySlot });
  await app.sync.run();
  offer(id);
  await app.sync.run();
  const slotOffer = { slotId: SLOT, slotLabel: 'A-01', price: 3, receiverName: null };
  await vi.waitFor(() => expect(app.waitlist.entries).toMatchObject([{ id, offer: slotOffer }]));
  expect([app.reservations.all, app.credits.balance]).toEqual([[], 50]);
  server.reachable = false;
  await app.waitlist.accept(app.waitlist.entries[0]!);
  expect(app.waitlist.entries).toEqual([]);
  expect(app.reservations.all).toMatchObject([
    { id: HOLD, mark: 'waiting', state: 'confirmed', booked: true },
  ]);
  expect(app.credits.balance).toBe(47);
  server.reachable = true;
  await app.sync.run();
  await vi.waitFor(() => expect(app.reservations.all).toMatchObject([{ id: HOLD, mark: 'confirmed' }]));
  expect(server.state.accounts.get(MARA)?.balance).toBe(47);
});

test('E8 an offer is gone the second it lapses, not with the next minute', () => {
  const expires = NOW + 20_000;
  const state = offeredState(expires);
  const shownAt = (now: number) =>
    new WaitlistState({
      ...{ predicted: () => state, outbox: () => [], memberId: () => MARA },
      ...{ minute: () => NOW, now: () => now },
    } as unknown as AppArea).entries;
  expect(shownAt(expires - 1)).toMatchObject([{ id: 'e', offer: { expiresAt: expires } }]);
  expect(shownAt(expires)).toEqual([]);
});

/** A state in which Mara is offered a slot until `expires`. */
function offeredState(expires: number): State {
  const hold = { id: HOLD, slotId: SLOT, memberId: MARA, ...wanted, state: 'held', offered: true } as const;
  const entry: WaitlistEntry = {
    ...{ id: 'e', memberId: MARA, ...wanted, ...anySlot, createdAt: NOW, state: 'offered' },
    ...{ reservationId: HOLD, offerExpiresAt: expires, restsUntil: null, endedAt: null },
  };
  return stateOf({
    slots: [slot({ id: SLOT })],
    reservations: [reservation(hold)],
    waitlistEntries: [entry],
  });
}

test('E8 an offer that passes is no longer there', async () => {
  const app = await signedIn();
  const id = await app.waitlist.join({ ...wanted, ...anySlot });
  await app.sync.run();
  offer(id);
  await app.sync.run();
  await vi.waitFor(() => expect(app.waitlist.entries[0]?.offer).not.toBeNull());
  await app.waitlist.decline(app.waitlist.entries[0]!);
  expect(app.waitlist.entries).toEqual([]);
  await app.sync.run();
  expect(server.state.reservations.get(HOLD)).toMatchObject({ state: 'cancelled', offered: true });
  await vi.waitFor(() => expect(app.outbox.wishes).toEqual([]));
  expect([app.reservations.all, app.credits.balance]).toEqual([[], 50]);
});

test('E8 a no without signal is heard after the offer’s end too, and is no refusal then', async () => {
  const app = await signedIn();
  const id = await app.waitlist.join({ ...wanted, ...anySlot });
  await app.sync.run();
  offer(id);
  await app.sync.run();
  await vi.waitFor(() => expect(app.waitlist.entries[0]?.offer).not.toBeNull());
  server.reachable = false;
  await app.waitlist.decline(app.waitlist.entries[0]!);
  server.now += defaultPolicy.offerTime + 1;
  server.reachable = true;
  await app.sync.run();
  await vi.waitFor(() => expect(app.outbox.wishes).toEqual([]));
  expect(server.state.waitlistEntries.get(id)?.state).toBe('declined');
});
