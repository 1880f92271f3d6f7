import { migrate } from '../db/migrate';
import { migrateJobs } from '../jobs/graphile-worker';
import { onDatabase } from './on-database';

/*
 * `npm run migrate`: brings the database to the newest migration. `npm start` does the same by itself; this is for a
 * deployment that migrates before it rolls out.
 */
await onDatabase(async (url, log) => {
  const applied = await migrate({ url, onApply: (name) => log.info('migrating', { name }) });
  await migrateJobs(url, log);
  log.info('the database is up to date', { applied: applied.length });
});
