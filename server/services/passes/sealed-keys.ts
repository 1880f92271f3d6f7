import pg from 'pg';

/**
 * Whether the database holds anything that only its secret key opens. Looks before migrations: of an empty database, and of one
 * from before there were keys, the answer is no.
 */
export async function hasSealedKeys(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'undercroft-secret-key' });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ known: boolean }>(
      `select to_regclass('signing_keys') is not null as known`,
    );
    if (!tables[0]?.known) return false;
    const { rows } = await client.query<{ sealed: boolean }>(
      `select exists (select from signing_keys where sealed_private_key <> '') as sealed`,
    );
    return rows[0]?.sealed === true;
  } finally {
    await client.end();
  }
}
