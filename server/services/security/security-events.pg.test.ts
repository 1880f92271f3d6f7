import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { pruneSessions } from '../auth/prune-sessions';
import { addMember, addSite, addUser } from '../auth/testing-people';
import { createDenials } from './denials';
import { createSecurityEvents } from './security-events';
import { createSecurityLog } from './security-log';

const START = Date.UTC(2026, 10, 21);
const CHROME =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36';

let database: TestDatabase;
let site: string;
let otherSite: string;
let ada: string;
let stranger: string;
const clock = createSettableClock(START);
beforeAll(async () => {
  database = await createTestDatabase();
  [site, otherSite] = [await addSite(database.pool, 'invited'), await addSite(database.pool, 'invited')];
  [ada, stranger] = [await addUser(database.pool, 'ada@example.test'), await addUser(database.pool)];
  await addMember(database.pool, { siteId: site, userId: ada, role: 'resident' });
  await addMember(database.pool, { siteId: otherSite, userId: stranger, role: 'manager' });
});
afterAll(() => database.close());
beforeEach(async () => {
  clock.set(START);
  await database.pool.query('delete from security_events');
});

const log = () => createSecurityLog({ pool: database.pool, clock, newId });
const read = (filter = {}, of = site) => createSecurityEvents({ pool: database.pool }).read(of, filter);

it('C10 a site reads what concerns it and its people, and nothing of another', async () => {
  const from = { address: '203.0.113.77', userAgent: CHROME };
  await log().record({ kind: 'signed_in', userId: ada, from, detail: { by: 'passkey' } });
  await log().record({ kind: 'role_changed', userId: stranger, siteId: otherSite, actorUserId: ada });
  await log().record({ kind: 'signed_in', userId: stranger, from });
  await log().record({ kind: 'sign_in_failed', userId: null, from });
  const { events, more } = await read();
  expect(more).toBe(false);
  expect(events).toEqual([
    {
      ...{ id: expect.any(String) as string, at: START, kind: 'signed_in', actor: null },
      ...{ person: { userId: ada, name: 'Ada at home' }, network: '203.0.113.0/24' },
      ...{ device: 'Chrome on Android', detail: { by: 'passkey' } },
    },
  ]);
  expect((await read({}, otherSite)).events.map(({ kind }) => kind).toSorted()).toEqual([
    'role_changed',
    'signed_in',
  ]);
});

it('C10 keeps no address, and names whoever was tried only where there is an account', async () => {
  const from = { address: '203.0.113.77', userAgent: 'x'.repeat(500) };
  const tried = { kind: 'sign_in_failed', from, detail: { by: 'password' } } as const;
  await log().recordAttempt({ ...tried, account: 'Ada@example.test' });
  await log().recordAttempt({ ...tried, account: 'nobody@example.test' });
  const { rows } = await database.pool.query<{ user_id: string | null; user_agent: string }>(
    'select * from security_events order by user_id nulls last',
  );
  expect(rows.map(({ user_id }) => user_id)).toEqual([ada, null]);
  expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113\.77|example\.test/);
  expect(rows[0]?.user_agent).toHaveLength(200);
});

it('C10 is filtered by kind, person and time, newest first, a page at a time', async () => {
  for (let n = 0; n < 60; n++) {
    clock.set(START + Math.floor(n / 2) * 1000);
    await log().record({ kind: n % 2 ? 'signed_in' : 'denied', userId: ada });
  }
  const first = await read();
  expect([first.events.length, first.more]).toEqual([50, true]);
  const { at, id } = first.events.at(-1)!;
  const second = await read({ before: { at, id } });
  expect([second.events.length, second.more]).toEqual([10, false]);
  const all = [...first.events, ...second.events];
  expect(new Set(all.map((event) => event.id)).size).toBe(60);
  expect(all.map((event) => event.at)).toEqual(all.map((event) => event.at).toSorted((a, b) => b - a));
  expect((await read({ kinds: ['denied'] })).events).toHaveLength(30);
  expect((await read({ userId: stranger })).events).toEqual([]);
  const within = await read({ from: START + 1000, to: START + 3000 });
  expect(within.events.map((event) => event.at - START)).toEqual([2000, 2000, 1000, 1000]);
});

