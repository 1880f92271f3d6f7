import type { Failure, Result } from '$lib/api/sync-api';
import { storageProblemOf, withReopening, type StorageProblem } from '$lib/client-db/connection-lost';
import type { DeviceDatabase } from '$lib/client-db/database';

/**
 * Runs `work` on the database, once more when its connection was lost. A device that is full or does not answer is a
 * failure with its code, like one of the server; anything else that is thrown is a bug and is thrown on.
 */
export async function storing<T>(db: DeviceDatabase, work: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await withReopening(db, work) };
  } catch (error) {
    const code = storageProblemOf(error);
    if (code === null) throw error;
    return { ok: false, failure: { kind: 'coded', code } };
  }
}

/** What a failed pass or pull says about the device's storage; null when something else was the reason. */
export function storageProblemIn(failure: Failure): StorageProblem | null {
  if (failure.kind !== 'coded') return null;
  // The server never sends these two.
  return failure.code === 'storage_full' || failure.code === 'storage_failed' ? failure.code : null;
}
