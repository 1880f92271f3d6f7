import { createPublicKey, verify } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNLOCK_LASTS, type UnlockBegun } from '#shared/protocol/unlock';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createTestBrowser, type TestBrowser } from '../../http/testing-browser';
import { startTestServer, type TestServer } from '../../http/testing';
import { TEST_PASSWORD } from '../../http/testing-device';
import { createTestReceiver, startTestPushService, type TestPushService } from './testing-push-service';
import { loadVapidKey } from './vapid-key';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const EMAIL = 'resident-a@demo.undercroft.test';
const ORIGIN = 'https://parking.example';

let database: TestDatabase;
let service: TestPushService;
const servers: TestServer[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  service = await startTestPushService();
  // Two processes on one database.
  for (const demoPassword of [TEST_PASSWORD, undefined]) {
    const { transport: pushTransport } = service;
    const options = { databaseUrl: database.url, origin: ORIGIN, trustProxy: 1, pushTransport };
    servers.push(await startTestServer({ ...options, ...(demoPassword && { demoPassword }) }));
  }
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await service.close();
  await database.close();
});
afterEach(async () => {
  service.answer(201);
  await database.pool.query('delete from push_subscriptions');
  await database.pool.query('truncate rate_limits');
});

let phones = 0;
const url = () => servers[0]!.url;

async function openPhone(account = 'resident-a'): Promise<TestBrowser> {
  const phone = createTestBrowser(url(), { address: `192.0.2.${++phones}` });
  await phone.signIn(account);
  return phone;
}

/** Subscribes the phone as its browser would. */
async function subscribe(phone: TestBrowser, path = `/${phones}`) {
  const receiver = createTestReceiver();
  const subscription = { endpoint: `${service.url}${path}`, keys: receiver.keys };
  const { status } = await phone.post('push.subscribe', subscription);
  expect(status).toBe(200);
  return { receiver, subscription };
}

const askFor = (email: string) =>
  createTestBrowser(url(), { address: `192.0.2.${++phones}`, userAgent: CHROME }).post<UnlockBegun>(
    'unlock.begin',
    { email },
  );

const count = async () => {
  const { rows } = await database.pool.query<{ count: number }>(
    'select count(*)::int as count from push_subscriptions',
  );
  return rows[0]!.count;
};

describe('push', () => {
  it('B2 B4 a browser that asks for an e-mail wakes its phones, and only they can read what for', async () => {
    const phone = await openPhone();
    const { receiver, subscription } = await subscribe(phone);
    const { data } = await askFor(EMAIL);
    const message = await service.next();
    expect(subscription.endpoint).toBe(`${service.url}${message.path}`);
    expect(message.headers).toMatchObject({
      'content-encoding': 'aes128gcm',
      ttl: String(UNLOCK_LASTS / 1000),
      urgency: 'high',
    });
    expect(JSON.parse(new TextDecoder().decode(receiver.decrypt(message.body)))).toEqual({
      kind: 'unlock',
      requestId: data!.requestId,
      browser: 'Chrome on Linux',
      expiresAt: data!.expiresAt,
    });
    expect(() => createTestReceiver().decrypt(message.body)).toThrow();
    // Nothing that lets anybody in travels with it.
    expect(Buffer.from(message.body).toString('latin1')).not.toContain(data!.code);
  });

  it('B4 says who it is by VAPID, with one key for all processes, sealed in the database', async () => {
    const phone = await openPhone();
    await subscribe(phone);
    await askFor(EMAIL);
    const { headers } = await service.next();
    const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(String(headers['authorization'])) ?? [];
    const [head, claims, signature] = token!.split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
    expect(decode(head!)).toEqual({ typ: 'JWT', alg: 'ES256' });
    const { aud, exp, sub } = decode(claims!) as { aud: string; exp: number; sub: string };
    expect({ aud, sub }).toEqual({ aud: service.url, sub: ORIGIN });
    expect(exp - Date.now() / 1000).toBeLessThanOrEqual(24 * 3600);
    expect(exp - Date.now() / 1000).toBeGreaterThan(3600);
    const point = Buffer.from(key!, 'base64url');
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
    const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
    const signed = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature!, 'base64url'),
    );
    expect(signed).toBe(true);

    const other = createTestBrowser(servers[1]!.url, { address: `192.0.2.${++phones}` });
    await other.signIn('resident-b');
    const known = await other.get<{ publicKey: string }>('push.publicKey');
    expect(known.data?.publicKey).toBe(key);
    const { rows } = await database.pool.query<{ name: string; sealed: Buffer }>(
      'select * from server_secrets',
    );
    expect(rows.map(({ name }) => name)).toContain('web-push');
    expect(rows.some(({ sealed }) => sealed.includes('"kty"'))).toBe(false);
  });

  it('B4 processes that make the key at the same moment agree on one', async () => {
    await database.pool.query(`delete from server_secrets where name = 'web-push'`);
    const secretKey = new Uint8Array(32).fill(7);
    const keys = await Promise.all(
      Array.from({ length: 4 }, () => loadVapidKey({ pool: database.pool, secretKey }, ORIGIN)),
    );
    expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(1);
  });

  it('B4 each browser says for itself whether it is woken', async () => {
    const [phone, tablet] = [await openPhone(), await openPhone()];
    const state = async (browser: TestBrowser) =>
      (await browser.get<{ subscribed: boolean }>('push.publicKey')).data?.subscribed;
    await subscribe(phone, '/first');
    expect([await state(phone), await state(tablet)]).toEqual([true, false]);
    // A browser has one: the newer takes the older's place.
    await subscribe(phone, '/second');
    await subscribe(tablet, '/tablet');
    expect(await count()).toBe(2);
    await phone.post('push.unsubscribe');
    expect([await state(phone), await state(tablet)]).toEqual([false, true]);
  });

  it('B5 who signs out, or is signed out, is not woken any more', async () => {
    const phone = await openPhone();
    await subscribe(phone);
    await phone.post('auth.signOut');
    expect(await count()).toBe(0);
  });

  it('B10 a browser whose token changes is still woken', async () => {
    const phone = await openPhone();
    const { receiver } = await subscribe(phone);
    const before = phone.cookies.get('__Host-undercroft');
    await phone.post('auth.verifyByPassword', { password: TEST_PASSWORD });
    expect(phone.cookies.get('__Host-undercroft')).not.toBe(before);
    await askFor(EMAIL);
    expect(receiver.decrypt((await service.next()).body).length).toBeGreaterThan(0);
  });

  it('B4 forgets what a push service says is gone, and keeps what only failed', async () => {
    const phone = await openPhone();
    await subscribe(phone);
    service.answer(500);
    await askFor(EMAIL);
    await service.next();
    expect(await count()).toBe(1);
    service.answer(410);
    await askFor(EMAIL);
    await service.next();
    await expect.poll(count).toBe(0);
  });
});

