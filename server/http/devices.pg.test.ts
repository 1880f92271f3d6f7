import { createECDH, ECDH, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createSettableClock } from '../platform/clock';
import { addMember, addSite } from '../services/auth/testing-people';
import { demoId } from '../services/demo/demo-people';
import { startTestServer, type TestServer } from './testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from './testing-device';

const HOUR = 3_600_000;
const RESIDENT = 'resident-a@demo.undercroft.test';
const NEIGHBOUR = 'resident-b@demo.undercroft.test';
const MANAGER = 'manager@demo.undercroft.test';

let database: TestDatabase;
const clock = createSettableClock(Date.UTC(2026, 10, 21, 9));
const servers: TestServer[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  // Two processes on one database, which remember sessions each for itself. Streams are looked at once in an hour, so that
  // what ends one at once is seen.
  for (const demoPassword of [TEST_PASSWORD, undefined]) {
    servers.push(
      await startTestServer({
        ...{ databaseUrl: database.url, clock, checkSessionsEvery: HOUR, trustProxy: 1 },
        ...(demoPassword && { demoPassword }),
      }),
    );
  }
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await database.close();
});

interface Listed {
  readonly id: string;
  readonly isHere: boolean;
  readonly holdsKey: boolean;
  readonly network: string;
  readonly isSameNetwork: boolean;
  readonly isOver: boolean;
  readonly name: string;
  readonly words: string;
  readonly clientIds: readonly string[];
}

const CHROME =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36';

function makeKey(): string {
  const pair = createECDH('prime256v1');
  return ECDH.convertKey(pair.generateKeys(), 'prime256v1', undefined, 'base64url', 'compressed') as string;
}
const bind = (holderKey: string) => ({ op: 'pass.bind@1', args: { holderKey, reservationId: null } });
const verify = (device: TestDevice) => device.post('auth.verifyByPassword', { password: TEST_PASSWORD });

async function list(device: TestDevice): Promise<readonly Listed[]> {
  const answer = await device.get<readonly Listed[]>('sessions.list', { 'x-forwarded-for': '203.0.113.9' });
  if (!answer.data) throw new Error(answer.text);
  return answer.data;
}
const ownId = async (device: TestDevice) => (await list(device)).find(({ isHere }) => isHere)!.id;

async function signedIn(email = RESIDENT, server = servers[0]!): Promise<TestDevice> {
  const device = createTestDevice(server.url);
  await device.post('auth.signIn', { email, password: TEST_PASSWORD }, { 'user-agent': CHROME });
  return device;
}

let pairs = 0;

/** A phone with a key and the pass of a reservation, and a tablet with a key, of one resident. */
async function phoneAndTablet() {
  const [phone, tablet] = [await signedIn(), await signedIn()];
  const { rows } = await database.pool.query<{ slot_id: string }>(
    `select slot_id from slots where owner_id is null order by label limit 1`,
  );
  const reservationId = randomUUID();
  // A window of its own for each pair, within what the site lets reserve ahead.
  const start = clock.now() + (48 + 2 * pairs++) * HOUR;
  const args = { reservationId, slotId: rows[0]!.slot_id, start, end: start + HOUR };
  await phone.push([bind(makeKey()), { op: 'reservation.create@1', args }]);
  await tablet.push([bind(makeKey())]);
  return { phone, tablet, reservationId };
}

async function passesOf(reservationId: string) {
  const { rows } = await database.pool.query<{ status: string; client_id: string | null }>(
    'select status, client_id from passes where reservation_id = $1 order by pass_id',
    [reservationId],
  );
  return rows.map(({ status, client_id }) => [status, client_id]);
}

