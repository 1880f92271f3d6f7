import { Buffer } from 'node:buffer';
import type { PoolClient } from 'pg';
import { expireSessions } from '../auth/session-row';
import { endLinks } from './one-time-links';

/**
 * Against an account made in advance with somebody else's address ("pre-hijacking", Sudhodanan and Paverd 2022): takes away whatever
 * let its maker in, and the second factor, which would otherwise keep the owner of the address out. Only for an account whose
 * e-mail nobody has proved; with the user's row locked.
 */
export async function removeWaysIn(client: PoolClient, userId: string): Promise<void> {
  for (const table of ['passwords', 'passkeys', 'external_identities', 'second_factors', 'recovery_codes'])
    await client.query(`delete from ${table} where user_id = $1`, [userId]);
}

/**
 * Ends whoever is in the account, and what is under way to let somebody in: sign-ins that wait for the second factor, links by mail,
 * flows to another provider, browsers that were approved and have not come for their session. With the user's row locked, so that
 * of two at once the second sees what the first left. `now` is epoch ms. Answers the `session.id`s for `Sessions.ended`, which is
 * to be told after the commit.
 */
export async function endAccess(
  client: PoolClient,
  { userId, now }: { userId: string; now: number },
): Promise<string[]> {
  await client.query('delete from sign_in_steps where user_id = $1', [userId]);
  await client.query('delete from oidc_flows where user_id = $1', [userId]);
  await client.query(
    `update unlock_requests set state = 'refused' where decided_by = $1 and state = 'approved'`,
    [userId],
  );
  // Links to change the address too: who asked for them may be who was in the account before.
  await endLinks(client, { userId, purposes: ['recover', 'change_email'] });
  const ended = await expireSessions(client, { userId, now });
  return ended.map((tokenSha256) => Buffer.from(tokenSha256).toString('base64url'));
}
