import type { Result } from '$lib/api/sync-api';

/**
 * Asks, and asks again without what came to the wire later when the server cannot read that: it was rolled back to
 * before this build, and takes no field it does not know.
 */
export async function orPlain<T>(
  ask: () => Promise<Result<T>>,
  askPlainly: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const answer = await ask();
  const isUnread = !answer.ok && answer.failure.kind === 'coded' && answer.failure.code === 'request_invalid';
  return isUnread ? askPlainly() : answer;
}
