import type { Pool } from 'pg';
import type { WaitlistEntry } from '#shared/domain/entities';
import type { SitePolicy } from '#shared/domain/policy';
import { priceOf } from '#shared/domain/price';
import { overlaps, type TimeRange } from '#shared/domain/time-range';
import { waitsUntil } from '#shared/domain/waitlist-rules';
import { policySchema } from '#shared/protocol/policy';
import { slotIsFreeByItself } from '../../db/free-slots';
import { createCoolingOff, type CoolingOff } from './cooling-off';

/*
 * E8: which slot for whom. Unlocked and of a moment: the rule (`waitlist.offer`) looks again, so a match too many is refused and one
 * too few is found the next time.
 */

/** A slot that is free for who waits for it. */
export interface Match extends TimeRange {
  readonly entryId: string;
  readonly memberId: string;
  readonly slotId: string;
}

/** Entries that are read at a time, oldest first: at 1,000 the search takes some 100 ms. */
const PAGE = 1000;
/** Slots that are looked for a search: so many offers come of it at a time. */
const MOST_SLOTS = 50;
/** Once so many are found they are offered before anybody looks further down the line. */
const ENOUGH = 100;

// Whom nothing could be offered to now is not looked for: with an offer to answer first, a slot for that time already, or asleep.
const WAITING = {
  name: 'waitlist-find-waiting',
  text: `select e.entry_id, e.member_id, e.kinds, e.levels, e.max_price, a.balance, e.created_at::text as created,
                (extract(epoch from lower(e.during)) * 1000)::float8 as starts,
                (extract(epoch from upper(e.during)) * 1000)::float8 as ends,
                (select count(*) from reservations r
                  where r.site_id = e.site_id and r.member_id = e.member_id and r.state in ('held', 'confirmed')
                    and not r.offered and r.ends_at > $2::timestamptz) as running
           from waitlist_entries e
           join members m on m.site_id = e.site_id and m.member_id = e.member_id and m.left_at is null
           join accounts a on a.site_id = e.site_id and a.account_id = e.member_id
          where e.site_id = $1 and e.state = 'waiting' and upper(e.during) > $2::timestamptz
            and (e.rests_until is null or e.rests_until <= $2::timestamptz)
            and ($3::timestamptz is null or (e.created_at, e.entry_id) > ($3::timestamptz, $4::uuid))
            and not exists (
              select from reservations r
               where r.site_id = e.site_id and r.member_id = e.member_id and r.state in ('held', 'confirmed')
                 and (r.hold_expires_at is null or r.hold_expires_at > $2::timestamptz)
                 and (r.offered or r.during && e.during))
          order by e.created_at, e.entry_id limit $5`,
};

interface WaitingRow {
  entry_id: string;
  member_id: string;
  kinds: WaitlistEntry['kinds'];
  levels: string[];
  max_price: number | null;
  balance: number;
  /** As the database has it, to the microsecond. */
  created: string;
  starts: number;
  ends: number;
  running: number;
}

const IS_FREE = slotIsFreeByItself({ slot: 's', siteId: '$2', start: 'q.starts', end: 'q.ends', now: '$3' });

const FREE = {
  name: 'waitlist-find-free',
  text: `select q.search, s.slot_id, s.owner_id
           from json_to_recordset($1::json) as q(search text, starts timestamptz, ends timestamptz, kinds text[], levels text[],
                most integer)
           cross join lateral (
             select s.slot_id, s.owner_id, s.label from slots s
              where s.site_id = $2 and s.removed_at is null and s.rules_revision = s.followed_revision
                and (cardinality(q.kinds) = 0 or s.kind = any(q.kinds))
                and (cardinality(q.levels) = 0 or s.level = any(q.levels)) and ${IS_FREE}
              order by s.label limit q.most) as s
          order by q.search, s.label`,
};

/** What a search is made with, and what it has found so far. */
interface Look {
  readonly siteId: string;
  /** ms since 1970 */
  readonly now: number;
  readonly policy: SitePolicy;
  readonly timeZone: string;
  readonly coolingOff: CoolingOff;
  readonly isPaused: (entryId: string, slotId: string) => boolean;
  readonly matches: Match[];
  /** Members who have a match. */
  readonly served: Set<string>;
  /** What is free, by `searchKey`. */
  readonly free: Map<string, readonly FreeRow[]>;
}

/**
 * Who is to be offered what at a site as of `now` (ms since 1970): those who have waited longest first, one slot each, none
 * twice; all who wait, unless many are found before. `isPaused` tells of a pair that a rule has just said no to; `pageSize`, how many
 * entries are read at a time.
 */
