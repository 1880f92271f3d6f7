import type { Dexie } from 'dexie';

/**
 * WebKit loses its connection to the database process, mostly while the app is in the background, and then every call
 * fails until the database is opened again: runs `work`, and once more after reopening when that was the reason.
 */
export async function withReopening<T>(db: Dexie, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    db.close({ disableAutoOpen: false });
    await db.open();
    return work();
  }
}

const lostNames = new Set(['UnknownError', 'InvalidStateError', 'DatabaseClosedError']);

/** Whether the error says that the connection to the database is gone, not that the call was wrong. */
export function isConnectionLost(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      lostNames.has(cause.name) || cause.message.includes('Connection to Indexed Database server lost'),
  );
}

/** Whether the error says that the device is full. */
export function isQuotaExceeded(error: unknown): boolean {
  return causes(error).some((cause) => cause.name === 'QuotaExceededError');
}

/** What the device's storage can have against being used; both are error codes with words. */
export type StorageProblem = 'storage_full' | 'storage_failed';

/** The browser's and Dexie's names for a storage that does not open, is forbidden or gives up; none is a wrong call. */
const failedNames = new Set([
  'AbortError',
  'MissingAPIError',
  'OpenFailedError',
  'SecurityError',
  'TimeoutError',
  'VersionError',
]);

/** What an error says about the device's storage; null when it says something else, which is a bug. */
export function storageProblemOf(error: unknown): StorageProblem | null {
  if (isQuotaExceeded(error)) return 'storage_full';
  const failed = isConnectionLost(error) || causes(error).some(({ name }) => failedNames.has(name));
  return failed ? 'storage_failed' : null;
}

/** The error and what it wraps: Dexie keeps the browser's own error in `inner`, an aborted transaction in `cause`. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  let current: unknown = error;
  while (isErrorLike(current) && found.length < 5) {
    found.push(current);
    const { inner, cause } = current as Error & { inner?: unknown };
    current = inner ?? cause;
  }
  return found;
}

function isErrorLike(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
