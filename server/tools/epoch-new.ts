import { migrate } from '../db/migrate';
import { createPool } from '../db/pool';
import { startNewEpoch } from '../services/sync/new-epoch';
import { onDatabase } from './on-database';

/*
 * `npm run epoch:new`: the last step of restoring a backup, while the server is stopped. Migrates as well: a backup may be
 * older than this build.
 */
await onDatabase(async (url, log) => {
  await migrate({ url, onApply: (name) => log.info('migrating', { name }) });
  const pool = createPool({ url, max: 1 });
  try {
    log.info('every device will load its scopes anew', { epoch: await startNewEpoch(pool) });
  } finally {
    await pool.end();
  }
});
