import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Compilable,
} from 'kysely';
import type { PoolClient } from 'pg';
import type { Database } from './database-types';

/**
 * Builds typed queries and runs none: transactions belong to `inTransaction`, whose client `rowsOf` runs them on, so
 * that there is one place which retries and gives connections back.
 */
export const queries = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** Runs a built query and answers its rows. */
export async function rowsOf<Row extends object>(
  client: Pick<PoolClient, 'query'>,
  query: Compilable<Row>,
): Promise<Row[]> {
  const { sql, parameters } = query.compile();
  const { rows } = await client.query<Row>(sql, [...parameters]);
  return rows;
}
