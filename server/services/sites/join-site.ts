import type { PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import { policySchema } from '#shared/protocol/policy';

export interface NewMember {
  readonly siteId: string;
  readonly userId: string;
  readonly role: Role;
  /** 1 to 80 characters. */
  readonly name: string;
  readonly flat?: string;
}

/**
 * C5: makes a user a member of a site, with an account and the site's starting credits, within the caller's transaction. Who
 * has left comes back as the member they were, with what credits they had and no second grant.
 * Answers the member's id, which is its account's too. `now` in ms since 1970.
 * @throws the database's unique violation (23505) when the user is a member already
 */
export async function joinSite(
  client: PoolClient,
  member: NewMember,
  tools: { newId: () => string; now: number },
): Promise<string> {
  const { siteId } = member;
  const former = await takeBack(client, member, tools.now);
  if (former !== undefined) return former;
  const memberId = tools.newId();
  const site = await client.query<{ policy: unknown; issuance_account_id: string }>(
    'select policy, issuance_account_id from sites where site_id = $1',
    [siteId],
  );
  const row = site.rows[0];
  if (!row) throw new Error(`there is no site ${siteId}`);
  const { startingCredits } = policySchema.parse(row.policy);
  await client.query(
    `insert into members (site_id, member_id, user_id, role, name, flat, joined_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [siteId, memberId, member.userId, member.role, member.name, member.flat ?? '', new Date(tools.now)],
  );
  await client.query(`insert into accounts (site_id, account_id, kind) values ($1, $2, 'member')`, [
    siteId,
    memberId,
  ]);
  if (startingCredits > 0) {
    await grant(client, { siteId, memberId, from: row.issuance_account_id, credits: startingCredits }, tools);
  }
  return memberId;
}

/** The id of the member that the user was and now is again; undefined for one who never was, or still is. */
async function takeBack(
  client: PoolClient,
  { siteId, userId, role, name, flat }: NewMember,
  now: number,
): Promise<string | undefined> {
  const { rows } = await client.query<{ member_id: string }>(
    `update members set left_at = null, removed_at = null, role = $3, name = $4, flat = $5, joined_at = $6
      where site_id = $1 and user_id = $2 and left_at is not null returning member_id`,
    [siteId, userId, role, name, flat ?? '', new Date(now)],
  );
  return rows[0]?.member_id;
}

async function grant(
  client: PoolClient,
  { siteId, memberId, from, credits }: { siteId: string; memberId: string; from: string; credits: number },
  tools: { newId: () => string; now: number },
): Promise<void> {
  const movementId = tools.newId();
  await client.query(
    `insert into movements (site_id, movement_id, kind, created_at) values ($1, $2, 'grant', $3)`,
    [siteId, movementId, new Date(tools.now)],
  );
  await client.query(
    `insert into entries (site_id, movement_id, account_id, amount) values ($1, $2, $3, $5), ($1, $2, $4, $6)`,
    [siteId, movementId, from, memberId, -credits, credits],
  );
}
