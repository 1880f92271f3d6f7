import { createHash, randomBytes } from 'node:crypto';
import ical, { type VEvent } from 'node-ical';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createSettableClock } from '../platform/clock';
import { createLogger } from '../platform/logger';
import { demoId } from '../services/demo/demo-people';
import { startTestServer, type TestServer } from './testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from './testing-device';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Noon in Berlin. */
const NOW = Date.UTC(2026, 2, 2, 11);
const SITE = demoId('site/0');
const ORIGIN = 'https://parking.test';
const clock = createSettableClock(NOW);
const logged: string[] = [];
let database: TestDatabase;
let server: TestServer;
let alma: TestDevice;
let ben: TestDevice;
let callers = 0;
let memberIds: Record<string, string> = {};

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({
    ...{ databaseUrl: database.url, demoPassword: TEST_PASSWORD, clock, trustProxy: 1, origin: ORIGIN },
    logger: createLogger({ level: 'debug', write: (line) => void logged.push(line) }),
  });
  alma = createTestDevice(server.url);
  ben = createTestDevice(server.url);
  await alma.signIn('resident-a@demo.undercroft.test');
  await ben.signIn('resident-b@demo.undercroft.test');
  const { rows } = await database.pool.query<{ member_id: string; key: string }>(
    `select m.member_id, split_part(u.email, '@', 1) as key from members m join users u using (user_id) where m.site_id = $1`,
    [SITE],
  );
  memberIds = Object.fromEntries(rows.map((row) => [row.key, row.member_id]));
});
afterAll(async () => {
  await server.close();
  await database.close();
});

async function make(device: TestDevice): Promise<string> {
  const answer = await device.post<{ token: string }>('calendar.makeFeed', {});
  expect(answer.error).toBeUndefined();
  return answer.data!.token;
}

/** From an address of its own each time, unless one is said. */
const get = (path: string, { method = 'GET', address = `198.51.100.${++callers % 250}` } = {}) =>
  fetch(`${server.url}/calendar/${path}`, { method, headers: { 'x-forwarded-for': address } });

