import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from './migrate';
import type { TestDatabase } from './testing';
import { createTestDatabase } from './testing';

let database: TestDatabase;
let directory: string;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  directory = await mkdtemp(join(tmpdir(), 'undercroft-migrations-'));
  await put('0001_first.sql', 'CREATE TABLE first (id int PRIMARY KEY);\nINSERT INTO first VALUES (1);');
  await put('0002_second.sql', 'CREATE TABLE second (id int);');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await database.close();
});

const put = (name: string, sql: string) => writeFile(join(directory, name), sql);
const run = () => migrate({ url: database.url, directory });

async function history(): Promise<number[]> {
  const { rows } = await database.pool.query<{ number: number }>(
    'SELECT number FROM schema_migrations ORDER BY number',
  );
  return rows.map((row) => row.number);
}

describe('migrate', () => {
  it('C13 applies all in order, and nothing the second time', async () => {
    expect(await run()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await run()).toEqual([]);
    await put('0010_third.sql', 'ALTER TABLE second ADD COLUMN word text');
    expect(await run()).toEqual(['0010_third.sql']);
    expect(await history()).toEqual([1, 2, 10]);
  });

  it('C13 applies each once when many processes migrate at once', async () => {
    await put('0003_slow.sql', 'SELECT pg_sleep(0.2); INSERT INTO first VALUES (2);');
    const applied = await Promise.all([run(), run(), run(), run()]);
    expect(applied.flat().sort()).toEqual(['0001_first.sql', '0002_second.sql', '0003_slow.sql']);
    expect((await database.pool.query('SELECT id FROM first ORDER BY id')).rows).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });

  it('C13 rolls a failing migration back whole, keeps those before it, and goes on once it is mended', async () => {
    await put('0003_bad.sql', 'CREATE TABLE third (id int); SELECT 1/0;');
    await expect(run()).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/0003_bad.*zero/),
    });
    expect(await history()).toEqual([1, 2]);
    await put('0003_bad.sql', 'CREATE TABLE third (id int)');
    expect(await run()).toEqual(['0003_bad.sql']);
  });

  it.each([
    ['history_changed', () => put('0001_first.sql', 'CREATE TABLE first (id bigint)')],
    ['history_missing', () => rm(join(directory, '0002_second.sql'))],
    ['duplicate_number', () => put('0002_other.sql', 'SELECT 1')],
    ['bad_file_name', () => put('3-third.sql', 'SELECT 1')],
  ])('C13 refuses with %s and changes nothing', async (code, spoil) => {
    await run();
    await put('0005_later.sql', 'CREATE TABLE later (id int)');
    await spoil();
    await expect(run()).rejects.toMatchObject({ code });
    expect(await history()).toEqual([1, 2]);
  });

  it('C13 refuses a file that slips in before the last applied one', async () => {
    await put('0005_later.sql', 'SELECT 1');
    await run();
    await put('0003_late.sql', 'SELECT 1');
    await expect(run()).rejects.toMatchObject({ code: 'out_of_order' });
  });

  it('C13 takes CRLF line ends for the same migration', async () => {
    await run();
    await put('0001_first.sql', 'CREATE TABLE first (id int PRIMARY KEY);\r\nINSERT INTO first VALUES (1);');
    expect(await run()).toEqual([]);
  });

  it('C13 applies the real migrations to an empty database, and again without effect', async () => {
    const applied = await migrate({ url: database.url });
    expect(applied.length).toBeGreaterThan(0);
    expect(await migrate({ url: database.url })).toEqual([]);
  });
});
