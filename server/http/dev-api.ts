import { startEmbeddedPostgres } from '../db/embedded-postgres';
import { readEnvironment } from '../platform/environment';
import { createLogger } from '../platform/logger';
import { loadSecretKey } from '../platform/secret-key';
import { describeDemoPassword } from '../services/demo/demo-site';
import { hasSealedKeys } from '../services/passes/sealed-keys';
import { startApplication } from './application';
import type { Api } from './api';

export interface DevApi extends Pick<Api, 'handle'> {
  /** Ends it all, Postgres too. */
  close(): Promise<void>;
}

/** The API of `npm run dev`, at Vite's own origin; everything else is as the environment says, as in main. */
export async function startDevApi(origin: string): Promise<DevApi> {
  const environment = { ...readEnvironment(process.env), origin };
  const logger = createLogger({ level: environment.logLevel });
  const { dataDir, secretKey: fromEnvironment } = environment;
  const postgres = environment.databaseUrl ? null : await startEmbeddedPostgres({ dataDir, log: logger });
  try {
    const databaseUrl = environment.databaseUrl ?? postgres?.url ?? '';
    const isAnythingSealed = () => hasSealedKeys(databaseUrl);
    const secretKey = await loadSecretKey({ fromEnvironment, dataDir, isAnythingSealed });
    const application = await startApplication({ ...environment, databaseUrl, secretKey, logger });
    const { demo } = application;
    if (demo) {
      for (const { email, role } of demo.accounts) process.stdout.write(`  ${email} (${role})\n`);
      process.stdout.write(`  ${describeDemoPassword(demo, dataDir)}\n`);
    }
    return {
      handle: (request, response) => application.api.handle(request, response),
      async close() {
        await application.close();
        await postgres?.stop();
      },
    };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}
