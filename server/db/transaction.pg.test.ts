import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from './testing';
import { createTestDatabase } from './testing';
import { inTransaction } from './transaction';

let database: TestDatabase;
let waits: number[];
beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  await database.pool.query('CREATE TABLE counter (id int PRIMARY KEY, value int NOT NULL)');
});
beforeEach(async () => {
  waits = [];
  await database.pool.query('TRUNCATE counter');
  await database.pool.query('INSERT INTO counter SELECT id, 0 FROM generate_series(1, 2) id');
});
afterAll(() => database.close());

const sleep = (milliseconds: number) => {
  waits.push(milliseconds);
  return Promise.resolve();
};
const raise = (client: PoolClient, state: string) =>
  client.query(`DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '${state}'; END $$`);
const add = (client: PoolClient, id: number) =>
  client.query('UPDATE counter SET value = value + 1 WHERE id = $1', [id]);

async function values(): Promise<number[]> {
  const { rows } = await database.pool.query<{ value: number }>('SELECT value FROM counter ORDER BY id');
  return rows.map((row) => row.value);
}

async function backendPid(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

async function cutOff(pid: number): Promise<void> {
  await database.pool.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
}

describe('inTransaction', () => {
  it('leaves the connection to a server that has become read-only, and tries another', async () => {
    const pids: number[] = [];
    await inTransaction(
      database.pool,
      async (client) => {
        pids.push(await backendPid(client));
        if (pids.length < 2) await raise(client, '25006');
        await add(client, 1);
      },
      { sleep },
    );
    expect(await values()).toEqual([1, 0]);
    expect(new Set(pids).size).toBe(2);
  });

  it.each(['40001', '40P01', '55P03', '57014', '08006', '53200'])(
    'retries the whole on %s',
    async (state) => {
      let runs = 0;
      const answer = await inTransaction(
        database.pool,
        async (client) => {
          await add(client, 1);
          if (++runs < 3) await raise(client, state);
          return runs;
        },
        { sleep, random: () => 0.5 },
      );
      expect([answer, await values(), waits]).toEqual([3, [1, 0], [5, 10]]);
    },
  );

  it('waits no longer than its cap and gives up after its retries with the last failure', async () => {
    const attempt = inTransaction(database.pool, (client) => raise(client, '40001'), {
      sleep,
      retries: 8,
      random: () => 1,
    });
    await expect(attempt).rejects.toMatchObject({ code: '40001' });
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 500, 500]);
  });

  it('rolls back and passes on any other failure at once', async () => {
    const attempt = inTransaction(
      database.pool,
      async (client) => {
        await add(client, 1);
        throw new Error('a bug');
      },
      { sleep },
    );
    await expect(attempt).rejects.toThrow('a bug');
    expect([await values(), waits]).toEqual([[0, 0], []]);
  });

  it('K5 resolves a real deadlock', async () => {
    let arrived = 0;
    let bothArrived = () => {};
    const meeting = new Promise<void>((resolve) => (bothArrived = resolve));
    const crossing = (first: number, second: number) =>
      inTransaction(database.pool, async (client) => {
        await add(client, first);
        if (++arrived === 2) bothArrived();
        if (arrived <= 2) await meeting;
        await add(client, second);
      });
    await Promise.all([crossing(1, 2), crossing(2, 1)]);
    expect(await values()).toEqual([2, 2]);
  });

  it('K5 loses no update at serializable, whatever the concurrency', async () => {
    const bump = () =>
      inTransaction(
        database.pool,
        async (client) => {
          const { rows } = await client.query<{ value: number }>('SELECT value FROM counter WHERE id = 1');
          await client.query('UPDATE counter SET value = $1 WHERE id = 1', [(rows[0]?.value ?? 0) + 1]);
        },
        { isolation: 'serializable', retries: 50 },
      );
    await Promise.all(Array.from({ length: 8 }, bump));
    expect(await values()).toEqual([8, 0]);
  });

  it('destroys a connection that breaks, and retries on another', async () => {
    const pids: number[] = [];
    await inTransaction(
      database.pool,
      async (client) => {
        pids.push(await backendPid(client));
        await add(client, 1);
        if (pids.length === 1) await cutOff(pids[0] ?? 0);
        await add(client, 2);
      },
      { sleep },
    );
    expect(new Set(pids).size).toBe(2);
    expect(await values()).toEqual([1, 1]);
  });

  it('does not retry on its own when the connection breaks during COMMIT, unless told that this is harmless', async () => {
    let runs = 0;
    const cutAtCommit = async (client: PoolClient) => {
      const pid = await backendPid(client);
      if (++runs === 1) await cutOff(pid);
    };
    await expect(inTransaction(database.pool, cutAtCommit, { sleep })).rejects.toMatchObject({
      code: 'commit_unknown',
    });
    runs = 0;
    await inTransaction(database.pool, cutAtCommit, { sleep, idempotent: true });
    expect(runs).toBe(2);
    runs = 0;
    await inTransaction(database.pool, cutAtCommit, { sleep, readOnly: true });
    expect(runs).toBe(2);
  });

  it('does not take a transaction for committed whose failure was swallowed', async () => {
    const attempt = inTransaction(database.pool, async (client) => {
      await add(client, 1);
      await raise(client, '22012').catch(() => undefined);
    });
    await expect(attempt).rejects.toMatchObject({ code: 'transaction_aborted' });
    expect(await values()).toEqual([0, 0]);
  });
});
