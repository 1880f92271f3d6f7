import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createLogger } from '../platform/logger';
import { startTestServer, type TestServer } from './testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from './testing-device';

const HOUR = 3_600_000;
const RESIDENT_A = 'resident-a@demo.undercroft.test';
const RESIDENT_B = 'resident-b@demo.undercroft.test';
const GUARD = 'guard@demo.undercroft.test';

let database: TestDatabase;
let server: TestServer;
let slots: Map<string, string>;
const logged: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const logger = createLogger({ level: 'error', write: (line) => void logged.push(line) });
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, logger });
  const { rows } = await database.pool.query<{ label: string; slot_id: string }>(
    'select label, slot_id from slots',
  );
  slots = new Map(rows.map((row) => [row.label, row.slot_id]));
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  await database.pool.query('truncate rate_limits');
  await database.pool.query(`update reservations set state = 'completed' where state = 'confirmed'`);
});

async function deviceOf(email: string, at: TestServer = server): Promise<TestDevice> {
  const device = createTestDevice(at.url);
  await device.signIn(email);
  return device;
}

/** Each call another window, because ended reservations still stand in the journal's way. */
function createOp(fields: Record<string, unknown> = {}, label = 'A-10') {
  const start = Date.now() + HOUR;
  const args = { reservationId: randomUUID(), slotId: slots.get(label), start, end: start + HOUR, ...fields };
  return { op: 'reservation.create@1', args };
}

function pullOf({ clientId }: TestDevice) {
  return { proto: 1, build: 'test', clientId, cookie: null };
}

