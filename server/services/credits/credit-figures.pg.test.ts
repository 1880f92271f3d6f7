import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { startTestServer, type TestServer } from '../../http/testing';
import { createTestDevice, TEST_PASSWORD } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';
import { readMutualUses } from './credit-figures';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const clock = createSettableClock(Date.UTC(2026, 2, 2, 10));
let database: TestDatabase;
let server: TestServer;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, clock });
});
afterAll(async () => {
  await server.close();
  await database.close();
});

test('C6 who uses each other’s slots both ways is shown with how often and for what, and nobody else', async () => {
  const { pool } = database;
  const { rows } = await pool.query<{ site_id: string; member_id: string; name: string }>(
    `select m.site_id, m.member_id, m.name from members m where m.role = 'resident' order by m.name limit 3`,
  );
  const [one, other, third] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
  const siteId = one.site_id;
  const slotOf = async (owner: string) => {
    const slotId = randomUUID();
    await pool.query(
      `insert into slots (site_id, slot_id, label, level, kind, owner_id) values ($1, $2, $3, '', 'car', $4)`,
      [siteId, slotId, slotId.slice(0, 8), owner],
    );
    return slotId;
  };
  const [ones, others, thirds] = [
    await slotOf(one.member_id),
    await slotOf(other.member_id),
    await slotOf(third.member_id),
  ];
  let hour = 0;
  const use = (
    userId: string,
    slotId: string,
    over: { state?: string; daysAgo?: number; cost?: number } = {},
  ) => {
    const { state = 'completed', daysAgo = 1, cost = 3 } = over;
    const start = new Date(clock.now() - daysAgo * DAY + ++hour * HOUR);
    return pool.query(
      `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, price, cost, receiver_account_id, created_at, ended_at)
       values ($1, $2, $3, $4, tstzrange($5, $5::timestamptz + interval '1 hour'), $6, 3, $7, $1, $5, $5)`,
      [siteId, randomUUID(), slotId, userId, start, state, cost],
    );
  };
  await use(one.member_id, others, { cost: 6 });
  await use(one.member_id, others);
  await use(other.member_id, ones);
  await use(other.member_id, ones, { state: 'cancelled' });
  await use(other.member_id, ones, { daysAgo: 100 });
  // One way alone is what slots are lent for.
  await use(third.member_id, ones);
  await use(one.member_id, thirds, { daysAgo: 100 });

  const { pairs } = await readMutualUses(pool, siteId, clock.now());
  const [pair] = pairs;
  expect(pairs).toHaveLength(1);
  const byName = {
    [pair!.one]: [pair!.oneUses, pair!.onePaid],
    [pair!.other]: [pair!.otherUses, pair!.otherPaid],
  };
  expect(byName).toEqual({ [one.name]: [2, 9], [other.name]: [1, 3] });

  const manager = createTestDevice(server.url);
  await manager.signIn('manager@demo.undercroft.test');
  expect((await manager.get<{ pairs: unknown[] }>('credits.mutualUses')).data?.pairs).toHaveLength(1);
  const resident = createTestDevice(server.url);
  await resident.signIn('resident-a@demo.undercroft.test');
  expect((await resident.get('credits.mutualUses')).error?.code).toBe('role_forbidden');
});
