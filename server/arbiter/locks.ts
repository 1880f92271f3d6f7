import type { PoolClient } from 'pg';
import type { Role, Slot } from '#shared/domain/entities';
import { together } from '../db/together';
import { findLending } from './lending-plan';
import { findLeaving } from './membership-plan';
import type { ReadPlan } from './read-plan';
import { lockSigningKeys } from './signing-keys';
import { SiteKeys } from './site-keys';
import { findBuyers, lockReceipts } from './topup-plan';
import { findWaiting } from './waitlist-plan';

/*
 * What guards what, and the order in which every batch of every process takes its locks:
 *
 *   clients → site's signing keys (advisory) → site's spending (advisory) → site's receipts (advisory) → people (advisory) → members → slots → visitor passes → passes
 *   → journals → incidents → [write] → accounts
 *
 * each in key order, so that no two batches can wait for each other in a circle.
 * - A slot's row guards its lent windows and the reservations on it.
 * - A member's row guards what the member may spend and its own reservations: whoever lets a member's balance fall holds it.
 *   Others only ever add to the balance, and no accepted decision becomes wrong by that. Account rows are therefore locked
 *   last, for the moment of writing: the site's own account, which half of all movements touch, does not make batches queue.
 * - The site's own account falls only by a refund; the advisory lock stands for a member's row there.
 * - A pass's row guards its status. The scans that count against the passes of a reservation are guarded by the row of its
 *   member: under it alone a pass takes another's place, so that a scan and a bind never look past each other.
 * - D2: a lock on a person stands for everything that person is expected for, which has no row as long as there is nothing.
 *   A visitor pass's passes are guarded by the row of its issuer, as a reservation's are by that of its member.
 * - X8: a journal's row guards its entries (scans at places of it; there is no unique constraint on the places, since a fork is
 *   to be recorded) and its open incidents: one journal may come from two clients, of a device and its copy. Of a double use they
 *   are guarded by the pass's member, as the uses are; the incident's own row is for who closes it meanwhile.
 * - B6: a member's row guards its membership and role, and with them what ends with it: reservations, slots it owns, visitor passes
 *   it gives. Whoever takes a manager away holds the rows of all managers, so that of two the last one stays.
 * - C1: a slot's row guards its weekly rules; the row of the member who claims a slot guards the claim. That labels are one slot's each,
 *   the database's index holds: who is second fails, and is decided again by itself.
 * - E8: a member's row guards their places in line, as their reservations; what is offered to them also stands on its slot's row, which
 *   is locked with whatever they book, for it may be let go.
 * - B8: a member's row guards what the member buys; the lock on a site's receipts stands for the next number, so that there are no gaps.
 * - The lock on a site's signing keys stands for the next one, which has no row yet.
 * All are FOR NO KEY UPDATE: foreign-key checks of others pass.
 */

/** What was read before the locks does not hold any more. It carries the SQLSTATE of a serialization failure and is one. */
export class StaleReadError extends Error {
  readonly code = '40001';
  override readonly name = 'StaleReadError';
}

// Unlocked: only tells which rows to lock; checked again once they are locked.
const FIND_NAMED = {
  name: 'arbiter-find-named',
  text: `select r.site_id, r.slot_id, r.member_id, r.receiver_account_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, reservation_id)
           join reservations r using (site_id, reservation_id)
         union all
         select s.site_id, s.slot_id, null, coalesce(s.owner_id, s.site_id)
           from unnest($3::uuid[], $4::uuid[]) as k(site_id, slot_id)
           join slots s using (site_id, slot_id)`,
};

// Unlocked: a pass never changes hands. One that appears after this look is noticed when it is loaded.
const FIND_PASS_OWNERS = {
  name: 'arbiter-find-pass-owners',
  text: `select p.site_id, p.member_id, p.reservation_id, p.visitor_pass_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, pass_id)
           join passes p using (site_id, pass_id)`,
};

// Unlocked: the issuer of a visitor pass never changes. One that appears after this look is noticed when its passes are loaded.
const FIND_VISIT_ISSUERS = {
  name: 'arbiter-find-visit-issuers',
  text: `select v.site_id, v.issued_by as member_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, visitor_pass_id)
           join visitor_passes v using (site_id, visitor_pass_id)`,
};

// In the order of the locks' own numbers: two people may come to the same one.
const LOCK_PEOPLE = {
  name: 'arbiter-lock-people',
  text: `select pg_advisory_xact_lock(number)
           from (select distinct hashtextextended('undercroft visitor ' || site_id || ' ' || person_key, 0) as number
                   from unnest($1::uuid[], $2::text[]) as k(site_id, person_key) order by number) as ordered`,
};

