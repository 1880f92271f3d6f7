import type { Pool } from 'pg';
import type { DaysOff } from '#shared/domain/entities';
import type { DomainArgs } from '#shared/domain/intent';
import { defaultPolicy } from '#shared/domain/policy';
import { windowsOfRules, type RuleTimes, type ZoneStretch } from '#shared/domain/rule-windows';
import type { TimeRange } from '#shared/domain/time-range';
import { zoneStretches } from '#shared/lending/zone-stretches';
import { MAXIMUM_INTENTS, type WireIntent } from '#shared/protocol/push';
import type { Push, SubmitResult } from '../../arbiter/push';
import type { Clock } from '../../platform/clock';
import { weekdaysOf } from './weekday-bits';

const DAY = 24 * 3_600_000;
/** How far beyond what may be reserved windows are made: a server that was off for a week has lost nothing. */
const AHEAD = 7 * DAY;
/** What of that is left when they are made anew, so that each slot is gone through once in six days and not in every run. */
const LEFT = DAY;
/** Windows of one slot at a time, as the op takes them. Beyond them, later ones are made as the first are over. */
export const MOST_RULE_WINDOWS = 400;
/** Slots that a run looks at together: some 2 MB of windows. */
const AT_ONCE = 20 * MAXIMUM_INTENTS;
/** Pushes on their way together: two fill a batch of the arbiter, and it has two lanes. */
const PUSHES_AT_ONCE = 4;

/** Of what has more windows than one may have: it is made anew as the first are over, once in this time (ms). */
const CUT_PAUSE = DAY;

/** Milliseconds for which a slot that could not be decided stands in nobody's way. */
const PAUSE = 10 * 60_000;

export interface FollowOptions {
  readonly pool: Pool;
  readonly arbiter: { submit(push: Push): Promise<SubmitResult> };
  readonly clock: Clock;
  readonly newId: () => string;
}

/** The site's own clients in this process: like a device's, their seqs count up by one. */
interface SiteClient {
  readonly clientId: string;
  seq: number;
}

/**
 * C1: makes the windows of weekly rules that have changed, and of those whose windows come to an end, as far as one may reserve and a week
 * on; the site itself asks for each slot's. Safe to run at any time, again, and by several processes: of a slot whose rules have changed
 * meanwhile it is refused, and looked at again in the next run, which that change wakes. A run resolves with how many slots follow
 * their rules now; it rejects when the arbiter cannot decide.
 */
export function createRuleFollowing(options: FollowOptions): (signal?: AbortSignal) => Promise<number> {
  const clients = new Map<string, SiteClient>();
  /** By slot: until when it is left alone. */
  const paused = new Map<string, number>();
  /** By slot that has more windows than one may have: until when it needs no later ones. */
  const cut = new Map<string, number>();
  return async (signal) => {
    const now = options.clock.now();
    for (const pauses of [paused, cut])
      for (const [slotId, until] of pauses) if (until <= now) pauses.delete(slotId);
    let followed = 0;
    const due = await findDue(options, { paused: [...paused.keys()], cut: [...cut.keys()] });
    for (let from = 0; from < due.length && signal?.aborted !== true; from += AT_ONCE) {
      const asked = requestsOf(options, await readSlots(options, due.slice(from, from + AT_ONCE)));
      for (const { slotId, windows } of asked.flatMap(({ requests }) => requests))
        if (windows.length === MOST_RULE_WINDOWS) cut.set(slotId, now + CUT_PAUSE);
      for (let at = 0; at < asked.length; at += PUSHES_AT_ONCE) {
        const lanes = asked.slice(at, at + PUSHES_AT_ONCE);
        const left = await Promise.all(lanes.map((one, lane) => follow(options, clients, { ...one, lane })));
        followed += lanes.reduce((sum, { requests }) => sum + requests.length, 0) - left.flat().length;
        for (const { slotId, isPaused } of left.flat()) if (isPaused) paused.set(slotId, now + PAUSE);
      }
    }
    return followed;
  };
}

type FollowArgs = DomainArgs['share.follow_rules@1'];
interface SiteRequests {
  readonly siteId: string;
  /** As many as a push may have. */
  readonly requests: readonly FollowArgs[];
}

/** Asks for one push; answers the slots that do not follow their rules now. */
async function follow(
  { arbiter, clock, newId }: FollowOptions,
  clients: Map<string, SiteClient>,
  { siteId, requests, lane }: SiteRequests & { lane: number },
): Promise<{ slotId: string; isPaused: boolean }[]> {
  // Pushes of one client are decided one after the other, those of several together.
  const key = `${siteId}/${lane}`;
  const client = clients.get(key) ?? { clientId: newId(), seq: 0 };
  clients.set(key, client);
  const result = await arbiter.submit({
    siteId,
    member: { id: siteId, role: 'system', name: 'Undercroft' },
    clientId: client.clientId,
    intents: requests.map((args): WireIntent => ({
      seq: ++client.seq,
      id: newId(),
      op: 'share.follow_rules@1',
      args: { ...args },
      deviceTime: clock.now(),
      expiresAt: null,
    })),
  });
  if (!result.ok) {
    // Whether the server has these seqs is not known: the next push begins as a new client.
    clients.delete(key);
    throw new Error(`weekly rules could not be followed: ${result.code}`);
  }
  return requests.flatMap(({ slotId }, index) => {
    const outcome = result.outcomes[index];
    return outcome?.status === 'applied' ? [] : [{ slotId, isPaused: outcome?.code !== 'rules_changed' }];
  });
}