describe('a member’s devices', () => {
  it('B5 lists browser, place, use and whether it holds a pass key, this one marked; nobody else’s', async () => {
    const device = await signedIn(NEIGHBOUR);
    await signedIn(RESIDENT);
    await device.push([bind(makeKey())]);
    const other = await signedIn(NEIGHBOUR, servers[1]);
    const listed = await list(other);
    expect(listed).toHaveLength(2);
    expect(listed.find(({ isHere }) => isHere)).toMatchObject({
      ...{ words: 'Chrome on Android', holdsKey: false, name: '', isOver: false, clientIds: [] },
      ...{ network: '127.0.0.0/24', isSameNetwork: false },
    });
    expect(listed.find(({ isHere }) => !isHere)).toMatchObject({
      ...{ holdsKey: true, clientIds: [device.clientId] },
    });
  });

  it('B5 attack: a browser that signs in again is the device it was: taking the others away leaves its own pass key', async () => {
    const device = await signedIn(NEIGHBOUR);
    await device.push([bind(makeKey())]);
    await device.post('sessions.rename', { sessionId: await ownId(device), name: 'My phone' });
    const holds = { holdsKey: true, name: 'My phone', clientIds: [device.clientId] };
    const others = (await list(device)).length - 1;
    const again = () => device.post('auth.signIn', { email: NEIGHBOUR, password: TEST_PASSWORD });
    // Once while the session is good, once when it is over.
    await again();
    expect(await list(device)).toHaveLength(others + 1);
    expect((await list(device)).find(({ isHere }) => isHere)).toMatchObject(holds);
    await database.pool.query('update sessions set expires_at = $2 where session_id = $1', [
      await ownId(device),
      new Date(clock.now()),
    ]);
    clock.advance(2000);
    expect((await device.pull(null)).error?.code).toBe('signed_out');
    await again();
    expect((await list(device)).find(({ isHere }) => isHere)).toMatchObject(holds);
    expect((await device.post('sessions.revokeOthers', {})).status).toBe(200);
    const { rows } = await database.pool.query('select revoked_at from holder_keys where client_id = $1', [
      device.clientId,
    ]);
    expect(rows).toEqual([{ revoked_at: null }]);
    expect((await device.pull(null)).status).toBe(200);
  });

  it('B5 A6 somebody else who signs in on a browser takes nothing over', async () => {
    const device = await signedIn(NEIGHBOUR);
    await device.push([bind(makeKey())]);
    await device.signIn(RESIDENT);
    expect((await list(device)).find(({ isHere }) => isHere)).toMatchObject({ clientIds: [] });
  });

  it('B5 A6 renames one’s own and nobody else’s', async () => {
    const [own, stranger] = [await signedIn(), await signedIn(NEIGHBOUR)];
    const sessionId = await ownId(own);
    expect((await own.post('sessions.rename', { sessionId, name: ' Car phone ' })).status).toBe(200);
    expect((await list(own)).find(({ id }) => id === sessionId)?.name).toBe('Car phone');
    const tried = await stranger.post('sessions.rename', { sessionId, name: 'Mine' });
    expect(tried.error?.code).toBe('session_not_found');
    expect((await list(own)).find(({ id }) => id === sessionId)?.name).toBe('Car phone');
  });

  it('B5 revoking ends session, stream, push subscription and pass key at once, in every process', async () => {
    const { phone, tablet, reservationId } = await phoneAndTablet();
    const { rows } = await database.pool.query<{ user_id: string }>(
      `select user_id from users where email = $1`,
      [RESIDENT],
    );
    const phoneId = await ownId(phone);
    await database.pool.query(
      `insert into push_subscriptions (endpoint_sha256, session_sha256, user_id, endpoint, p256dh, auth, created_at)
       select sha256('x'), token_sha256, $2, 'https://push.example', 'k', 'a', now() from sessions where session_id = $1`,
      [phoneId, rows[0]!.user_id],
    );
    phone.moveTo(servers[1]!.url);
    const stream = await phone.openPokes();
    expect((await phone.pull(null)).status).toBe(200);

    const begun = performance.now();
    expect((await tablet.post('sessions.revoke', { sessionId: phoneId })).text).toContain('"result"');
    await stream.ended;
    expect(performance.now() - begun).toBeLessThan(2_000);
    // The other process has let go of what it remembered, without its two seconds having passed.
    for (const server of servers) {
      phone.moveTo(server.url);
      const refused = await phone.pull(null);
      expect([refused.status, refused.error?.code]).toEqual([401, 'session_revoked']);
    }
    expect(await passesOf(reservationId)).toEqual([
      ['revoked', phone.clientId],
      ['valid', tablet.clientId],
    ]);
    const left = await database.pool.query('select from push_subscriptions');
    expect(left.rowCount).toBe(0);
    const { rows: keys } = await database.pool.query(
      'select revoked_at is not null as gone from holder_keys where client_id = $1',
      [phone.clientId],
    );
    expect(keys).toEqual([{ gone: true }]);
    expect((await list(tablet)).map(({ id }) => id)).not.toContain(phoneId);
    const { rows: events } = await database.pool.query(
      `select detail from security_events where kind = 'session_revoked' and user_id = $1`,
      [rows[0]!.user_id],
    );
    expect(events).toEqual([{ detail: { device: 'Chrome on Android' } }]);
  });

  it('B5 giving up a device by its pass key ends its session too, and its device is told to wipe', async () => {
    const { phone, tablet } = await phoneAndTablet();
    const removed = await tablet.push([{ op: 'device.revoke@1', args: { clientId: phone.clientId } }]);
    expect(removed.data?.outcomes).toMatchObject([{ status: 'applied' }]);
    expect((await phone.pull(null)).error?.code).toBe('session_revoked');
    expect((await tablet.pull(null)).status).toBe(200);
  });

  it('B5 revokes all others and leaves the asking one', async () => {
    const [own, ...others] = [await signedIn(MANAGER), await signedIn(MANAGER), await signedIn(MANAGER)];
    const answer = await own!.post<{ revoked: number }>('sessions.revokeOthers', {});
    expect(answer.data?.revoked).toBe(2);
    for (const other of others) expect((await other.pull(null)).error?.code).toBe('session_revoked');
    expect(await list(own!)).toHaveLength(1);
  });

  it('B5 K6 not the one in use, nobody else’s, and not without a fresh proof', async () => {
    const { phone, tablet } = await phoneAndTablet();
    const sessionId = await ownId(phone);
    expect((await phone.post('sessions.revoke', { sessionId })).error?.code).toBe('session_here');
    const stranger = await signedIn(NEIGHBOUR);
    expect((await stranger.post('sessions.revoke', { sessionId })).error?.code).toBe('session_not_found');
    clock.advance(VERIFIED_FOR);
    for (const [procedure, input] of [
      ['sessions.revoke', { sessionId }],
      ['sessions.revokeOthers', {}],
    ] as const) {
      const tried = await tablet.post(procedure, input);
      expect([tried.status, tried.error?.code]).toEqual([403, 'verification_needed']);
    }
    expect((await phone.pull(null)).status).toBe(200);
    await verify(tablet);
    expect((await tablet.post('sessions.revoke', { sessionId })).status).toBe(200);
  });

  it('B5 a phone whose session ran out weeks ago can still be taken away, key and all', async () => {
    const { phone, tablet } = await phoneAndTablet();
    const phoneId = await ownId(phone);
    await database.pool.query(
      `update sessions set expires_at = $2, last_seen_at = $2 where session_id = $1`,
      [phoneId, new Date(clock.now() - HOUR)],
    );
    clock.advance(2_000);
    expect((await phone.pull(null)).error?.code).toBe('signed_out');
    expect((await list(tablet)).find(({ id }) => id === phoneId)).toMatchObject({
      isOver: true,
      holdsKey: true,
    });
    await tablet.post('sessions.revoke', { sessionId: phoneId });
    expect((await phone.pull(null)).error?.code).toBe('session_revoked');
  });
});

