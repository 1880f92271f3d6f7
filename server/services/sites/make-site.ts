import type { PoolClient } from 'pg';
import type { Registration } from '#shared/domain/entities';
import { defaultPolicy, type SitePolicy } from '#shared/domain/policy';
import type { SigningKeys } from '../passes/signing-keys';

export interface NewSite {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly registration: Registration;
  /** What the site decides otherwise than the default policy. */
  readonly policy?: Partial<SitePolicy>;
}

/**
 * Makes a site with its two accounts (issuance, and the one that receives for its own slots) and a signing key, within the
 * caller's transaction. Answers the site's id.
 */
export async function makeSite(
  client: PoolClient,
  site: NewSite,
  tools: { newId: () => string; signingKeys: Pick<SigningKeys, 'make'> },
): Promise<string> {
  const siteId = tools.newId();
  const issuanceAccountId = tools.newId();
  await client.query(
    `insert into sites (site_id, name, time_zone, policy, registration, issuance_account_id)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      siteId,
      site.name,
      site.timeZone,
      JSON.stringify({ ...defaultPolicy, ...site.policy }),
      site.registration,
      issuanceAccountId,
    ],
  );
  await client.query(
    `insert into accounts (site_id, account_id, kind) values ($1, $2, 'issuance'), ($1, $1, 'site')`,
    [siteId, issuanceAccountId],
  );
  await tools.signingKeys.make(client, siteId);
  return siteId;
}
