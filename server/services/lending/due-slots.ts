import type { Pool } from 'pg';
import type { DaysOff } from '#shared/domain/entities';
import { defaultPolicy } from '#shared/domain/policy';

/** How far beyond what may be reserved windows are made, in ms: a server that was off for a week has lost nothing. */
export const AHEAD = 7 * 24 * 3_600_000;
/** What of that is left when they are made anew, so that each slot is gone through once in six days and not in every run. */
const LEFT = 24 * 3_600_000;

/** Slots that are left alone for now, by their ids; of `paused` also whole sites. */
export interface LeftAlone {
  /** Whatever happens to their rules. */
  readonly paused: readonly string[];
  /** As long as their rules stay as they are. */
  readonly cut: readonly string[];
}

export interface SlotKey {
  readonly site_id: string;
  readonly slot_id: string;
}

/** A slot with the weekly rules that it is to follow. */
export interface DueSlot extends SlotKey {
  readonly revision: number;
  readonly time_zone: string;
  /** How far ahead its site lets one reserve, ms. */
  readonly horizon: number;
  readonly rules: readonly RuleRow[] | null;
}

/** A rule as json: only ever written by the arbiter's write-lending. */
export interface RuleRow {
  readonly weekdays: number;
  readonly from_minute: number;
  readonly until_minute: number;
  readonly starts_on: string;
  readonly ends_on: string | null;
  readonly days_off: DaysOff[];
  readonly paused: boolean;
}

// Whatever stands in a site's policy, the others' slots are found.
const HORIZON = `(case when jsonb_typeof(i.policy->'horizon') = 'number' then (i.policy->>'horizon')::float8 end)`;

/*
 * Asked once a run: each half walks an index of its own. Whether a slot has rules is asked of each found slot by itself: behind a limit,
 * which no plan can turn around. Written as `exists`, with statistics of the time before the slots followed anything (autovacuum comes
 * by after a minute) the planner began with the rules, and looked through all of a site's slots for each: 27 to 52 s at 10,000 of them,
 * now 0.14 s.
 */
const FIND_DUE = {
  name: 'lending-find-due-slots',
  text: `select site_id, slot_id from slots
          where rules_revision <> followed_revision and owner_id is not null and removed_at is null
            and slot_id <> all($4::uuid[]) and site_id <> all($4::uuid[])
         union
         select s.site_id, s.slot_id
           from sites i join slots s on s.site_id = i.site_id
                and s.followed_until < $1::timestamptz + interval '1 millisecond' * (coalesce(${HORIZON}, $2) + $3)
          cross join lateral (
            select from lending_rules r
             where r.site_id = s.site_id and r.slot_id = s.slot_id and r.removed_at is null limit 1) r
          where s.owner_id is not null and s.removed_at is null and s.slot_id <> all($4::uuid[]) and s.site_id <> all($4::uuid[])
            and s.slot_id <> all($5::uuid[])
          order by 1, 2`,
};

const READ_DUE = {
  name: 'lending-read-due-slots',
  text: `select k.site_id, k.slot_id, s.rules_revision as revision, i.time_zone,
                coalesce(${HORIZON}, $3) as horizon, r.rules
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, slot_id)
           join slots s using (site_id, slot_id)
           join sites i using (site_id)
           cross join lateral (
             select json_agg(json_build_object('weekdays', r.weekdays, 'from_minute', r.from_minute, 'until_minute', r.until_minute,
                    'starts_on', r.starts_on, 'ends_on', r.ends_on, 'days_off', r.days_off, 'paused', r.paused)) as rules
               from lending_rules r
              where r.site_id = k.site_id and r.slot_id = k.slot_id and r.removed_at is null) r`,
};

/**
 * The slots whose rules have changed since they were followed, and those with rules that are followed up to less than a day beyond
 * what may be reserved at `now` (ms since 1970), in the order of their keys.
 */
export function dueSlotsQuery(now: number, { paused, cut }: LeftAlone) {
  return { ...FIND_DUE, values: [new Date(now), defaultPolicy.horizon, LEFT, paused, cut] };
}

/** Reads with their rules those of these slots that there still are. */
export async function readSlots(pool: Pool, keys: readonly SlotKey[]): Promise<DueSlot[]> {
  const { rows } = await pool.query<DueSlot>({
    ...READ_DUE,
    values: [keys.map(({ site_id }) => site_id), keys.map(({ slot_id }) => slot_id), defaultPolicy.horizon],
  });
  return rows;
}