describe('attacks on sessions', () => {
  it('B5 stolen cookie after revoke: opens nothing, in no process, also after its owner signed in again', async () => {
    const { phone: thief, tablet } = await phoneAndTablet();
    const sessionId = await ownId(thief);
    await tablet.post('sessions.revoke', { sessionId });
    await signedIn();
    clock.advance(2_000);
    for (const server of servers) {
      thief.moveTo(server.url);
      for (const [procedure, input] of [
        ['sync.pull', { proto: 1, build: 'test', clientId: thief.clientId, cookie: null }],
        ['auth.verifyByPassword', { password: TEST_PASSWORD }],
      ] as const) {
        expect((await thief.post(procedure, input)).error?.code).toBe('session_revoked');
      }
    }
  });

  it('B5 a token changed after the owner has looked does not outrun them, one by one or all at once', async () => {
    const { phone: thief, tablet } = await phoneAndTablet();
    const sessionId = await ownId(thief);
    await verify(thief);
    expect(await ownId(thief)).toBe(sessionId);
    expect((await tablet.post('sessions.revoke', { sessionId })).status).toBe(200);
    expect((await thief.pull(null)).error?.code).toBe('session_revoked');

    const again = await signedIn();
    const changing = (async () => {
      for (let round = 0; round < 8; round++) await verify(again);
    })();
    expect((await tablet.post('sessions.revokeOthers', {})).status).toBe(200);
    await changing;
    expect((await again.pull(null)).status).toBe(401);
    expect(await list(tablet)).toHaveLength(1);
  });

  it('B10 going over to the site one is at gives no new token, and the session’s answer none', async () => {
    const device = await signedIn(NEIGHBOUR);
    const answers = [
      await device.post('sites.switch', { siteId: demoId('site/0') }),
      await device.get('auth.session'),
    ];
    // A late answer with the token of before would put a dead one in the place of a new one.
    for (const { status, headers } of answers) expect([status, headers.getSetCookie()]).toEqual([200, []]);
    expect((await device.pull(null)).status).toBe(200);
  });

  it('B5 A6 another’s client is not noted as one’s own, and of many the latest and those with a key', async () => {
    const device = await signedIn(NEIGHBOUR);
    await device.push([bind(makeKey())]);
    const { rows } = await database.pool.query<{ client_id: string }>(
      `insert into clients (site_id, client_id, member_id)
       select c.site_id, gen_random_uuid(), c.member_id from clients c, generate_series(1, 25) where c.client_id = $1
       returning client_id`,
      [device.clientId],
    );
    const stranger = await signedIn(RESIDENT);
    await stranger.push([bind(makeKey())]);
    const ids = [stranger.clientId, ...rows.map((row) => row.client_id)];
    for (const clientId of ids) {
      clock.advance(1);
      await device.post('sync.pull', { proto: 1, build: 'test', clientId, cookie: null });
    }
    const noted = (await list(device)).find(({ isHere }) => isHere)!;
    expect(noted.holdsKey).toBe(true);
    expect([...noted.clientIds].sort()).toEqual([device.clientId, ...ids.slice(-19)].sort());
    // One that was dropped binds a key: it goes with the session again.
    await device.post('sync.push', {
      ...{ proto: 1, build: 'test', clientId: ids[1] },
      intents: [{ ...bind(makeKey()), seq: 1, id: randomUUID(), deviceTime: clock.now(), expiresAt: null }],
    });
    expect((await list(device)).find(({ isHere }) => isHere)?.clientIds).toContain(ids[1]);
  });

  it('B5 K6 a device that cannot be given up empties nobody’s memory of sessions', async () => {
    const bystander = await signedIn(NEIGHBOUR);
    const named = async () =>
      (await bystander.get<{ user: { name: string } }>('auth.session')).data?.user.name;
    const before = await named();
    await database.pool.query(`update users set name = 'Renamed' where email = $1`, [NEIGHBOUR]);
    const { phone, tablet } = await phoneAndTablet();
    await tablet.push([{ op: 'device.revoke@1', args: { clientId: randomUUID() } }]);
    await tablet.push([{ op: 'device.revoke@1', args: { clientId: phone.clientId } }]);
    expect((await phone.pull(null)).error?.code).toBe('session_revoked');
    expect(await named()).toBe(before);
    await database.pool.query('update users set name = $2 where email = $1', [NEIGHBOUR, before]);
  });

  it('B10 a session that was left alone for days is not carried into a role that allows hours', async () => {
    const device = await signedIn(NEIGHBOUR);
    const { rows } = await database.pool.query<{ user_id: string }>(
      'select user_id from users where email = $1',
      [NEIGHBOUR],
    );
    const userId = rows[0]!.user_id;
    const [managed, lived] = [
      await addSite(database.pool, 'invited'),
      await addSite(database.pool, 'invited'),
    ];
    await addMember(database.pool, { siteId: managed, userId, role: 'manager', joinedAt: new Date() });
    await addMember(database.pool, { siteId: lived, userId, role: 'resident', joinedAt: new Date() });
    clock.advance(4 * 24 * HOUR);
    const tried = await device.post('sites.switch', { siteId: managed });
    expect([tried.status, tried.error?.code]).toEqual([403, 'verification_needed']);
    expect((await device.post('sites.switch', { siteId: lived })).status).toBe(200);
    await verify(device);
    expect((await device.post('sites.switch', { siteId: managed })).status).toBe(200);
    await database.pool.query('update members set left_at = now() where site_id = any($1)', [
      [managed, lived],
    ]);
  });

  it('B10 stolen cookie after a proof: the owner has a new token, the copy is dead and was never verified', async () => {
    const owner = await signedIn(NEIGHBOUR);
    const jar = { cookie: '' };
    const response = await fetch(`${servers[0]!.url}/trpc/auth.signIn`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: NEIGHBOUR, password: TEST_PASSWORD }),
    });
    jar.cookie = response.headers.getSetCookie()[0]!.split(';')[0]!;
    const call = (procedure: string, input: unknown, cookie: string) =>
      owner.post(procedure, input, { cookie });
    const proved = await call('auth.verifyByPassword', { password: TEST_PASSWORD }, jar.cookie);
    const renewed = proved.headers.getSetCookie()[0]!.split(';')[0]!;
    expect(renewed).not.toBe(jar.cookie);
    expect((await owner.get('sessions.list', { cookie: jar.cookie })).error?.code).toBe('signed_out');
    expect((await owner.get('sessions.list', { cookie: renewed })).status).toBe(200);
  });

  it('B5 A6 another’s client id as one’s own ends nobody else’s session', async () => {
    const victim = await signedIn(RESIDENT);
    await victim.push([bind(makeKey())]);
    const attacker = createTestDevice(servers[0]!.url, victim.clientId);
    await attacker.signIn(NEIGHBOUR);
    expect((await attacker.push([bind(makeKey())])).error?.code).toBe('client_foreign');
    const helper = await signedIn(NEIGHBOUR);
    const tried = await helper.push([{ op: 'device.revoke@1', args: { clientId: victim.clientId } }]);
    expect(tried.data?.outcomes).toMatchObject([{ code: 'device_not_found' }]);
    expect((await victim.pull(null)).status).toBe(200);
  });
});
