import type { PoolClient } from 'pg';
import type { Needs } from '#shared/domain/intent';
import type { Wish } from './read-plan';
import { SiteKeys } from './site-keys';

/** C1: what a batch reads of own slots: claims, weekly rules, slots by label. */
export interface LendingPlan {
  /** Labels whose slots, if there are any, are locked and read. */
  readonly labels: SiteKeys;
  readonly claims: SiteKeys;
  /** Members whose claims that wait, or are of the last day, are read. */
  readonly claimants: SiteKeys;
  readonly rules: SiteKeys;
  /** Slots all of whose rules are read. */
  readonly slotsOfRules: SiteKeys;
}

/** Adds up what the rules of these wishes need of own slots. */
export function planLending(asked: readonly { readonly wish: Wish; readonly needed: Needs }[]): LendingPlan {
  const plan: LendingPlan = {
    labels: new SiteKeys(),
    claims: new SiteKeys(),
    claimants: new SiteKeys(),
    rules: new SiteKeys(),
    slotsOfRules: new SiteKeys(),
  };
  for (const { wish, needed } of asked) {
    const { siteId } = wish;
    for (const label of needed.slotLabels) plan.labels.add(siteId, label);
    for (const id of needed.claimIds) plan.claims.add(siteId, id);
    if (needed.ownClaims) plan.claimants.add(siteId, wish.memberId);
    for (const id of needed.leavingIds) plan.claimants.add(siteId, id);
    for (const id of needed.ruleIds) plan.rules.add(siteId, id);
    for (const id of needed.rulesOfSlotIds) plan.slotsOfRules.add(siteId, id);
  }
  return plan;
}

// Unlocked: who claims what never changes. A claim that appears after this look is noticed when it is loaded; a slot that gets
// the label after it, by the index on labels.
const FIND_CLAIMED = {
  name: 'arbiter-find-claimed',
  text: `with claimed as (
           select c.site_id, c.member_id, c.label
             from unnest($1::uuid[], $2::uuid[]) as k(site_id, claim_id)
             join slot_claims c using (site_id, claim_id)
         ), labels as (
           select site_id, label from claimed
           union
           select * from unnest($3::uuid[], $4::text[])
         )
         select site_id, member_id, null::uuid as slot_id from claimed
         union all
         select s.site_id, null, s.slot_id
           from labels l join slots s on s.site_id = l.site_id and s.label = l.label and s.removed_at is null`,
};

/** The rows that are to be locked for the claims and labels of a plan. */
export interface FoundLending {
  readonly slots: SiteKeys;
  /** Those who claim. */
  readonly members: SiteKeys;
}

/** Looks for what is to be locked for the claims and labels of a plan. */
export async function findLending(client: PoolClient, plan: LendingPlan): Promise<FoundLending> {
  const found: FoundLending = { slots: new SiteKeys(), members: new SiteKeys() };
  if (plan.claims.size + plan.labels.size === 0) return found;
  const { rows } = await client.query<{ site_id: string; member_id: string | null; slot_id: string | null }>({
    ...FIND_CLAIMED,
    values: [plan.claims.siteIds, plan.claims.ids, plan.labels.siteIds, plan.labels.ids],
  });
  for (const row of rows) {
    if (row.slot_id !== null) found.slots.add(row.site_id, row.slot_id);
    if (row.member_id !== null) found.members.add(row.site_id, row.member_id);
  }
  return found;
}
