import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR, makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { createPull } from './pull';

let database: TestDatabase;
let site: TestSite;
beforeAll(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool);
});
afterAll(() => database.close());

const ROWS = 1000;
const PAGE = 100;
type Person = { id: string; role: 'resident' | 'guard' | 'manager' };

/** A pool that counts the rows that Postgres sends for each call of `during`. */
function createCounting(pool: Pool) {
  let rows = 0;
  const counted = async (client: PoolClient, args: unknown[]) => {
    const result = (await Reflect.apply(client.query, client, args)) as QueryResult | readonly QueryResult[];
    for (const one of [result].flat() as QueryResult[]) rows += one.rows.length;
    return result;
  };
  const connect = async () =>
    new Proxy(await pool.connect(), {
      get(target, key) {
        if (key === 'query') return (...args: unknown[]) => counted(target, args);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return {
    pool: { connect } as unknown as Pool,
    during: async <T>(work: () => Promise<T>) => {
      rows = 0;
      const result = await work();
      return { result, rows };
    },
  };
}

/** Loads all scopes by pages: the rows of the entity that came, by scope, and the most rows that Postgres sent for a page. */
async function load(member: Person, entity: string) {
  const counting = createCounting(site.pool);
  const pull = createPull({ ...site, pool: counting.pool, logger: createLogger({ level: 'error' }) });
  const clientId = randomUUID();
  const came: Record<string, Set<string>> = {};
  let cookie: string | null = null;
  let most = 0;
  let calls = 0;
  for (let isWhole = false; !isWhole; calls++) {
    const { result, rows } = await counting.during(() =>
      pull({ siteId: site.siteId, member, clientId, cookie, pages: PAGE }),
    );
    if (!result.ok) throw new Error(result.code);
    most = Math.max(most, rows);
    cookie = result.response.cookie;
    for (const [scope, { put }] of Object.entries(result.response.changes)) {
      const ids = (came[scope] ??= new Set());
      for (const one of put) if (one.entity === entity) ids.add(one.row.id);
    }
    isWhole = Object.values(result.response.changes).every(({ put }) => put.length === 0);
  }
  return { count: (scope: string) => came[scope]?.size ?? 0, most, calls };
}

/** Ids and the few rows of other entities come with a page, and no row of the pages behind it. */
const A_PAGE = 3 * PAGE;

describe('a load by pages', () => {
  it('K4 B4 reads of a member’s notices those of the page, however many there are', async () => {
    const member = await site.join();
    await site.pool.query(
      `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at)
       select $1, gen_random_uuid(), $2, 'credits_low', '{"balance": 1}', number, $3 from generate_series(1, $4::int) as number`,
      [site.siteId, member.id, new Date(NOW), ROWS],
    );
    const { count, most } = await load(member, 'notice');
    expect(count(`member:${member.id}`)).toBe(ROWS);
    expect(most).toBeLessThan(A_PAGE);
  });

  it('K4 E8 reads of places in line those of the page, and none that has ended long ago', async () => {
    const member = await site.join();
    await site.pool.query(
      `insert into waitlist_entries (site_id, entry_id, member_id, during, kinds, levels, take_for_me, created_at, state, ended_at)
       select $1, gen_random_uuid(), $2, tstzrange($3, $4), '{}', '{}', false, $3, 'left', $3::timestamptz - interval '20 days' * (number % 2 * 2)
         from generate_series(1, 2 * $5::int) as number`,
      [site.siteId, member.id, new Date(NOW), new Date(NOW + HOUR), ROWS],
    );
    const { count, most } = await load(member, 'waitlist_entry');
    expect(count(`member:${member.id}`)).toBe(ROWS);
    expect(most).toBeLessThan(A_PAGE);
  });

  it('K4 B8 reads of a year’s purchases those of the page: at the desk everybody’s, in their own scope a manager’s own', async () => {
    const [manager, resident] = [await site.join('manager'), await site.join()];
    await site.pool.query(
      `insert into topups (site_id, topup_id, member_id, credits, amount, currency, method, state, created_by, created_at)
       select $1, gen_random_uuid(), case when number <= 3 then $3::uuid else $2::uuid end, 5, 500, 'EUR', 'cash', 'failed', $3, $4
         from generate_series(1, $5::int) as number`,
      [site.siteId, resident.id, manager.id, new Date(NOW), ROWS],
    );
    const { count, most, calls } = await load(manager, 'topup');
    expect(count(`desk:${site.siteId}`)).toBe(ROWS);
    expect(count(`member:${manager.id}`)).toBe(3);
    expect(most).toBeLessThan(A_PAGE);
    expect(calls).toBeLessThan((1.5 * ROWS) / PAGE);
  });
});
