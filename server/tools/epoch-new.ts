import { startEmbeddedPostgres } from '../db/embedded-postgres';
import { migrate } from '../db/migrate';
import { createPool } from '../db/pool';
import { readEnvironment } from '../platform/environment';
import { createLogger } from '../platform/logger';
import { startNewEpoch } from '../services/sync/new-epoch';

/**
 * `npm run epoch:new`: the last step of restoring a backup, on the database of DATABASE_URL or the embedded one in
 * DATA_DIR, while the server is stopped. Migrates as well: a backup may be older than this build.
 */
async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const log = createLogger({ level: environment.logLevel });
  const embedded = environment.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: environment.dataDir, log });
  try {
    const url = environment.databaseUrl ?? embedded?.url;
    if (!url) throw new Error('There is no database to restore');
    await migrate({ url, onApply: (name) => log.info('migrating', { name }) });
    const pool = createPool({ url, max: 1 });
    try {
      log.info('every device will load its scopes anew', { epoch: await startNewEpoch(pool) });
    } finally {
      await pool.end();
    }
  } finally {
    await embedded?.stop();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
