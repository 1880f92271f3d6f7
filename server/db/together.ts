import { hasCode } from '../platform/error-code';

/** in_failed_sql_transaction; and invalid_sql_statement_name, when a statement was to be prepared behind the failure. */
const FOLLOWING = ['25P02', '26000'];

/**
 * Waits for statements that were sent together, all of them, and rejects with the failure that made the others fail:
 * `Promise.all` rejects with whichever is heard of first, and leaves behind promises that go on using the connection.
 */
export async function together<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const settled = await Promise.allSettled(work);
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failures.length > 0) {
    throw failures.find((failure) => !FOLLOWING.some((code) => hasCode(failure, code))) ?? failures[0];
  }
  // Of the same length and order as `work`, which the compiler cannot follow through allSettled.
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}