async function countRows(): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select (select count(*) from intents) as intents, (select count(*) from reservations) as reservations,
            (select count(*) from clients) as clients, (select sum(balance) from accounts where kind <> 'issuance') as credits`,
  );
  return rows[0];
}

describe('calls that fail as a whole change nothing', () => {
  it.each([
    ['K8 malformed JSON', '{"proto": 1,', 400, 'request_invalid'],
    ['K8 no object', '[]', 400, 'request_invalid'],
    ['K8 an unknown protocol of another shape', { proto: 99, wishes: [] }, 426, 'protocol_unsupported'],
    [
      'K8 a client that is no id',
      { proto: 1, build: 't', clientId: 'me', intents: [] },
      400,
      'request_invalid',
    ],
    [
      'K8 a field too many',
      { proto: 1, build: 't', clientId: randomUUID(), intents: [], siteId: 'x' },
      400,
      'request_invalid',
    ],
  ])('%s', async (_name, body, status, code) => {
    const device = await deviceOf(RESIDENT_A);
    const before = await countRows();
    const answer = await device.post('sync.push', body);
    expect(answer).toMatchObject({ status, error: { code } });
    expect(answer.error?.next).toBeTruthy();
    expect(await countRows()).toEqual(before);
  });

  it('K8 51 intents', async () => {
    const device = await deviceOf(RESIDENT_A);
    const before = await countRows();
    const answer = await device.push(Array.from({ length: 51 }, () => createOp()));
    expect(answer).toMatchObject({ status: 413, error: { code: 'too_many_intents' } });
    expect(await countRows()).toEqual(before);
  });

  it('K8 a body of 10 MB, with and without a length', async () => {
    const device = await deviceOf(RESIDENT_A);
    const answer = await device.post('sync.push', `"${'x'.repeat(10 * 1024 * 1024)}"`);
    expect(answer).toMatchObject({ status: 413, error: { code: 'request_too_large' } });

    const chunk = Buffer.alloc(64 * 1024, 120);
    let left = 160;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' };
    const streamed = await fetch(`${server.url}/trpc/sync.push`, init as RequestInit);
    expect(streamed.status).toBe(413);
    expect(await streamed.json()).toMatchObject({
      error: { data: { undercroft: { code: 'request_too_large' } } },
    });
  });

  it('K8 refuses a body by its length alone, before any of it is sent', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /trpc/sync.push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n`,
    );
    const head = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(data.toString())),
    );
    socket.destroy();
    expect(head).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('K3 a gap and a fork', async () => {
    const device = await deviceOf(RESIDENT_A);
    expect((await device.push([createOp()], { firstSeq: 3 })).error?.code).toBe('seq_gap');
    expect((await device.push([createOp()])).data?.outcomes[0]).toMatchObject({ status: 'applied' });
    const before = await countRows();
    expect((await device.push([createOp()], { firstSeq: 1 })).error?.code).toBe('seq_fork');
    expect(await countRows()).toEqual(before);
  });

  it('K8 an unknown procedure, a batch too long and a wrong kind of body', async () => {
    const device = await deviceOf(RESIDENT_A);
    expect(await device.post('sync.nothing', {})).toMatchObject({
      status: 404,
      error: { code: 'not_found' },
    });
    const many = Array.from({ length: 11 }, () => 'sync.pull').join();
    expect(await device.post(`${many}?batch=1`, {})).toMatchObject({
      status: 400,
      error: { code: 'request_invalid' },
    });
    const form = await device.post('sync.push', 'x=1', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(form).toMatchObject({ status: 400, error: { code: 'request_invalid' } });
    const nowhere = await fetch(`${server.url}/trpc/%`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(nowhere.status).toBeLessThan(500);
  });

  it('K8 a broken cookie', async () => {
    const device = await deviceOf(RESIDENT_A);
    for (const cookie of ['', 'x', Buffer.from('{"v":1}').toString('base64url')]) {
      expect(await device.pull(cookie)).toMatchObject({ status: 400, error: { code: 'cookie_unreadable' } });
    }
    expect(await device.pull('x'.repeat(5000))).toMatchObject({ error: { code: 'request_invalid' } });
  });

  it("D1 another member's client", async () => {
    const mine = await deviceOf(RESIDENT_A);
    await mine.push([createOp()]);
    const other = createTestDevice(server.url, mine.clientId);
    await other.signIn(RESIDENT_B);
    expect(await other.push([createOp()])).toMatchObject({ status: 409, error: { code: 'client_foreign' } });
    expect(await other.pull(null)).toMatchObject({ status: 409, error: { code: 'client_foreign' } });
  });

  it('A2 signed out, and without a site', async () => {
    const device = createTestDevice(server.url);
    expect(await device.push([createOp()])).toMatchObject({ status: 401, error: { code: 'signed_out' } });
    expect(await device.pull(null)).toMatchObject({ status: 401, error: { code: 'signed_out' } });
    // Sessions are believed for two seconds, so the row is changed before this server has looked at it.
    const signedIn = await device.post('auth.signIn', { email: RESIDENT_A, password: TEST_PASSWORD });
    const second = await startTestServer({ databaseUrl: database.url });
    await database.pool.query('update sessions set site_id = null');
    const cookie = signedIn.headers.getSetCookie().at(-1)?.split(';')[0] ?? '';
    const answer = await createTestDevice(second.url).post('sync.pull', pullOf(device), { cookie });
    await second.close();
    expect(answer).toMatchObject({ status: 403, error: { code: 'no_site' } });
  });

  it('A2 the cookie outlives the session it carries, and no look at it issues it again', async () => {
    const device = createTestDevice(server.url);
    const signedIn = await device.post('auth.signIn', { email: RESIDENT_A, password: TEST_PASSWORD });
    const [issued] = signedIn.headers.getSetCookie();
    expect(issued).toContain('Max-Age=34560000');
    const cookie = issued?.split(';')[0] ?? '';
    const started = await fetch(`${server.url}/trpc/auth.session`, { headers: { cookie } });
    // A late answer with the cookie it came with would put a token back that has been changed meanwhile.
    expect(started.headers.getSetCookie()).toEqual([]);
    expect(await started.text()).toContain(RESIDENT_A);
    const stranger = await fetch(`${server.url}/trpc/auth.session`, { headers: { cookie: `${cookie}x` } });
    expect(stranger.headers.getSetCookie()).toEqual([]);
  });

  it('A8 another origin', async () => {
    const device = await deviceOf(RESIDENT_A);
    const body = { proto: 1, build: 't', clientId: device.clientId, intents: [] };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await device.post('sync.push', body, headers);
      expect(answer).toMatchObject({ status: 403, error: { code: 'origin_refused' } });
    }
    expect((await device.post('sync.push', body, { origin: server.url })).status).toBe(200);
    const stream = await fetch(`${server.url}/trpc/sync.pokes`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(stream.status).toBe(403);
  });

  it('A7 an unexpected failure says its incident and neither stack nor SQL', async () => {
    const device = await deviceOf(RESIDENT_A);
    await database.pool.query('alter table epoch rename to epoch_away');
    const answer = await device
      .pull(null)
      .finally(() => database.pool.query('alter table epoch_away rename to epoch'));
    expect(answer).toMatchObject({ status: 500, error: { code: 'internal' } });
    expect(answer.error?.incident).toMatch(/^[0-9a-f-]{36}$/);
    expect(logged.filter((line) => line.includes(answer.error?.incident ?? '?'))).toHaveLength(1);
    expect(answer.text).not.toMatch(/epoch|stack|select|\.ts/);
  });
});

