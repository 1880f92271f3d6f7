import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createRuleFollowing } from './follow-rules';
import { newId } from '../../platform/ids';
import { dueSlotsQuery } from './due-slots';

const WEEK = 7 * 24 * 3_600_000;
const SLOTS = 1000;
let database: TestDatabase;
let site: TestSite;

beforeAll(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool);
  const owner = await site.join();
  await site.pool.query(
    `insert into slots (site_id, slot_id, label, owner_id, rules_revision)
     select $1, gen_random_uuid(), 'S-' || n, $2, 1 from generate_series(1, $3::integer) n`,
    [site.siteId, owner.id, SLOTS],
  );
  await site.pool.query(
    `insert into lending_rules (site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, created_at)
     select site_id, gen_random_uuid(), slot_id, 1, 480, 1050, '2026-01-01', now() from slots where site_id = $1`,
    [site.siteId],
  );
  // Of the time when no slot followed anything, as they are until autovacuum comes by.
  await site.pool.query('analyze');
  await site.pool.query('alter table slots set (autovacuum_enabled = false)');
  const arbiter = site.arbiter();
  await createRuleFollowing({ pool: site.pool, arbiter, clock: site.clock, newId })();
  await arbiter.drain();
});
afterAll(() => database.close());

it('C1 finds who is to be followed anew in a few pages each, also while the planner’s statistics are old', async () => {
  const query = dueSlotsQuery(NOW + WEEK, { paused: [], cut: [] });
  expect((await site.pool.query(query.text, query.values)).rowCount).toBe(SLOTS);
  const { rows } = await site.pool.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
    `explain (analyze, buffers, timing off, format json) ${query.text}`,
    query.values,
  );
  const pages = rows[0]!['QUERY PLAN'][0].Plan['Shared Hit Blocks'];
  // A look into each slot and its rules, no way through all slots for each: that was 500 pages a slot at 10,000.
  expect(pages).toBeLessThan(10 * SLOTS);
});

it('C1 what was followed a moment ago is not due, nor what is left alone', async () => {
  const due = (at: number, leftAlone = { paused: [] as string[], cut: [] as string[] }) => {
    const query = dueSlotsQuery(at, leftAlone);
    return site.pool.query<{ slot_id: string }>(query.text, query.values);
  };
  expect((await due(NOW)).rowCount).toBe(0);
  const [first, second, third] = (await due(NOW + WEEK)).rows.map(({ slot_id }) => slot_id);
  const left = (await due(NOW + WEEK, { paused: [first!], cut: [second!, third!] })).rows;
  expect(left).toHaveLength(SLOTS - 3);
});
