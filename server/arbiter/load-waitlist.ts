import type { PoolClient } from 'pg';
import { noticePreferencesSchema } from '#shared/protocol/notice';
import type { WaitlistEntry } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import { OFFERED_LATELY } from '#shared/domain/waitlist-rules';
import { together } from '../db/together';
import { StaleReadError, type Locked } from './locks';
import type { ReadPlan } from './read-plan';

const COLUMNS = `w.site_id, w.entry_id, w.member_id, w.kinds, w.levels, w.max_price, w.take_for_me, w.state, w.reservation_id,
  (extract(epoch from lower(w.during)) * 1000)::float8 as starts, (extract(epoch from upper(w.during)) * 1000)::float8 as ends,
  (extract(epoch from w.created_at) * 1000)::float8 as created,
  (extract(epoch from w.offer_expires_at) * 1000)::float8 as offer_expires,
  (extract(epoch from w.rests_until) * 1000)::float8 as rests_until,
  (extract(epoch from w.ended_at) * 1000)::float8 as ended`;

// With what of the same members ended a moment ago: who has let an offer go is passed over a while.
const ENTRIES = {
  name: 'arbiter-load-waitlist',
  text: `select ${COLUMNS}
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, entry_id)
           join waitlist_entries w using (site_id, entry_id)
         union
         select ${COLUMNS}
           from unnest($3::uuid[], $4::uuid[]) as k(site_id, member_id)
           join waitlist_entries w using (site_id, member_id)
          where w.state in ('waiting', 'offered') or (w.ended_at > $5 and w.reservation_id is not null)`,
};

// Unlocked: whether an offer came in quiet hours may as well be judged by those of a moment ago.
const PREFERENCES = {
  name: 'arbiter-load-waitlist-preferences',
  text: `select p.site_id, p.member_id, p.preferences
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, entry_id)
           join waitlist_entries w using (site_id, entry_id)
           join notice_preferences p using (site_id, member_id)`,
};

interface EntryRow {
  site_id: string;
  entry_id: string;
  member_id: string;
  kinds: WaitlistEntry['kinds'];
  levels: string[];
  max_price: number | null;
  take_for_me: boolean;
  state: WaitlistEntry['state'];
  reservation_id: string | null;
  starts: number;
  ends: number;
  created: number;
  offer_expires: number | null;
  rests_until: number | null;
  ended: number | null;
}

/**
 * E8: the entries of a plan, under the locks on their members' rows. What is offered was found without a lock: an offer that came
 * meanwhile makes the batch begin anew.
 */
export async function loadWaitlist(
  client: PoolClient,
  { plan, locked, now }: { plan: ReadPlan; locked: Locked; now: number },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<void> {
  const { named, owners } = plan.waitlist;
  if (named.size + owners.size === 0) return;
  const [{ rows }] = await together([
    client.query<EntryRow>({
      ...ENTRIES,
      values: [named.siteIds, named.ids, owners.siteIds, owners.ids, new Date(now - OFFERED_LATELY)],
    }),
    loadPreferences(client, plan, states),
  ]);
  for (const row of rows) {
    const isKnown =
      row.state !== 'offered' ||
      row.reservation_id === null ||
      plan.named.has(row.site_id, row.reservation_id);
    if (!isKnown || !locked.memberKeys.has(row.site_id, row.member_id))
      throw new StaleReadError('an offer appeared while its locks were being taken');
    stored.add(`waitlistEntries/${row.site_id}/${row.entry_id}`);
    states.get(row.site_id)?.waitlistEntries.set(row.entry_id, entryOf(row));
  }
}

/** B4: of those whose offers lapse. Who has not decided has the defaults. */
async function loadPreferences(
  client: PoolClient,
  { waitlist: { lapsing } }: ReadPlan,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  if (lapsing.size === 0) return;
  const { rows } = await client.query<{ site_id: string; member_id: string; preferences: unknown }>({
    ...PREFERENCES,
    values: [lapsing.siteIds, lapsing.ids],
  });
  for (const row of rows) {
    const preferences = noticePreferencesSchema.safeParse(row.preferences);
    if (preferences.success) states.get(row.site_id)?.noticePreferences.set(row.member_id, preferences.data);
  }
}

function entryOf(row: EntryRow): WaitlistEntry {
  return {
    id: row.entry_id,
    memberId: row.member_id,
    start: row.starts,
    end: row.ends,
    kinds: row.kinds,
    levels: row.levels,
    maxPrice: row.max_price,
    takeForMe: row.take_for_me,
    createdAt: row.created,
    state: row.state,
    reservationId: row.reservation_id,
    offerExpiresAt: row.offer_expires,
    restsUntil: row.rests_until,
    endedAt: row.ended,
  };
}
