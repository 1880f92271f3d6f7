import type { PoolClient } from 'pg';

/** A way into an account that is about to be removed. */
export type WayIn =
  | { readonly kind: 'password' }
  | { readonly kind: 'passkey'; readonly credentialId: string }
  | { readonly kind: 'identity'; readonly issuer: string; readonly subject: string };

/**
 * How many ways in the user keeps without this one: passkeys, a password, accounts at other providers. Locks the user's row
 * until the transaction ends, so that of two removals at once the second sees what the first left.
 */
export async function countOtherWaysIn(client: PoolClient, userId: string, removed: WayIn): Promise<number> {
  await client.query('select from users where user_id = $1 for update', [userId]);
  const { rows } = await client.query<{ ways: number }>(
    `select ((select count(*) from passkeys where user_id = $1 and credential_id is distinct from $2)
           + (select count(*) from passwords where user_id = $1 and not $3)
           + (select count(*) from external_identities where user_id = $1 and (issuer, subject) is distinct from ($4, $5)))::int4
           as ways`,
    [
      userId,
      removed.kind === 'passkey' ? removed.credentialId : null,
      removed.kind === 'password',
      removed.kind === 'identity' ? removed.issuer : null,
      removed.kind === 'identity' ? removed.subject : null,
    ],
  );
  return rows[0]?.ways ?? 0;
}