describe('intents that fail are outcomes, and the queue goes on', () => {
  it.each([
    ['an unknown op', () => ({ op: 'slot.burn@1', args: {} }), 'quarantined', 'op_unknown'],
    ['bad args', () => createOp({ start: 'soon' }), 'quarantined', 'args_invalid'],
    [
      'args with a NUL, which jsonb cannot hold',
      () => createOp({ note: 'a\u0000b' }),
      'quarantined',
      'args_invalid',
    ],
    ["another site's slot", () => createOp({ slotId: randomUUID() }), 'refused', 'slot_not_found'],
    [
      'a window in the past',
      () => createOp({ start: Date.now() - 2 * HOUR, end: Date.now() - HOUR }),
      'refused',
      'window_past',
    ],
    ['an end before the start', () => createOp({ end: Date.now() }), 'refused', 'window_invalid'],
    [
      'an absurd length',
      () => createOp({ end: Date.now() + 50 * 365 * 24 * HOUR }),
      'refused',
      'window_too_long',
    ],
    ['an own slot', () => createOp({}, 'A-01'), 'refused', 'own_slot'],
    ['a role that may not', () => ({ op: 'scan.record@1', args: scanArgs() }), 'refused', 'role_forbidden'],
  ])('K8 %s', async (_name, makeIntent, status, code) => {
    const device = await deviceOf(RESIDENT_A);
    const answer = await device.push([makeIntent(), createOp()]);
    expect(answer.data?.outcomes).toMatchObject([{ status, code }, { status: 'applied' }]);
  });

  it("D1 somebody else's reservation", async () => {
    const [mine, other] = [await deviceOf(RESIDENT_A), await deviceOf(RESIDENT_B)];
    const wish = createOp();
    await mine.push([wish]);
    const { reservationId } = wish.args;
    const answer = await other.push([{ op: 'reservation.cancel@1', args: { reservationId } }]);
    expect(answer.data?.outcomes[0]).toMatchObject({ status: 'refused', code: 'reservation_forbidden' });
  });
});

function scanArgs() {
  return {
    scanId: randomUUID(),
    passId: null,
    gate: 0,
    scannedAt: Date.now(),
    result: 'forged',
    reason: '',
    code: 'x',
  };
}

