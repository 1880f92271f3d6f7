import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultNoticePreferences } from '#shared/domain/notice-kinds';
import { HOUR, NOW } from '#shared/domain/testing';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';

const ANA = uuid(105);
const [OLD, NEW] = [uuid(301), uuid(302)];

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: ANA, role: 'resident', name: 'Ana' });
  for (const [id, hoursAgo] of [
    [OLD, 2],
    [NEW, 1],
  ] as const)
    server.state.notices.set(id, {
      ...{ id, memberId: ANA, kind: 'credits_low', data: { balance: 2 }, toldKey: id },
      ...{ createdAt: NOW - hoursAgo * HOUR, readAt: null },
    });
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
});

async function signedIn(): Promise<App> {
  const profile = new TestingProfile(server);
  const app = new App(profile.platform());
  apps.push(app);
  await app.start();
  await app.session.signedIn(profile.signIn(ANA));
  await vi.waitFor(() => expect([app.sync.loaded, app.sync.connection]).toEqual([true, 'online']));
  await app.sync.run();
  return app;
}

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe('notices on a device', () => {
  it('B4 what was read without signal is read at once, waits for nobody, and is then read on the other device', async () => {
    const [phone, tablet] = [await signedIn(), await signedIn()];
    expect(ids(phone.notices.all)).toEqual([NEW, OLD]);
    server.reachable = false;
    await phone.notices.markRead([OLD, uuid(999)]);
    expect(ids(phone.notices.unread)).toEqual([NEW]);
    expect(phone.outbox.waitingCount).toBe(0);
    server.reachable = true;
    await phone.sync.run();
    await tablet.sync.run();
    await vi.waitFor(() => expect(ids(tablet.notices.unread)).toEqual([NEW]));
    expect(tablet.notices.all[1]).toMatchObject({ id: OLD, readAt: NOW });
  });

  it('B4 what was read and not sent asks nobody at a sign-out', async () => {
    const app = await signedIn();
    server.reachable = false;
    await app.notices.markRead([NEW]);
    expect(await app.session.signOut({ force: false })).toEqual({ done: true, unsent: 0 });
  });

  it('B4 a tapped notice whose row has not come down yet is read when it comes, also after a restart without signal', async () => {
    const profile = new TestingProfile(server);
    const first = new App(profile.platform());
    apps.push(first);
    await first.start();
    await first.session.signedIn(profile.signIn(ANA));
    await vi.waitFor(() => expect([first.sync.loaded, first.sync.connection]).toEqual([true, 'online']));
    server.reachable = false;
    const LATE = uuid(303);
    server.state.notices.set(LATE, { ...server.state.notices.get(NEW)!, id: LATE, toldKey: LATE });
    await first.notices.markOpened(LATE);
    await first.stop();
    const again = new App(profile.platform());
    apps.push(again);
    await again.start();
    server.reachable = true;
    await vi.waitFor(async () => {
      await again.sync.run();
      expect(ids(again.notices.all)).toContain(LATE);
    });
    expect(ids(again.notices.unread)).toEqual([NEW, OLD]);
    await vi.waitFor(() => expect(server.state.notices.get(LATE)?.readAt).toBe(NOW));
    const sent = server.pushes.length;
    await again.notices.markOpened(LATE);
    await again.sync.run();
    expect(server.pushes.length).toBe(sent);
  });

  it('B4 what is read already asks for nothing', async () => {
    const app = await signedIn();
    await app.notices.markRead([NEW]);
    await app.sync.run();
    const sent = server.pushes.length;
    await app.notices.markRead([NEW]);
    await app.sync.run();
    expect(server.pushes.length).toBe(sent);
  });

  it('B4 how to be told is chosen without signal, shown as waiting, and the same everywhere then', async () => {
    const [phone, tablet] = [await signedIn(), await signedIn()];
    expect(phone.notices.preferences).toEqual(defaultNoticePreferences);
    const wanted = { ...defaultNoticePreferences, push: { slot_reserved: true }, quietHours: null };
    server.reachable = false;
    await phone.notices.setPreferences(wanted);
    expect(phone.notices.preferences).toEqual(wanted);
    expect(phone.outbox.waitingCount).toBe(1);
    server.reachable = true;
    await phone.sync.run();
    await tablet.sync.run();
    await vi.waitFor(() => expect(tablet.notices.preferences).toEqual(wanted));
  });
});