export async function findMatches(
  pool: Pick<Pool, 'query'>,
  { siteId, now, pageSize = PAGE }: { siteId: string; now: number; pageSize?: number },
  isPaused: (entryId: string, slotId: string) => boolean = () => false,
): Promise<Match[]> {
  const matches: Match[] = [];
  let look: Look | null = null;
  let last: WaitingRow | undefined;
  do {
    const { rows } = await pool.query<WaitingRow>({
      ...WAITING,
      values: [siteId, new Date(now), last?.created ?? null, last?.entry_id ?? null, pageSize],
    });
    last = rows.length < pageSize ? undefined : rows.at(-1);
    if (rows.length === 0) break;
    look ??= {
      ...{ siteId, now, isPaused, matches, served: new Set(), free: new Map() },
      ...(await readSite(pool, siteId, now)),
    };
    await matchPage(pool, rows, look);
  } while (last && matches.length < ENOUGH);
  return matches;
}

async function readSite(
  pool: Pick<Pool, 'query'>,
  siteId: string,
  now: number,
): Promise<Pick<Look, 'policy' | 'timeZone' | 'coolingOff'>> {
  const { rows } = await pool.query<{ policy: unknown; time_zone: string }>({
    name: 'waitlist-read-policy',
    text: 'select policy, time_zone from sites where site_id = $1',
    values: [siteId],
  });
  const policy: SitePolicy = policySchema.parse(rows[0]?.policy);
  const since = policy.coolingOff === 0 ? null : now - policy.coolingOff;
  return {
    policy,
    timeZone: rows[0]?.time_zone ?? 'UTC',
    coolingOff: createCoolingOff(pool, { siteId, since }),
  };
}

async function matchPage(pool: Pick<Pool, 'query'>, rows: readonly WaitingRow[], look: Look): Promise<void> {
  const { matches, served, free } = look;
  const waiting = rows.filter((row) => !served.has(row.member_id) && couldTake(row, look));
  await findFree(pool, waiting, look);
  const owners = [...free.values()].flatMap((slots) => slots.flatMap(({ owner_id: id }) => id ?? []));
  const isCooling = await look.coolingOff(
    waiting.map((row) => row.member_id),
    owners,
  );
  for (const row of waiting) {
    // One offer at a time: who has more than one place in line answers one after the other.
    if (served.has(row.member_id)) continue;
    const window = { start: row.starts, end: row.ends };
    const slot = (free.get(searchKey(row)) ?? []).find(
      ({ slot_id: id, owner_id: ownerId }) =>
        ownerId !== row.member_id &&
        !(ownerId !== null && isCooling(row.member_id, ownerId)) &&
        !look.isPaused(row.entry_id, id) &&
        !matches.some((match) => match.slotId === id && overlaps(match, window)),
    );
    if (!slot) continue;
    served.add(row.member_id);
    matches.push({ entryId: row.entry_id, memberId: row.member_id, slotId: slot.slot_id, ...window });
  }
}

/** Whether something could be offered by the rules that need no slot. */
function couldTake(row: WaitingRow, { policy, timeZone, now }: Look): boolean {
  const window = { start: row.starts, end: row.ends };
  const price = priceOf(policy, timeZone, window);
  return (
    waitsUntil(policy, window) > now &&
    row.running < policy.reservationsAtATime &&
    price <= row.balance &&
    (row.max_price === null || price <= row.max_price)
  );
}

/** What is looked for: many wait for the same. */
function searchKey({ starts, ends, kinds, levels }: WaitingRow): string {
  return JSON.stringify([starts, ends, [...kinds].sort(), [...levels].sort()]);
}

interface FreeRow {
  search: string;
  slot_id: string;
  owner_id: string | null;
}

/** Adds to `free` what is free for those whose search is not in it yet. */
async function findFree(
  pool: Pick<Pool, 'query'>,
  waiting: readonly WaitingRow[],
  { siteId, now, free }: Look,
): Promise<void> {
  const searches = new Map(waiting.map((row) => [searchKey(row), row]));
  for (const key of free.keys()) searches.delete(key);
  if (searches.size === 0) return;
  const questions = [...searches].map(([search, { starts, ends, kinds, levels }]) => ({
    ...{ search, kinds, levels, starts: new Date(starts), ends: new Date(ends) },
    // Other searches may take of the same slots, and nobody gets their own.
    most: MOST_SLOTS,
  }));
  const { rows } = await pool.query<FreeRow>({
    ...FREE,
    values: [JSON.stringify(questions), siteId, new Date(now)],
  });
  const bySearch = new Map<string, FreeRow[]>([...searches.keys()].map((key) => [key, []]));
  for (const row of rows) bySearch.get(row.search)?.push(row);
  for (const [key, slots] of bySearch) free.set(key, slots);
}
