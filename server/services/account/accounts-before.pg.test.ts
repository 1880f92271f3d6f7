import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { migrate } from '../../db/migrate';
import { createTestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations/', import.meta.url));
/** The first that knows of a proved address. */
const WAYS_IN = '0008_ways_in.sql';

it('B1 accounts from before addresses were proved count as proved: a first recovery leaves their passkeys', async () => {
  const database = await createTestDatabase({ empty: true });
  const directory = await mkdtemp(join(tmpdir(), 'undercroft-migrations-'));
  const copy = async (wanted: (name: string) => boolean) => {
    for (const name of (await readdir(MIGRATIONS)).filter(wanted))
      await cp(join(MIGRATIONS, name), join(directory, name));
    await migrate({ url: database.url, directory });
  };
  try {
    await copy((name) => name < WAYS_IN);
    const at = new Date(Date.UTC(2026, 0, 1));
    const { pool } = database;
    const insert = `insert into users (user_id, email, name, created_at) values ($1, $2, 'Ada', $3)`;
    await pool.query(insert, [newId(), 'before@example.test', at]);
    await copy((name) => name >= WAYS_IN);
    await pool.query(insert, [newId(), 'since@example.test', at]);
    const { rows } = await pool.query('select email_verified_at as proved from users order by email');
    expect(rows).toEqual([{ proved: at }, { proved: null }]);
  } finally {
    await rm(directory, { recursive: true });
    await database.close();
  }
});
