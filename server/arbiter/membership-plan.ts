import type { PoolClient } from 'pg';
import { SiteKeys } from './site-keys';

/** B6: what a batch reads of memberships. */
export interface MembershipPlan {
  /** Members whose rows are locked and read. */
  readonly members: SiteKeys;
  /** Members of whom all is read that ends with their membership. */
  readonly leaving: SiteKeys;
  /** Sites all of whose managers are read, and one other member. */
  readonly sitesOfManagers: ReadonlySet<string>;
}

// Unlocked. Who became a manager since then is not counted, which at worst refuses; who is none any more is seen as such once
// locked.
const FIND_MANAGERS = {
  name: 'arbiter-find-managers',
  text: `select site_id, member_id from members
          where site_id = any($1::uuid[]) and role = 'manager' and left_at is null
         union all
         select o.site_id, o.member_id from unnest($1::uuid[]) as k(site_id)
          cross join lateral (select site_id, member_id from members m
                               where m.site_id = k.site_id and m.role <> 'manager' and m.left_at is null
                               order by member_id limit 1) o`,
};

// Unlocked: only tells which rows to lock; what of it is still so is looked at again once they are locked.
const FIND_LEAVING = {
  name: 'arbiter-find-leaving',
  text: `select r.site_id, r.slot_id, r.receiver_account_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, member_id)
           join reservations r on r.site_id = k.site_id and r.member_id = k.member_id and r.state in ('held', 'confirmed')
         union all
         select s.site_id, s.slot_id, null
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, member_id)
           join slots s on s.site_id = k.site_id and s.owner_id = k.member_id`,
};

// Behind the lock on the issuer's row, under which alone a visitor pass begins to be.
const FIND_ISSUED = {
  name: 'arbiter-find-issued-visits',
  text: `select v.site_id, v.visitor_pass_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, member_id)
           join visitor_passes v on v.site_id = k.site_id and v.issued_by = k.member_id
                and v.revoked_at is null and upper(v.during) > $3::timestamptz`,
};

/** The rows that a membership's end concerns, to be locked. */
export interface FoundLeaving {
  /** Slots of their reservations, and their own. */
  readonly slots: SiteKeys;
  /** Accounts that refunds come from; a site's own under the site's id. */
  readonly receivers: SiteKeys;
  /** Other members that a rule reads. */
  readonly members: SiteKeys;
}

/** Looks for what is to be locked for the memberships of a plan. */
export async function findLeaving(
  client: PoolClient,
  { members, leaving, sitesOfManagers }: MembershipPlan,
): Promise<FoundLeaving> {
  const found: FoundLeaving = { slots: new SiteKeys(), receivers: new SiteKeys(), members: new SiteKeys() };
  members.ids.forEach((id, index) => found.members.add(members.siteIds[index]!, id));
  leaving.ids.forEach((id, index) => found.members.add(leaving.siteIds[index]!, id));
  if (sitesOfManagers.size > 0) {
    const { rows } = await client.query<{ site_id: string; member_id: string }>({
      ...FIND_MANAGERS,
      values: [[...sitesOfManagers]],
    });
    for (const row of rows) found.members.add(row.site_id, row.member_id);
  }
  if (leaving.size > 0) {
    const { rows } = await client.query<{
      site_id: string;
      slot_id: string;
      receiver_account_id: string | null;
    }>({ ...FIND_LEAVING, values: [leaving.siteIds, leaving.ids] });
    for (const row of rows) {
      found.slots.add(row.site_id, row.slot_id);
      if (row.receiver_account_id !== null) found.receivers.add(row.site_id, row.receiver_account_id);
    }
  }
  return found;
}

/** Adds the visitor passes that leaving members have given, and that are not over at `now` (timestamptz), to `named`. */
export async function addIssuedVisits(
  client: PoolClient,
  { leaving }: Pick<MembershipPlan, 'leaving'>,
  { named, now }: { named: SiteKeys; now: string },
): Promise<void> {
  if (leaving.size === 0) return;
  const { rows } = await client.query<{ site_id: string; visitor_pass_id: string }>({
    ...FIND_ISSUED,
    values: [leaving.siteIds, leaving.ids, now],
  });
  for (const row of rows) named.add(row.site_id, row.visitor_pass_id);
}