const LOCK_SITE_SPENDING = {
  name: 'arbiter-lock-site-spending',
  text: `select pg_advisory_xact_lock(hashtextextended('undercroft site spending ' || site_id, 0))
           from (select site_id from unnest($1::uuid[]) as k(site_id) order by site_id) as ordered`,
};

const LOCK_MEMBERS = {
  name: 'arbiter-lock-members',
  text: `select m.site_id, m.member_id, m.role, m.name, m.plate, (extract(epoch from m.left_at) * 1000)::float8 as left_at
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, member_id)
           join members m using (site_id, member_id)
          order by m.site_id, m.member_id for no key update of m`,
};

/** Starts and ends of a column of windows; null where the condition does not hold. */
function boundsOf(column: 'lent' | 'opened' | 'closed', condition: string): string {
  const bounds = (side: 'lower' | 'upper') =>
    `case when ${condition} then array(select (extract(epoch from ${side}(r)) * 1000)::float8 from unnest(s.${column}) r order by r) end`;
  return `${bounds('lower')} as ${column}_starts, ${bounds('upper')} as ${column}_ends`;
}

// Seldom more than what is lent, or anything: unnesting either for every reservation would be for nothing.
const OPENED = boundsOf('opened', 's.opened <> s.lent');
const CLOSED = boundsOf('closed', "s.closed <> '{}'");

const LOCK_SLOTS = {
  name: 'arbiter-lock-slots',
  text: `select s.site_id, s.slot_id, s.label, s.level, s.kind, s.owner_id,
                (select m.name from members m where m.site_id = s.site_id and m.member_id = s.owner_id) as owner_name,
                ${boundsOf('lent', 'true')}, ${OPENED}, ${CLOSED}, s.rules_revision, s.followed_revision,
                (extract(epoch from s.followed_until) * 1000)::float8 as followed_until, s.position_x, s.position_y
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, slot_id)
           join slots s using (site_id, slot_id)
          where s.removed_at is null
          order by s.site_id, s.slot_id for no key update of s`,
};

export interface MemberRow {
  site_id: string;
  member_id: string;
  role: Role;
  name: string;
  plate: string;
  left_at: number | null;
}

export interface SlotRow {
  site_id: string;
  slot_id: string;
  label: string;
  level: string;
  kind: Slot['kind'];
  owner_id: string | null;
  owner_name: string | null;
  lent_starts: number[];
  lent_ends: number[];
  /** null: as what is lent. */
  opened_starts: number[] | null;
  opened_ends: number[] | null;
  /** null: none. */
  closed_starts: number[] | null;
  closed_ends: number[] | null;
  rules_revision: number;
  followed_revision: number;
  followed_until: number | null;
  position_x: number | null;
  position_y: number | null;
}

/** A locked slot as the rules read it. */
export function slotOf(row: SlotRow): Slot {
  const { position_x: x, position_y: y } = row;
  const ranges = (starts: number[] | null, ends: number[] | null) =>
    starts?.map((start, index) => ({ start, end: ends![index]! })) ?? null;
  const lent = ranges(row.lent_starts, row.lent_ends) ?? [];
  return {
    id: row.slot_id,
    label: row.label,
    level: row.level,
    kind: row.kind,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    lent,
    opened: ranges(row.opened_starts, row.opened_ends) ?? lent,
    closed: ranges(row.closed_starts, row.closed_ends) ?? [],
    rulesRevision: row.rules_revision,
    followedRevision: row.followed_revision,
    followedUntil: row.followed_until,
    position: x === null || y === null ? null : { x, y },
  };
}

export interface Locked {
  readonly members: readonly MemberRow[];
  /** Whose rows are locked: nobody else makes a pass of theirs anew. */
  readonly memberKeys: SiteKeys;
  readonly slots: readonly SlotRow[];
  /** Accounts whose balance cannot fall before this transaction ends; a site's own under the site's id. */
  readonly spendable: SiteKeys;
  readonly slotKeys: SiteKeys;
}

/**
 * Takes the locks on members and slots, on the spending of those that a refund may come from, and on the members whose
 * passes are scanned. The reservations of those passes become named in the plan.
 */