async function events(token: string): Promise<VEvent[]> {
  const answer = await get(`${token}.ics`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
  const parts = Object.values(ical.sync.parseICS(await answer.text()));
  return parts.filter((part): part is VEvent => part?.type === 'VEVENT');
}

/** A row as a batch of the arbiter leaves it. */
async function reserve(
  { of, slot, ...window }: { of: string; slot: string; start: number; end: number },
  state = 'confirmed',
): Promise<string> {
  const { rows } = await database.pool.query<{ reservation_id: string }>(
    `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, hold_expires_at, price, cost, receiver_account_id,
                               created_at, ended_at, offered)
     select $1, gen_random_uuid(), s.slot_id, $2, tstzrange($4, $5), split_part($6, ' ', 1),
            case when $6 like 'held%' then $5::timestamptz end, 0, 0, s.site_id, $7,
            case when $6 in ('held', 'confirmed', 'held offered') then null else $7::timestamptz end, $6 = 'held offered'
       from slots s where s.site_id = $1 and s.label = $3 returning reservation_id`,
    [SITE, memberIds[of], slot, new Date(window.start), new Date(window.end), state, new Date(NOW)],
  );
  return rows[0]!.reservation_id;
}

describe('A5 the calendar feed', () => {
  test('A5 has one’s own reservations and what is reserved on one’s slots, in the site’s zone, without a name', async () => {
    const own = await reserve({ of: 'resident-a', slot: 'A-05', start: NOW + HOUR, end: NOW + 3 * HOUR });
    const lent = await reserve({ of: 'resident-b', slot: 'A-01', start: NOW + DAY, end: NOW + DAY + HOUR });
    const kept = await reserve(
      { of: 'resident-a', slot: 'A-06', start: NOW + DAY, end: NOW + DAY + HOUR },
      'held',
    );
    // Others' business, and what was never had.
    await reserve({ of: 'resident-b', slot: 'A-07', start: NOW + HOUR, end: NOW + 2 * HOUR });
    await reserve({ of: 'resident-a', slot: 'A-08', start: NOW + DAY, end: NOW + DAY + HOUR }, 'cancelled');
    await reserve(
      { of: 'resident-a', slot: 'A-09', start: NOW + DAY, end: NOW + DAY + HOUR },
      'held offered',
    );
    await reserve(
      { of: 'resident-a', slot: 'A-10', start: NOW - 200 * DAY, end: NOW - 199 * DAY },
      'completed',
    );

    const token = await make(alma);
    const found = await events(token);
    expect(found.map(({ uid, status, start }) => [uid, status, start.getTime()])).toEqual([
      [own, 'CONFIRMED', NOW + HOUR],
      ...[
        [`lent-${lent}`, 'CONFIRMED', NOW + DAY],
        [kept, 'TENTATIVE', NOW + DAY],
      ].sort((a, b) => (String(a[0]).replace('lent-', '') < String(b[0]).replace('lent-', '') ? 1 : -1)),
    ]);
    expect(found[0]).toMatchObject({ summary: 'Parking A-05', url: `${ORIGIN}/reservations/${own}` });
    const text = await (await get(`${token}.ics`)).text();
    expect(text).toContain('DTSTART;TZID=Europe/Berlin:20260302T130000');
    expect(text).not.toMatch(/Alma|Ben|Okafor|Reuter/);
  });

  test('A5 an address is good until it is made anew or taken back', async () => {
    const first = await make(alma);
    const second = await make(alma);
    expect((await get(`${first}.ics`)).status).toBe(404);
    expect((await get(`${second}.ics`)).status).toBe(200);
    await alma.post('calendar.removeFeed', {});
    expect((await get(`${second}.ics`)).status).toBe(404);
    expect((await alma.get<{ feed: unknown }>('calendar.feed')).data).toEqual({ feed: null });
    // C10: told of once, though asked for again.
    await alma.post('calendar.removeFeed', {});
    const told = await database.pool.query(
      `select from security_events where kind = 'calendar_feed_removed'`,
    );
    expect(told.rowCount).toBe(1);
  });

  test('A5 K6 making one wants a fresh proof of who asks; whether there is one says no secret', async () => {
    const token = await make(ben);
    await get(`${token}.ics`);
    const { data, text } = await ben.get<{ feed: { createdAt: number; lastReadAt: number } }>(
      'calendar.feed',
    );
    expect(data?.feed).toEqual({ createdAt: NOW, lastReadAt: NOW });
    expect(text).not.toContain(token);
    clock.advance(20 * 60_000);
    expect((await ben.post('calendar.makeFeed', {})).error?.code).toBe('verification_needed');
    expect((await get(`${token}.ics`)).status).toBe(200);
    clock.set(NOW);
  });

  test('A5 who has left has no calendar there, nor after coming back', async () => {
    const token = await make(ben);
    const leave = `update members set left_at = $2 where member_id = $1`;
    await database.pool.query(leave, [memberIds['resident-b'], new Date(NOW)]);
    expect((await get(`${token}.ics`)).status).toBe(404);
    const back = `update members set left_at = null, joined_at = $2 where member_id = $1`;
    await database.pool.query(back, [memberIds['resident-b'], new Date(NOW + 1)]);
    expect((await get(`${token}.ics`)).status).toBe(404);
    expect((await ben.get<{ feed: unknown }>('calendar.feed')).data).toEqual({ feed: null });
  });

  test.each([
    `${randomBytes(32).toString('base64url')}.ics`,
    ...['x.ics', '.ics', '', '%00.ics', '%2e%2e%2ftrpc.ics', `${'A'.repeat(43)}`, `${'A'.repeat(300)}.ics`],
  ])('A5 says the same to every address that is nobody’s: %j', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('A5 answers no other method, HEAD without a body', async () => {
    const token = await make(alma);
    expect((await get(`${token}.ics`, { method: 'POST' })).status).toBe(405);
    const head = await get(`${token}.ics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('A5 one calendar is read 60 times an hour at most, wherever from, and others go on', async () => {
    const token = await make(alma);
    const statuses: number[] = [];
    for (let count = 0; count < 62; count++) statuses.push((await get(`${token}.ics`)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    const last = await get(`${token}.ics`);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get(`${await make(alma)}.ics`)).status).toBe(200);
  });

  test('A7 the secret is in no log, and only its hash in the database', async () => {
    const token = await make(alma);
    await get(`${token}.ics`);
    expect(logged.join('')).not.toContain(token);
    const { rows } = await database.pool.query<{ token_sha256: Buffer }>(
      'select token_sha256 from calendar_feeds where member_id = $1',
      [memberIds['resident-a']],
    );
    const hash = createHash('sha256').update(Buffer.from(token, 'base64url')).digest();
    expect(rows.map((row) => row.token_sha256.equals(hash))).toEqual([true]);
    const events = await database.pool.query(`select from security_events where kind = 'calendar_feed_made'`);
    expect(events.rowCount).toBeGreaterThan(0);
  });
});