it('C10 D1 tells nothing from before somebody joined, and of who is elsewhere, too, only what and when', async () => {
  const [joiner, both] = [await addUser(database.pool), await addUser(database.pool)];
  const joinedAt = new Date(START + 1000);
  await addMember(database.pool, { siteId: site, userId: joiner, role: 'resident', joinedAt });
  await addMember(database.pool, { siteId: site, userId: both, role: 'resident' });
  await addMember(database.pool, { siteId: otherSite, userId: both, role: 'manager' });
  const from = { address: '203.0.113.77', userAgent: CHROME };
  for (const at of [START + 999, START + 1000]) {
    clock.set(at);
    await log().record({ kind: 'signed_in', userId: joiner, from, detail: { by: 'passkey' } });
  }
  clock.set(START + 2000);
  await log().record({ kind: 'signed_in', userId: both, from, detail: { by: 'passkey' } });
  await log().record({ kind: 'member_joined', userId: both, siteId: site, from, detail: { by: 'open' } });
  const { events } = await read();
  expect(events.filter(({ person }) => person?.userId === joiner).map(({ at }) => at)).toEqual([
    START + 1000,
  ]);
  const ofBoth = events.filter(({ person }) => person?.userId === both);
  expect(ofBoth.find(({ kind }) => kind === 'signed_in')).toMatchObject({ at: START + 2000 });
  expect(ofBoth.find(({ kind }) => kind === 'signed_in')).toMatchObject({
    network: '',
    device: '',
    detail: {},
  });
  expect(ofBoth.find(({ kind }) => kind === 'member_joined')).toMatchObject({ network: '203.0.113.0/24' });
});

it('C10 what strangers wrote is read by its index, a page of it, and goes after 30 days', async () => {
  const lone = await createTestDatabase();
  try {
    const home = await addSite(lone.pool, 'invited');
    await lone.pool.query(
      `insert into security_events (event_id, at, kind)
       select gen_random_uuid(), $1::timestamptz - n * interval '1 minute', 'sign_in_failed' from generate_series(1, 60000) n`,
      [new Date(START)],
    );
    const { events, more } = await createSecurityEvents({ pool: lone.pool }).read(home, {});
    expect([events.length, more, events[0]?.at]).toEqual([50, true, START - 60_000]);
    await lone.pool.query('analyze security_events');
    const { rows } = await lone.pool.query<{ 'QUERY PLAN': unknown }>(
      `explain (format json) select * from security_events where site_id is null and user_id is null
        order by at desc, event_id desc limit 51`,
    );
    expect(JSON.stringify(rows)).toContain('security_events_nobody');
    await pruneSessions(lone.pool, START);
    const left = await lone.pool.query<{ count: number }>('select count(*)::integer from security_events');
    expect(left.rows[0]?.count).toBe(30 * 24 * 60);
  } finally {
    await lone.close();
  }
});

it('C10 a denial is one line in ten minutes, however often an old screen asks', async () => {
  const denials = createDenials({
    ...{ securityLog: log(), clock },
    logger: { warn: () => undefined } as never,
  });
  const session = {
    user: { id: ada },
    member: { siteId: site, role: 'resident' },
    session: { id: 's' },
  } as never;
  const denied = { session, what: 'joining.decide', from: { address: '::1', userAgent: '' } };
  for (let tries = 0; tries < 5; tries++) denials.note(denied);
  denials.note({ ...denied, what: 'security.events' });
  clock.advance(10 * 60_000);
  denials.note(denied);
  await expect.poll(async () => (await read()).events.length).toBe(3);
  expect((await read()).events[0]).toMatchObject({ detail: { what: 'joining.decide', role: 'resident' } });
});