interface DueSlot {
  readonly site_id: string;
  readonly slot_id: string;
  readonly revision: number;
  readonly time_zone: string;
  readonly horizon: number;
  readonly rules: readonly RuleRow[] | null;
}

/** A rule as json: only ever written by the arbiter's write-lending. */
interface RuleRow {
  readonly weekdays: number;
  readonly from_minute: number;
  readonly until_minute: number;
  readonly starts_on: string;
  readonly ends_on: string | null;
  readonly days_off: DaysOff[];
  readonly paused: boolean;
}

interface SlotKey {
  readonly site_id: string;
  readonly slot_id: string;
}

/** Asked once a run: both halves walk an index of their own. */
async function findDue(
  { pool, clock }: FollowOptions,
  { paused, cut }: { paused: readonly string[]; cut: readonly string[] },
): Promise<SlotKey[]> {
  const { rows } = await pool.query<SlotKey>({
    name: 'lending-find-due-slots',
    text: `select site_id, slot_id from slots
            where rules_revision <> followed_revision and owner_id is not null and removed_at is null
              and slot_id <> all($4::uuid[])
           union
           select s.site_id, s.slot_id
             from sites i join slots s on s.site_id = i.site_id
                  and s.followed_until < $1::timestamptz + interval '1 millisecond' * (coalesce((i.policy->>'horizon')::float8, $2) + $3)
            where s.owner_id is not null and s.removed_at is null and s.slot_id <> all($4::uuid[]) and s.slot_id <> all($5::uuid[])
              and exists (select from lending_rules r where r.site_id = s.site_id and r.slot_id = s.slot_id and r.removed_at is null)
            order by 1, 2`,
    values: [new Date(clock.now()), defaultPolicy.horizon, LEFT, paused, cut],
  });
  return rows;
}

async function readSlots({ pool }: FollowOptions, keys: readonly SlotKey[]): Promise<DueSlot[]> {
  const { rows } = await pool.query<DueSlot>({
    name: 'lending-read-due-slots',
    text: `select k.site_id, k.slot_id, s.rules_revision as revision, i.time_zone,
                  coalesce((i.policy->>'horizon')::float8, $3) as horizon, r.rules
             from unnest($1::uuid[], $2::uuid[]) as k(site_id, slot_id)
             join slots s using (site_id, slot_id)
             join sites i using (site_id)
             cross join lateral (
               select json_agg(json_build_object('weekdays', r.weekdays, 'from_minute', r.from_minute, 'until_minute', r.until_minute,
                      'starts_on', r.starts_on, 'ends_on', r.ends_on, 'days_off', r.days_off, 'paused', r.paused)) as rules
                 from lending_rules r
                where r.site_id = k.site_id and r.slot_id = k.slot_id and r.removed_at is null) r`,
    values: [keys.map(({ site_id }) => site_id), keys.map(({ slot_id }) => slot_id), defaultPolicy.horizon],
  });
  return rows;
}

function requestsOf({ clock }: FollowOptions, due: readonly DueSlot[]): SiteRequests[] {
  const now = clock.now();
  const stretches = new Map<string, ZoneStretch[]>();
  const bySite = new Map<string, FollowArgs[]>();
  for (const slot of due) {
    const range = { start: now, end: now + slot.horizon + AHEAD };
    const key = `${slot.time_zone} ${range.end}`;
    const known = stretches.get(key) ?? zoneStretches(slot.time_zone, range);
    stretches.set(key, known);
    const windows = windowsOf(slot, known, range);
    // Of what is cut, no more than what there is: devices tell by it how far the rules are followed.
    const until = windows.length === MOST_RULE_WINDOWS ? windows.at(-1)!.end : range.end;
    const args = { slotId: slot.slot_id, revision: slot.revision, windows, until };
    const site = bySite.get(slot.site_id);
    if (site) site.push(args);
    else bySite.set(slot.site_id, [args]);
  }
  return [...bySite].flatMap(([siteId, requests]) =>
    Array.from({ length: Math.ceil(requests.length / MAXIMUM_INTENTS) }, (_, part) => ({
      siteId,
      requests: requests.slice(part * MAXIMUM_INTENTS, (part + 1) * MAXIMUM_INTENTS),
    })),
  );
}

function windowsOf(slot: DueSlot, stretches: readonly ZoneStretch[], range: TimeRange): TimeRange[] {
  const rules = (slot.rules ?? []).map((row): RuleTimes => ({
    weekdays: weekdaysOf(row.weekdays),
    from: row.from_minute,
    until: row.until_minute,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    daysOff: row.days_off,
    paused: row.paused,
  }));
  return windowsOfRules(rules, stretches, range).slice(0, MOST_RULE_WINDOWS);
}
