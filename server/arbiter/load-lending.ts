import type { PoolClient } from 'pg';
import type { DaysOff, LendingRule, SlotClaim, SlotKind } from '#shared/domain/entities';
import { CLAIMS_COUNTED_FOR } from '#shared/domain/slot-claim';
import type { State } from '#shared/domain/state';
import { weekdaysOf } from '../services/lending/weekday-bits';
import { timestamp } from './json-rows';
import { StaleReadError, type Locked } from './locks';
import type { ReadPlan } from './read-plan';
import { SiteKeys } from './site-keys';

type Concerned = { readonly plan: ReadPlan; readonly locked: Locked };

// The photo is not read: no rule looks at it, and what becomes of it is "stays" or "goes".
const CLAIMS = {
  name: 'arbiter-load-claims',
  text: `select c.site_id, c.claim_id, c.member_id, c.label, c.level, c.kind, c.note, c.state, c.slot_id, c.decided_by, c.reason,
                (extract(epoch from c.created_at) * 1000)::float8 as created,
                (extract(epoch from c.decided_at) * 1000)::float8 as decided
           from slot_claims c
          where (c.site_id, c.claim_id) in (
                  select * from unnest($1::uuid[], $2::uuid[])
                  union all
                  select o.site_id, o.claim_id
                    from unnest($3::uuid[], $4::uuid[]) as k(site_id, member_id)
                    join slot_claims o using (site_id, member_id) where o.state = 'waiting' or o.created_at > $5::timestamptz)`,
};

// Behind the locks on their slots. A rule named by id alone may be another slot's: only that it is matters then.
const RULES = {
  name: 'arbiter-load-lending-rules',
  text: `select r.site_id, r.rule_id, r.slot_id, r.weekdays, r.from_minute, r.until_minute, r.starts_on, r.ends_on, r.days_off,
                r.paused, (extract(epoch from r.created_at) * 1000)::float8 as created,
                (extract(epoch from r.removed_at) * 1000)::float8 as removed
           from lending_rules r
          where (r.site_id, r.rule_id) in (
                  select * from unnest($1::uuid[], $2::uuid[])
                  union all
                  select o.site_id, o.rule_id
                    from unnest($3::uuid[], $4::uuid[]) as k(site_id, slot_id)
                    join lending_rules o using (site_id, slot_id) where o.removed_at is null)`,
};

// The slots of who leaves were looked for before the locks; one that was given to them since then is not locked.
const OWNED = {
  name: 'arbiter-find-owned-slots',
  text: `select s.site_id, s.slot_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, owner_id) join slots s using (site_id, owner_id)
          where s.removed_at is null`,
};

/**
 * C1: loads claims, and weekly rules: those named, and all of the slots that may lose their owner with this batch. `now` in ms
 * since 1970.
 * @throws StaleReadError when the locks do not cover what was found
 */
export async function loadLending(
  client: PoolClient,
  { plan, locked, now }: Concerned & { readonly now: number },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<void> {
  const slots = new SiteKeys();
  const { slotsOfRules } = plan.lending;
  slotsOfRules.ids.forEach((id, index) => slots.add(slotsOfRules.siteIds[index]!, id));
  await Promise.all([
    loadClaims(client, { plan, locked, now }, states, stored),
    findOwned(client, { plan, locked }).then(async (owned) => {
      for (const row of owned) slots.add(row.site_id, row.slot_id);
      await loadRules(client, { rules: plan.lending.rules, slots }, states, stored);
    }),
  ]);
}

async function findOwned(
  client: PoolClient,
  { plan, locked }: Concerned,
): Promise<{ site_id: string; slot_id: string }[]> {
  const { leaving } = plan.memberships;
  if (leaving.size === 0) return [];
  const { rows } = await client.query<{ site_id: string; slot_id: string }>({
    ...OWNED,
    values: [leaving.siteIds, leaving.ids],
  });
  for (const row of rows) {
    if (!locked.slotKeys.has(row.site_id, row.slot_id))
      throw new StaleReadError('a leaving member was given a slot while the locks were being taken');
  }
  return rows;
}

interface ClaimRow {
  site_id: string;
  claim_id: string;
  member_id: string;
  label: string;
  level: string;
  kind: SlotKind;
  note: string;
  state: SlotClaim['state'];
  slot_id: string | null;
  decided_by: string | null;
  reason: string;
  created: number;
  decided: number | null;
}

async function loadClaims(
  client: PoolClient,
  { plan: { lending }, locked, now }: Concerned & { readonly now: number },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<void> {
  if (lending.claims.size + lending.claimants.size === 0) return;
  const { rows } = await client.query<ClaimRow>({
    ...CLAIMS,
    values: [
      lending.claims.siteIds,
      lending.claims.ids,
      lending.claimants.siteIds,
      lending.claimants.ids,
      timestamp(now - CLAIMS_COUNTED_FOR),
    ],
  });
  for (const row of rows) {
    if (!locked.memberKeys.has(row.site_id, row.member_id))
      throw new StaleReadError('a claim appeared while its locks were being taken');
    stored.add(`slotClaims/${row.site_id}/${row.claim_id}`);
    states.get(row.site_id)?.slotClaims.set(row.claim_id, {
      id: row.claim_id,
      memberId: row.member_id,
      label: row.label,
      level: row.level,
      kind: row.kind,
      note: row.note,
      photo: null,
      state: row.state,
      slotId: row.slot_id,
      createdAt: row.created,
      decidedAt: row.decided,
      decidedBy: row.decided_by,
      reason: row.reason,
    });
  }
}

interface RuleRow {
  site_id: string;
  rule_id: string;
  slot_id: string;
  weekdays: number;
  from_minute: number;
  until_minute: number;
  starts_on: string;
  ends_on: string | null;
  /** Only ever written by write-lending. */
  days_off: DaysOff[];
  paused: boolean;
  created: number;
  removed: number | null;
}

async function loadRules(
  client: PoolClient,
  { rules, slots }: { rules: SiteKeys; slots: SiteKeys },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<void> {
  if (rules.size + slots.size === 0) return;
  const { rows } = await client.query<RuleRow>({
    ...RULES,
    values: [rules.siteIds, rules.ids, slots.siteIds, slots.ids],
  });
  for (const row of rows) {
    stored.add(`lendingRules/${row.site_id}/${row.rule_id}`);
    states.get(row.site_id)?.lendingRules.set(row.rule_id, ruleOf(row));
  }
}

function ruleOf(row: RuleRow): LendingRule {
  return {
    id: row.rule_id,
    slotId: row.slot_id,
    weekdays: weekdaysOf(row.weekdays),
    from: row.from_minute,
    until: row.until_minute,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    daysOff: row.days_off,
    paused: row.paused,
    createdAt: row.created,
    removedAt: row.removed,
  };
}
