import type { Pool } from 'pg';
import type { DomainArgs } from '#shared/domain/intent';
import { windowsOfRules, type RuleTimes, type ZoneStretch } from '#shared/domain/rule-windows';
import type { TimeRange } from '#shared/domain/time-range';
import { zoneStretches } from '#shared/lending/zone-stretches';
import { MAXIMUM_INTENTS, type WireIntent } from '#shared/protocol/push';
import type { Push, SubmitResult } from '../../arbiter/push';
import type { Clock } from '../../platform/clock';
import { AHEAD, dueSlotsQuery, readSlots, type DueSlot, type SlotKey } from './due-slots';
import { weekdaysOf } from './weekday-bits';

const DAY = 24 * 3_600_000;
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
/** And a whole site: it may be the database that could not be reached. */
const SITE_PAUSE = 60_000;

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
 * their rules now; it rejects with an AggregateError when a site's could not be made or decided, after those of all others.
 */
export function createRuleFollowing(options: FollowOptions): (signal?: AbortSignal) => Promise<number> {
  const clients = new Map<string, SiteClient>();
  /** By slot, or site: until when it is left alone. */
  const paused = new Map<string, number>();
  /** By slot that has more windows than one may have: until when it needs no later ones. */
  const cut = new Map<string, number>();
  return async (signal) => {
    const now = options.clock.now();
    for (const pauses of [paused, cut])
      for (const [slotId, until] of pauses) if (until <= now) pauses.delete(slotId);
    let followed = 0;
    const failures: unknown[] = [];
    const giveUp = (siteId: string, error: unknown) => {
      paused.set(siteId, now + SITE_PAUSE);
      failures.push(error);
    };
    const leftAlone = { paused: [...paused.keys()], cut: [...cut.keys()] };
    const { rows: due } = await options.pool.query<SlotKey>(dueSlotsQuery(now, leftAlone));
    for (let from = 0; from < due.length && signal?.aborted !== true; from += AT_ONCE) {
      const slots = await readSlots(options.pool, due.slice(from, from + AT_ONCE));
      const asked = requestsOf(options, slots, giveUp);
      for (const { slotId, windows } of asked.flatMap(({ requests }) => requests))
        if (windows.length === MOST_RULE_WINDOWS) cut.set(slotId, now + CUT_PAUSE);
      for (let at = 0; at < asked.length; at += PUSHES_AT_ONCE) {
        const lanes = asked.slice(at, at + PUSHES_AT_ONCE).filter(({ siteId }) => !paused.has(siteId));
        const left = await Promise.all(
          lanes.map((one, lane) =>
            follow(options, clients, { ...one, lane }).catch((error: unknown) => {
              giveUp(one.siteId, error);
              return one.requests.map(({ slotId }) => ({ slotId, isPaused: false }));
            }),
          ),
        );
        followed += lanes.reduce((sum, { requests }) => sum + requests.length, 0) - left.flat().length;
        for (const { slotId, isPaused } of left.flat()) if (isPaused) paused.set(slotId, now + PAUSE);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some weekly rules could not be followed');
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

/** What to ask for, by site; a site whose windows cannot be made is given up. */
function requestsOf(
  { clock }: FollowOptions,
  due: readonly DueSlot[],
  giveUp: (siteId: string, error: unknown) => void,
): SiteRequests[] {
  const now = clock.now();
  const stretches = new Map<string, ZoneStretch[]>();
  const bySite = new Map<string, DueSlot[]>();
  for (const slot of due) {
    const site = bySite.get(slot.site_id);
    if (site) site.push(slot);
    else bySite.set(slot.site_id, [slot]);
  }
  return [...bySite].flatMap(([siteId, slots]) => {
    try {
      const requests = slots.map((slot) => requestFor(slot, now, stretches));
      return Array.from({ length: Math.ceil(requests.length / MAXIMUM_INTENTS) }, (_, part) => ({
        siteId,
        requests: requests.slice(part * MAXIMUM_INTENTS, (part + 1) * MAXIMUM_INTENTS),
      }));
    } catch (error) {
      giveUp(siteId, error);
      return [];
    }
  });
}

/** `stretches` is what is known of zones by now: many slots are in one. Throws where this process does not know the slot's. */
function requestFor(slot: DueSlot, now: number, stretches: Map<string, ZoneStretch[]>): FollowArgs {
  const range = { start: now, end: now + slot.horizon + AHEAD };
  const key = `${slot.time_zone} ${range.end}`;
  const known = stretches.get(key) ?? zoneStretches(slot.time_zone, range);
  stretches.set(key, known);
  const windows = windowsOf(slot, known, range);
  // Of what is cut, no more than what there is: devices tell by it how far the rules are followed.
  const until = windows.length === MOST_RULE_WINDOWS ? windows.at(-1)!.end : range.end;
  return { slotId: slot.slot_id, revision: slot.revision, windows, until };
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