export async function lockRows(client: PoolClient, plan: ReadPlan): Promise<Locked> {
  const spendable = new SiteKeys();
  const slotKeys = new SiteKeys();
  const spendingSites = new Set<string>();
  plan.actors.ids.forEach((id, index) => {
    const siteId = plan.actors.siteIds[index]!;
    // The site itself has no row to lock; its spending is locked below where it matters.
    if (id !== siteId) spendable.add(siteId, id);
  });
  plan.slots.ids.forEach((id, index) => slotKeys.add(plan.slots.siteIds[index]!, id));
  const passOwners = await findPassOwners(client, plan);
  // A scan changes the reservation of its pass.
  for (const row of passOwners) {
    if (row.reservation_id === null) continue;
    plan.named.add(row.site_id, row.reservation_id);
    plan.reservations.add(row.site_id, row.reservation_id);
  }
  // E8: who waits pays for what is booked for them.
  const waiting = await findWaiting(client, plan);
  waiting.ids.forEach((id, index) => spendable.add(waiting.siteIds[index]!, id));
  const namedRows = await findNamed(client, plan);
  for (const row of namedRows) {
    slotKeys.add(row.site_id, row.slot_id);
    if (row.member_id) spendable.add(row.site_id, row.member_id);
    spendable.add(row.site_id, row.receiver_account_id);
    if (row.receiver_account_id === row.site_id) spendingSites.add(row.site_id);
  }
  const found = await findLeaving(client, plan.memberships);
  found.slots.ids.forEach((id, index) => slotKeys.add(found.slots.siteIds[index]!, id));
  found.receivers.ids.forEach((id, index) => {
    const siteId = found.receivers.siteIds[index]!;
    spendable.add(siteId, id);
    if (id === siteId) spendingSites.add(siteId);
  });
  const memberKeys = new SiteKeys();
  const lending = await findLending(client, plan.lending);
  lending.slots.ids.forEach((id, index) => slotKeys.add(lending.slots.siteIds[index]!, id));
  lending.members.ids.forEach((id, index) => memberKeys.add(lending.members.siteIds[index]!, id));
  found.members.ids.forEach((id, index) => memberKeys.add(found.members.siteIds[index]!, id));
  spendable.ids.forEach((id, index) => memberKeys.add(spendable.siteIds[index]!, id));
  for (const row of passOwners) memberKeys.add(row.site_id, row.member_id);
  for (const row of await findVisitIssuers(client, plan)) memberKeys.add(row.site_id, row.member_id);
  const buyers = await findBuyers(client, plan.topups);
  buyers.ids.forEach((id, index) => {
    spendable.add(buyers.siteIds[index]!, id);
    memberKeys.add(buyers.siteIds[index]!, id);
  });
  await lockSigningKeys(client, plan);
  const { people } = plan.visits;
  const [, , , members, slots] = await together([
    spendingSites.size > 0 ? client.query({ ...LOCK_SITE_SPENDING, values: [[...spendingSites]] }) : null,
    lockReceipts(client, plan.topups),
    people.size > 0 ? client.query({ ...LOCK_PEOPLE, values: [people.siteIds, people.ids] }) : null,
    client.query<MemberRow>({ ...LOCK_MEMBERS, values: [memberKeys.siteIds, memberKeys.ids] }),
    slotKeys.size > 0
      ? client.query<SlotRow>({ ...LOCK_SLOTS, values: [slotKeys.siteIds, slotKeys.ids] })
      : { rows: [] },
  ]);
  return { members: members.rows, memberKeys, slots: slots.rows, spendable, slotKeys };
}

interface PassOwnerRow {
  site_id: string;
  member_id: string;
  reservation_id: string | null;
  visitor_pass_id: string | null;
}

async function findPassOwners(client: PoolClient, plan: ReadPlan): Promise<PassOwnerRow[]> {
  if (plan.passes.size === 0) return [];
  const { rows } = await client.query<PassOwnerRow>({
    ...FIND_PASS_OWNERS,
    values: [plan.passes.siteIds, plan.passes.ids],
  });
  return rows;
}

async function findVisitIssuers(
  client: PoolClient,
  { visits }: ReadPlan,
): Promise<{ site_id: string; member_id: string }[]> {
  if (visits.named.size === 0) return [];
  const { rows } = await client.query<{ site_id: string; member_id: string }>({
    ...FIND_VISIT_ISSUERS,
    values: [visits.named.siteIds, visits.named.ids],
  });
  return rows;
}

interface NamedRow {
  site_id: string;
  slot_id: string;
  member_id: string | null;
  receiver_account_id: string;
}

async function findNamed(client: PoolClient, plan: ReadPlan): Promise<NamedRow[]> {
  if (plan.named.size + plan.slotsOfNamed.size === 0) return [];
  const { rows } = await client.query<NamedRow>({
    ...FIND_NAMED,
    values: [plan.named.siteIds, plan.named.ids, plan.slotsOfNamed.siteIds, plan.slotsOfNamed.ids],
  });
  return rows;
}
