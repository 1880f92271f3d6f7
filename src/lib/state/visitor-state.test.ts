import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import { TestingServer, uuid } from '$lib/sync/testing-server';
import { App } from './app-state.svelte';
import { TestingProfile } from './testing-platform';
import type { VisitorWish } from './visitor-views';

const MARA = uuid(101);
const IVO = uuid(102);
const wanted: VisitorWish = {
  visitors: [{ name: 'Anna', phone: '+48 600 100 200' }],
  uses: 1,
  start: NOW + HOUR,
  end: NOW + 3 * HOUR,
  plate: '',
  amount: 0,
  payment: 'none',
  reference: '',
  binds: false,
};

let server: TestingServer;
let apps: App[];

beforeEach(() => {
  apps = [];
  server = new TestingServer(NOW);
  server.addMember({ id: MARA, role: 'resident', name: 'Mara' });
  server.addMember({ id: IVO, role: 'resident', name: 'Ivo' });
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

test('D2 a visitor pass made without signal waits, and is confirmed later with its code', async () => {
  const app = await signedIn(MARA);
  server.reachable = false;
  const id = await app.visitors.issue(wanted);
  expect(app.visitors.passes).toMatchObject([
    { id, mark: 'waiting', code: null, linkHash: expect.any(String) as string },
  ]);
  server.reachable = true;
  await app.sync.run();
  await vi.waitFor(() =>
    expect(app.visitors.passes).toMatchObject([{ id, mark: 'confirmed', code: 'K7QM4XRT' }]),
  );
});

test('D2 the secret of a link stays on the device that made it; the server has its hash', async () => {
  const app = await signedIn(MARA);
  const id = await app.visitors.issue(wanted);
  await app.sync.run();
  const token = await app.visitors.linkOf(id);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const hash = createHash('sha256').update(Buffer.from(token!, 'base64url')).digest('base64url');
  expect(server.state.visitorPasses.get(id)?.linkHash).toBe(hash);
  const other = await signedIn(MARA);
  expect(other.visitors.passes).toMatchObject([{ id, linkHash: hash }]);
  expect(await other.visitors.linkOf(id)).toBeNull();
  await other.visitors.newLink(id);
  await other.sync.run();
  const next = await other.visitors.linkOf(id);
  expect(next).not.toBe(token);
  expect(server.state.visitorPasses.get(id)?.linkHash).toBe(
    createHash('sha256').update(Buffer.from(next!, 'base64url')).digest('base64url'),
  );
  // The first device does not offer a link that opens nothing any more.
  await app.sync.run();
  await vi.waitFor(async () => expect(await app.visitors.linkOf(id)).toBeNull());
});

test('D2 a revocation that waits takes nothing away yet', async () => {
  const app = await signedIn(MARA);
  const id = await app.visitors.issue(wanted);
  await app.sync.run();
  await vi.waitFor(() => expect(app.visitors.passes[0]?.mark).toBe('confirmed'));
  server.reachable = false;
  await app.visitors.revoke(id);
  expect(app.visitors.passes).toMatchObject([{ revokeWaiting: true, revokedAt: null, code: 'K7QM4XRT' }]);
  expect(app.visitors.revocationsWaiting.has(id)).toBe(true);
  server.reachable = true;
  await app.sync.run();
  await vi.waitFor(() => expect(app.visitors.passes).toMatchObject([{ revokedAt: NOW, code: null }]));
  await vi.waitFor(() => expect(app.visitors.passes[0]?.revokeWaiting).toBe(false));
});

test('D2 what the device knows to be no is said at once; what only the server knows comes back as refused', async () => {
  const mara = await signedIn(MARA);
  await mara.visitors.issue(wanted);
  await expect(mara.visitors.issue(wanted)).rejects.toMatchObject({ code: 'visitor_expected' });
  await mara.sync.run();
  const ivo = await signedIn(IVO);
  const id = await ivo.visitors.issue(wanted);
  await ivo.sync.run();
  await vi.waitFor(() =>
    expect(ivo.visitors.passes).toMatchObject([
      { id, mark: 'refused', refusal: { code: 'visitor_expected' } },
    ]),
  );
  await ivo.outbox.dismiss(ivo.visitors.passes[0]!.seq!);
  expect(ivo.visitors.passes).toEqual([]);
});

test('D2 the old secret is not forgotten for a link that the rules refuse', async () => {
  const app = await signedIn(MARA);
  const id = await app.visitors.issue(wanted);
  await app.visitors.revoke(id);
  const token = await app.visitors.linkOf(id);
  await expect(app.visitors.newLink(id)).rejects.toMatchObject({ code: 'visitor_pass_over' });
  expect(await app.visitors.linkOf(id)).toBe(token);
});

test('D2 K3 a new link that the server refuses leaves the old one, again and again', async () => {
  const app = await signedIn(MARA);
  const id = await app.visitors.issue(wanted);
  await app.sync.run();
  await vi.waitFor(() => expect(app.visitors.passes[0]?.mark).toBe('confirmed'));
  const old = await app.visitors.linkOf(id);
  for (const _attempt of [1, 2]) {
    server.reachable = false;
    await app.visitors.newLink(id);
    expect(await app.visitors.linkOf(id)).not.toBe(old);
    // As by a guard, and taken back: only the server knows, and the link in force is still the old one.
    const visit = server.state.visitorPasses.get(id)!;
    server.state.visitorPasses.set(id, { ...visit, revokedAt: NOW });
    server.reachable = true;
    await app.sync.run();
    await vi.waitFor(() => expect(app.visitors.passes[0]?.linkWaiting).toBe(false));
    expect(app.outbox.wishes.some(({ op, mark }) => op === 'visitor.link@1' && mark === 'refused')).toBe(
      true,
    );
    expect(await app.visitors.linkOf(id)).toBe(old);
    server.state.visitorPasses.set(id, visit);
    await app.sync.run();
    await vi.waitFor(() => expect(app.visitors.passes[0]?.revokedAt).toBeNull());
  }
});
