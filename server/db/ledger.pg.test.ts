import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTestSite } from '../arbiter/testing';
import { newId } from '../platform/ids';
import { createTestDatabase, type TestDatabase } from './testing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Two members' accounts and a movement without entries. */
async function makeMovement(): Promise<{ siteId: string; movementId: string; accounts: [string, string] }> {
  const site = await makeTestSite(database.pool, { startingCredits: 10 });
  const [first, second] = [await site.join(), await site.join()];
  const movementId = newId();
  await database.pool.query(
    `insert into movements (site_id, movement_id, kind, created_at) values ($1, $2, 'grant', now())`,
    [site.siteId, movementId],
  );
  return { siteId: site.siteId, movementId, accounts: [first.id, second.id] };
}

function enter(pool: Pool, siteId: string, entries: readonly [string, string, number][]): Promise<unknown> {
  return pool.query(
    `insert into entries (site_id, movement_id, account_id, amount)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::bigint[])`,
    [siteId, entries.map(([movement]) => movement), entries.map(([, id]) => id), entries.map((it) => it[2])],
  );
}

async function balances(siteId: string, ids: readonly string[]): Promise<number[]> {
  const { rows } = await database.pool.query<{ balance: number }>(
    `select a.balance from unnest($2::uuid[]) with ordinality as k(account_id, place)
       join accounts a on a.site_id = $1 and a.account_id = k.account_id order by place`,
    [siteId, ids],
  );
  return rows.map(({ balance }) => balance);
}

test('C5 entries move the balances and are noted for both devices', async () => {
  const { siteId, movementId, accounts } = await makeMovement();
  await enter(database.pool, siteId, [
    [movementId, accounts[0], -4],
    [movementId, accounts[1], 4],
  ]);
  expect(await balances(siteId, accounts)).toEqual([6, 14]);
  const { rows } = await database.pool.query<{ scope: string; entity: string }>(
    `select scope, entity from sync_row
      where site_id = $1 and (pk = $2 or entity = 'account') and scope = any($3)
        and xid = (select max(xid::text::bigint)::text::xid8 from sync_row where site_id = $1)
      order by entity, scope`,
    [siteId, movementId, accounts.map((id) => `member:${id}`)],
  );
  const scopes = accounts.map((id) => `member:${id}`).sort();
  expect(rows).toEqual(
    ['account', 'movement'].flatMap((entity) => scopes.map((scope) => ({ scope, entity }))),
  );
});

test.each([
  [
    'do not sum to zero',
    'entries_sum_to_zero',
    (m: string, [a, b]: string[]) => [
      [m, a, -4],
      [m, b, 3],
    ],
  ],
  [
    'have no movement',
    'entries_movement',
    (_: string, [a, b]: string[]) => {
      const unknown = newId();
      return [
        [unknown, a, -4],
        [unknown, b, 4],
      ];
    },
  ],
  [
    'name no account',
    'entries_account',
    (m: string, [a]: string[]) => [
      [m, a, -4],
      [m, newId(), 4],
    ],
  ],
  [
    'overdraw a member',
    'accounts_not_negative',
    (m: string, [a, b]: string[]) => [
      [m, a, -11],
      [m, b, 11],
    ],
  ],
] as [string, string, (movementId: string, accounts: string[]) => [string, string, number][]][])(
  'C5 the database refuses entries that %s, and nothing moves',
  async (_, constraint, make) => {
    const { siteId, movementId, accounts } = await makeMovement();
    await expect(enter(database.pool, siteId, make(movementId, accounts))).rejects.toMatchObject({
      constraint,
    });
    expect(await balances(siteId, accounts)).toEqual([10, 10]);
  },
);

test('C5 an entry is never changed or deleted', async () => {
  const { siteId } = await makeMovement();
  await expect(database.pool.query('delete from entries where site_id = $1', [siteId])).rejects.toThrow(
    /never changed/,
  );
  await expect(
    database.pool.query('update entries set amount = amount + 1 where site_id = $1', [siteId]),
  ).rejects.toThrow(/never changed/);
});
