import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './testing';

describe('createTestDatabase', () => {
  it('gives each caller a migrated database of its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await one.pool.query('CREATE TABLE only_here (id int)');
    await expect(two.pool.query('SELECT FROM only_here')).rejects.toMatchObject({ code: '42P01' });
    await two.pool.query('SELECT FROM schema_migrations');
    await Promise.all([one.close(), two.close()]);
  });

  it('fails on a client that was never released', async () => {
    const database = await createTestDatabase();
    await database.pool.connect();
    await expect(database.close()).rejects.toThrow(/1 client\(s\) of the pool were never released/);
  });

  it('fails on a connection that was given back within a transaction', async () => {
    const database = await createTestDatabase();
    const client = await database.pool.connect();
    await client.query('BEGIN');
    client.release();
    await expect(database.close()).rejects.toThrow(/idle in a transaction after: BEGIN/);
  });
});
