import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseColumns } from './database-columns';
import { createTestDatabase, type TestDatabase } from './testing';

interface ColumnRow {
  table_name: string;
  column_name: string;
  udt_name: string;
  is_nullable: 'YES' | 'NO';
  has_default: boolean;
  is_generated: 'ALWAYS' | 'NEVER';
}

function describeColumn(row: ColumnRow): string {
  if (row.is_generated === 'ALWAYS') return `${row.udt_name} generated`;
  if (row.is_nullable === 'YES') return `${row.udt_name} null`;
  return row.has_default ? `${row.udt_name} default` : row.udt_name;
}

describe('database-types', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  it('knows every table and column of the migrated database, and no other', async () => {
    const { rows } = await database.pool.query<ColumnRow>(
      `select c.table_name, c.column_name, c.udt_name, c.is_nullable, c.column_default is not null as has_default, c.is_generated
         from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and t.table_type = 'BASE TABLE'`,
    );
    const actual: Record<string, Record<string, string>> = {};
    for (const row of rows) (actual[row.table_name] ??= {})[row.column_name] = describeColumn(row);
    expect(actual).toEqual(databaseColumns);
  });
});
