import type { PoolClient } from 'pg';
import { jsonRows } from './json-rows';

/** A prepared statement that reads its rows from one `json` parameter, by `json_to_recordset($1::json)`. */
interface RowsStatement {
  readonly name: string;
  readonly text: string;
}

/** Writes all rows with one statement; asks the database nothing where there are none. */
export async function writeRows(
  client: PoolClient,
  statement: RowsStatement,
  rows: readonly object[],
): Promise<void> {
  if (rows.length > 0) await client.query({ ...statement, values: [jsonRows(rows)] });
}
