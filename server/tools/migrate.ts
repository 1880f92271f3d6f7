import { startEmbeddedPostgres } from '../db/embedded-postgres';
import { migrate } from '../db/migrate';
import { readEnvironment } from '../platform/environment';
import { createLogger } from '../platform/logger';

/**
 * `npm run migrate`: brings the database of DATABASE_URL, or the embedded one in DATA_DIR, to the newest migration.
 * `npm start` does the same by itself; this is for a deployment that migrates before it rolls out.
 */
async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const log = createLogger({ level: environment.logLevel });
  const embedded = environment.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: environment.dataDir, log });
  try {
    const url = environment.databaseUrl ?? embedded?.url;
    if (!url) throw new Error('There is no database to migrate');
    const applied = await migrate({ url, onApply: (name) => log.info('migrating', { name }) });
    log.info('the database is up to date', { applied: applied.length });
  } finally {
    await embedded?.stop();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