describe('sync over HTTP', () => {
  it('K4 a reservation pokes another device within 2 s, which then pulls it without a name', async () => {
    const [mine, other] = [await deviceOf(RESIDENT_A), await deviceOf(RESIDENT_B)];
    const first = await other.pull(null);
    const stream = await other.openPokes();
    const wish = createOp();
    const began = Date.now();
    await mine.push([wish]);
    await stream.waitFor(/"scopes":\["site:[^"]*"/);
    expect(Date.now() - began).toBeLessThan(2000);
    const second = await other.pull(first.data?.cookie ?? null);
    stream.close();
    const { reservationId: id, slotId, start, end } = wish.args;
    const [scope] = Object.keys(second.data?.changes ?? {});
    expect(second.data?.replaceScopes).toEqual([]);
    expect(second.data?.changes[scope ?? '']?.put).toEqual([
      { entity: 'occupancy', row: { id, slotId, start, end } },
    ]);
  });

  it('K4 pokes reach the devices of another process', async () => {
    const second = await startTestServer({ databaseUrl: database.url });
    const other = await deviceOf(RESIDENT_B, second);
    const stream = await other.openPokes();
    await (await deviceOf(RESIDENT_A)).push([createOp()]);
    await stream.waitFor(/"scopes":\["site:/);
    stream.close();
    await second.close();
  });

  it('K4 what commits while a process stops reaches the devices of another', async () => {
    const second = await startTestServer({ databaseUrl: database.url });
    const [far, near] = [await deviceOf(RESIDENT_A), await deviceOf(RESIDENT_B, second)];
    const stream = await far.openPokes();
    const lock = await database.pool.connect();
    await lock.query('begin');
    await lock.query('select from slots for update');
    const pushed = near.push([createOp()]);
    await vi.waitFor(async () => {
      const { rows } = await lock.query<{ waiting: number }>(
        'select count(*)::int as waiting from pg_locks where not granted',
      );
      expect(rows[0]?.waiting).toBeGreaterThan(0);
    });
    const closing = second.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await lock.query('rollback');
    lock.release();
    expect((await pushed).data?.outcomes[0]).toMatchObject({ status: 'applied' });
    await stream.waitFor(/"scopes":\["/);
    await closing;
    stream.close();
  });

  it('A2 a stream ends with signed_out when its session does', async () => {
    const device = await deviceOf(RESIDENT_A);
    const stream = await device.openPokes();
    await device.post('auth.signOut', {});
    await stream.waitFor(/"code":"signed_out"/);
    await stream.ended;
  });

  it('K1 outcomes come down by pull too, word for word', async () => {
    const device = await deviceOf(RESIDENT_A);
    const bookmark = (await device.pull(null)).data?.cookie ?? '';
    const pushed = await device.push([createOp(), createOp()]);
    const pulled = await device.pull(bookmark);
    expect(pulled.data?.lastSeq).toBe(2);
    expect(JSON.stringify(pulled.data?.outcomes)).toBe(JSON.stringify(pushed.data?.outcomes));
    expect((await device.pull(pulled.data?.cookie ?? '')).data).toMatchObject({ outcomes: [], changes: {} });
    expect((await device.pull(null)).data?.outcomes).toEqual(pushed.data?.outcomes);
  });

  it('D1 a guard gets the gate, a resident does not, and a resident that takes over the device loses it', async () => {
    const guard = await deviceOf(GUARD);
    const all = (await guard.pull(null)).data;
    expect(all?.replaceScopes.map((name) => name.split(':')[0])).toEqual(['site', 'member', 'gate']);
    const gate = all?.replaceScopes.find((name) => name.startsWith('gate:')) ?? '';
    const entities = new Set(all?.changes[gate]?.put.map(({ entity }) => entity));
    expect(entities).toContain('signing_key');
    expect(entities).toContain('status_list');
    const resident = await deviceOf(RESIDENT_A);
    const taken = (await resident.pull(all?.cookie ?? '')).data;
    expect(taken?.dropScopes).toContain(gate);
    expect(Object.keys(taken?.changes ?? {})).not.toContain(gate);
  });

  it('says how it is, and never lets a page be framed', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await fetch(`${server.url}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(response.headers.get('permissions-policy')).toContain('camera=(self)');
    }
    expect((await fetch(`${server.url}/`)).headers.get('cache-control')).toBe('no-cache');
  });
});
