import type { DeviceDatabase } from '$lib/client-db/database';

/**
 * The member is of no site any more: what the site had let this device see goes, at once. Queue, key and the guard's
 * decisions stay; should the member be taken in again, they go on.
 */
export function dropScopes(db: DeviceDatabase): Promise<void> {
  return db.transaction('rw', db.rows, db.meta, async () => {
    await db.rows.clear();
    await db.meta.bulkDelete(['cookie', 'asOf', 'loading', 'reload', 'digestedAt']);
  });
}
