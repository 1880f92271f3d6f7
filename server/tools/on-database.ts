import { startEmbeddedPostgres } from '../db/embedded-postgres';
import { readEnvironment } from '../platform/environment';
import { createLogger, type Logger } from '../platform/logger';

/**
 * Runs a command's deed on the database of DATABASE_URL, or on the embedded one in DATA_DIR, which it starts and stops. What
 * fails is a line on stderr and exit code 1.
 */
export async function onDatabase(deed: (url: string, log: Logger) => Promise<void>): Promise<void> {
  try {
    const environment = readEnvironment(process.env);
    const log = createLogger({ level: environment.logLevel });
    if (environment.databaseUrl) return await deed(environment.databaseUrl, log);
    const embedded = await startEmbeddedPostgres({ dataDir: environment.dataDir, log });
    try {
      await deed(embedded.url, log);
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
