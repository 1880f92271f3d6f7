import type { PoolClient } from 'pg';
import type { Needs } from '#shared/domain/intent';
import type { Wish } from './read-plan';
import { SiteKeys } from './site-keys';

/** B8: what a batch reads of credits that are bought. */
export interface TopupPlan {
  readonly named: SiteKeys;
  /** Members whose purchases that nobody has paid are read. */
  readonly buyers: SiteKeys;
  /** Sites that give a receipt's number: guarded by an advisory lock. */
  readonly sitesOfReceipts: ReadonlySet<string>;
}

/** Adds up what the rules of these wishes need of purchases. */
export function planTopups(asked: readonly { readonly wish: Wish; readonly needed: Needs }[]): TopupPlan {
  const named = new SiteKeys();
  const buyers = new SiteKeys();
  const sitesOfReceipts = new Set<string>();
  for (const { wish, needed } of asked) {
    for (const id of needed.topupIds) named.add(wish.siteId, id);
    if (needed.ownTopups) buyers.add(wish.siteId, wish.memberId);
    if (needed.nextReceipt) sitesOfReceipts.add(wish.siteId);
  }
  return { named, buyers, sitesOfReceipts };
}

// Unlocked: who buys never changes. A purchase that appears after this look is noticed when it is loaded.
const FIND_BUYERS = {
  name: 'arbiter-find-buyers',
  text: `select t.site_id, t.member_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, topup_id)
           join topups t using (site_id, topup_id)`,
};

const LOCK_RECEIPTS = {
  name: 'arbiter-lock-receipts',
  text: `select pg_advisory_xact_lock(hashtextextended('undercroft receipts ' || site_id, 0))
           from (select site_id from unnest($1::uuid[]) as k(site_id) order by site_id) as ordered`,
};

/** The members whose rows guard the purchases of a plan and the credits that may go back. */
export async function findBuyers(client: PoolClient, { named }: TopupPlan): Promise<SiteKeys> {
  const buyers = new SiteKeys();
  if (named.size === 0) return buyers;
  const { rows } = await client.query<{ site_id: string; member_id: string }>({
    ...FIND_BUYERS,
    values: [named.siteIds, named.ids],
  });
  for (const row of rows) buyers.add(row.site_id, row.member_id);
  return buyers;
}

/** Guards the next receipt's number of the plan's sites until the transaction ends: numbers have no gaps. */
export async function lockReceipts(client: PoolClient, { sitesOfReceipts }: TopupPlan): Promise<void> {
  if (sitesOfReceipts.size > 0) await client.query({ ...LOCK_RECEIPTS, values: [[...sitesOfReceipts]] });
}
