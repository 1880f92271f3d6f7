import type { PoolClient } from 'pg';
import type { Needs } from '#shared/domain/intent';
import type { Wish } from './read-plan';
import { SiteKeys } from './site-keys';

/** E8: what a batch reads of who waits in line. */
export interface WaitlistPlan {
  /** Entries named by id: with them all that making a reservation for their members reads. */
  readonly named: SiteKeys;
  /** Those of `named` that the clock may end: with their members' quiet hours. */
  readonly lapsing: SiteKeys;
  /** Members whose places in line that are not over are read. */
  readonly owners: SiteKeys;
  /** Which slots are offered for which entries: made a reservation of, these are paid by the entry's member. */
  readonly offers: readonly { readonly siteId: string; readonly entryId: string; readonly slotId: string }[];
}

/** Adds up what the rules of these wishes need of who waits. */
export function planWaitlist(
  asked: readonly { readonly wish: Wish; readonly needed: Needs }[],
): WaitlistPlan {
  const plan = { named: new SiteKeys(), lapsing: new SiteKeys(), owners: new SiteKeys() };
  for (const { wish, needed } of asked) {
    for (const id of needed.waitlistEntryIds) plan.named.add(wish.siteId, id);
    if (wish.intent.op === 'waitlist.lapse@1') plan.lapsing.add(wish.siteId, wish.intent.args.entryId);
    if (needed.ownEntries) plan.owners.add(wish.siteId, wish.memberId);
    // Their places in line end with their membership.
    for (const id of needed.leavingIds) plan.owners.add(wish.siteId, id);
  }
  const offers = asked.flatMap(({ wish: { siteId, intent } }) =>
    intent.op === 'waitlist.offer@1'
      ? [{ siteId, entryId: intent.args.entryId, slotId: intent.args.slotId }]
      : [],
  );
  return { ...plan, offers };
}

// Unlocked: whose an entry is never changes; what is offered to them is looked at again once it is loaded. Of who books a slot otherwise
// only what is offered matters before the locks: it may be let go.
const FIND_WAITING = {
  name: 'arbiter-find-waiting',
  text: `select w.site_id, w.entry_id, w.member_id, case when w.state = 'offered' then w.reservation_id end as reservation_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, entry_id)
           join waitlist_entries w using (site_id, entry_id)
         union all
         select w.site_id, w.entry_id, w.member_id, w.reservation_id
           from unnest($3::uuid[], $4::uuid[]) as k(site_id, member_id)
           join waitlist_entries w using (site_id, member_id) where w.state = 'offered'`,
};

interface WaitingRow {
  site_id: string;
  entry_id: string;
  member_id: string;
  reservation_id: string | null;
}

/** The keys of a plan that entries add to. */
interface ReadByEntries {
  readonly waitlist: WaitlistPlan;
  readonly reservations: SiteKeys;
  readonly named: SiteKeys;
  readonly owners: SiteKeys;
  readonly lastUses: { siteIds: string[]; slotIds: string[]; memberIds: string[] };
}

/**
 * Looks whose the named entries are, and what is offered to their members and to those whose places in line are read: those reservations
 * become named in the plan. Of who is to be offered a slot is read what is read of who reserves it; of whose wait the clock ends, what they
 * have booked. Answers the members, whose rows are to be locked.
 */
export async function findWaiting(client: PoolClient, plan: ReadByEntries): Promise<SiteKeys> {
  const members = new SiteKeys();
  const { named, owners, lapsing, offers } = plan.waitlist;
  if (named.size + owners.size === 0) return members;
  const { rows } = await client.query<WaitingRow>({
    ...FIND_WAITING,
    values: [named.siteIds, named.ids, owners.siteIds, owners.ids],
  });
  const memberOf = new Map(rows.map((row) => [`${row.site_id}/${row.entry_id}`, row.member_id]));
  for (const row of rows) {
    members.add(row.site_id, row.member_id);
    if (lapsing.has(row.site_id, row.entry_id)) plan.owners.add(row.site_id, row.member_id);
    if (row.reservation_id === null) continue;
    plan.named.add(row.site_id, row.reservation_id);
    plan.reservations.add(row.site_id, row.reservation_id);
  }
  for (const { siteId, entryId, slotId } of offers) {
    const memberId = memberOf.get(`${siteId}/${entryId}`);
    if (memberId === undefined) continue;
    plan.owners.add(siteId, memberId);
    plan.lastUses.siteIds.push(siteId);
    plan.lastUses.slotIds.push(slotId);
    plan.lastUses.memberIds.push(memberId);
  }
  return members;
}