describe('attack', () => {
  it('B4 attack SSRF: an endpoint that is no push service’s is not even kept', async () => {
    const own = await startTestServer({ databaseUrl: database.url, origin: ORIGIN, trustProxy: 1 });
    const phone = createTestBrowser(own.url, { address: `192.0.2.${++phones}` });
    await phone.signIn('resident-a');
    const { keys } = createTestReceiver();
    for (const endpoint of [
      `${service.url}/x`,
      'https://127.0.0.1/x',
      'https://169.254.169.254/latest/meta-data',
      'https://localhost/x',
      'https://[::1]/x',
      'https://push.example.com:8443/x',
    ]) {
      const { status, error } = await phone.post('push.subscribe', { endpoint, keys });
      expect([status, error?.code, endpoint]).toEqual([400, 'push_refused', endpoint]);
    }
    expect(await count()).toBe(0);
    await own.close();
  });

  it('B4 attack: nobody takes over somebody else’s endpoint, but a browser may change hands', async () => {
    const [mine, theirs] = [await openPhone('resident-a'), await openPhone('resident-b')];
    const { subscription } = await subscribe(mine, '/mine');
    const stolen = { ...subscription, keys: createTestReceiver().keys };
    expect((await theirs.post('push.subscribe', stolen)).error?.code).toBe('push_refused');
    const { data } = await mine.get<{ subscribed: boolean }>('push.publicKey');
    expect(data?.subscribed).toBe(true);
    // The next person who signs in on the same browser has its keys.
    expect((await theirs.post('push.subscribe', subscription)).status).toBe(200);
    expect(await count()).toBe(1);
  });

  it('B4 attack: keys that are none are refused', async () => {
    const phone = await openPhone();
    const { keys } = createTestReceiver();
    for (const bad of [
      { ...keys, auth: 'AAAA' },
      { ...keys, p256dh: `B${'A'.repeat(86)}` },
    ]) {
      const { error } = await phone.post('push.subscribe', { endpoint: `${service.url}/x`, keys: bad });
      expect(error?.code).toBe('push_refused');
    }
  });

  it('B2 attack prompt bombing: a person is asked three times in ten minutes, not more', async () => {
    const phone = await openPhone();
    await subscribe(phone, '/bombed');
    const before = service.messages.length;
    for (let round = 0; round < 6; round++) {
      const { status } = await askFor(EMAIL);
      // The asking browser is not told.
      expect(status).toBe(200);
    }
    await expect.poll(() => service.messages.length - before).toBe(3);
    // An unknown e-mail wakes nobody.
    await askFor('nobody@demo.undercroft.test');
    expect(service.messages.length - before).toBe(3);
  });
});
