import type { Pool } from 'pg';

/** Reads, for these who wait and these owners of slots, whether the first may not use the second's slots now. */
export type CoolingOff = (
  memberIds: readonly string[],
  ownerIds: readonly string[],
) => Promise<(memberId: string, ownerId: string) => boolean>;

// As `arbiter-load-last-uses` reads it for the rule: the owner has used a slot of the member's.
const LAST_USES = {
  name: 'waitlist-find-cooling-off',
  text: `select distinct o.owner_id as member_id, r.member_id as owner_id
           from slots o
           join reservations r on r.site_id = o.site_id and r.slot_id = o.slot_id and r.member_id = any($3::uuid[])
                and r.created_at > $4 and r.state in ('held', 'confirmed', 'completed', 'no_show') and not r.offered
          where o.site_id = $1 and o.owner_id = any($2::uuid[])`,
};

/** C6: the pause between neighbours, of uses after `since` (ms since 1970); null where the site has none, which asks nothing. */
export function createCoolingOff(
  pool: Pick<Pool, 'query'>,
  { siteId, since }: { readonly siteId: string; readonly since: number | null },
): CoolingOff {
  return async (memberIds, ownerIds) => {
    if (since === null || memberIds.length === 0 || ownerIds.length === 0) return () => false;
    const { rows } = await pool.query<{ member_id: string; owner_id: string }>({
      ...LAST_USES,
      values: [siteId, [...new Set(memberIds)], [...new Set(ownerIds)], new Date(since)],
    });
    const cooling = new Set(rows.map((row) => `${row.member_id} ${row.owner_id}`));
    return (memberId, ownerId) => cooling.has(`${memberId} ${ownerId}`);
  };
}
