import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';

/**
 * A browser that signs in again goes on as the device it was: the queues that its former session has synced as, where it is
 * woken, and its name go over to the new session, and the former one goes, over or not. Else it stood in the list twice, and
 * taking "the others" away took this browser's own pass key. Answers whether there was one: of the same user, for with
 * another's there is nothing to go on with.
 */
export async function succeedSession(
  pool: Pool,
  session: { formerSha256: Uint8Array; tokenSha256: Uint8Array; userId: string },
): Promise<boolean> {
  const { formerSha256, tokenSha256, userId } = session;
  return await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select name from sessions where token_sha256 = $1 and user_id = $2 for update',
      [formerSha256, userId],
    );
    const [former] = rows;
    if (!former) return false;
    const both = [formerSha256, tokenSha256];
    await client.query('update session_clients set session_sha256 = $2 where session_sha256 = $1', both);
    await client.query('update push_subscriptions set session_sha256 = $2 where session_sha256 = $1', both);
    await client.query('update sessions set name = $2 where token_sha256 = $1', [tokenSha256, former.name]);
    await client.query('delete from sessions where token_sha256 = $1', [formerSha256]);
    return true;
  });
}
