import type { Pool } from 'pg';
import { defaultPolicy } from '#shared/domain/policy';

// Offers whose time is over, and waiting that may be over: at the latest a quarter of an hour before the window's end, else as long
// before its start as the site wants to be asked (waitsUntil; the rule looks again).
const LAPSED = {
  name: 'waitlist-find-lapsed',
  text: `select entry_id from waitlist_entries
          where site_id = $1 and state = 'offered' and offer_expires_at <= $2::timestamptz
         union all
         select e.entry_id from waitlist_entries e join sites s using (site_id)
          cross join lateral (
            select coalesce((s.policy ->> 'leadTime')::float8, ${defaultPolicy.leadTime}) * interval '1 millisecond' as lead) as l
          where e.site_id = $1 and e.state = 'waiting'
            and case when l.lead > interval '0' then lower(e.during) - l.lead
                     else greatest(lower(e.during), upper(e.during) - interval '15 minutes') end <= $2::timestamptz
          limit 1000`,
};

/** E8: the site's places in line that time alone ends, as of `now` (ms since 1970). */
export async function findLapsed(
  pool: Pick<Pool, 'query'>,
  { siteId, now }: { readonly siteId: string; readonly now: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ entry_id: string }>({ ...LAPSED, values: [siteId, new Date(now)] });
  return rows.map((row) => row.entry_id);
}

/**
 * E8: when the next offer at the site lapses, or somebody who slept through one can be asked again, ms since 1970; null when time
 * alone changes nothing. What is overdue at `now` is the sweep's.
 */
export async function findNextLapse(
  pool: Pick<Pool, 'query'>,
  { siteId, now }: { readonly siteId: string; readonly now: number },
): Promise<number | null> {
  const { rows } = await pool.query<{ next: number | null }>({
    name: 'waitlist-find-next-lapse',
    text: `select (extract(epoch from least(
                    (select min(offer_expires_at) from waitlist_entries
                      where site_id = $1 and state = 'offered' and offer_expires_at > $2),
                    (select min(rests_until) from waitlist_entries
                      where site_id = $1 and state = 'waiting' and rests_until > $2))) * 1000)::float8 as next`,
    values: [siteId, new Date(now)],
  });
  return rows[0]?.next ?? null;
}

/** E8: the sites where anybody waits, or has an offer whose time is over. */
export async function findWaitingSites(pool: Pick<Pool, 'query'>, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ site_id: string }>({
    name: 'waitlist-find-sites',
    text: `select distinct site_id from waitlist_entries where state = 'waiting'
           union select site_id from waitlist_entries where state = 'offered' and offer_expires_at <= $1`,
    values: [new Date(now)],
  });
  return rows.map((row) => row.site_id);
}
