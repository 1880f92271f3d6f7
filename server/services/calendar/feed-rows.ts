import type { Pool } from 'pg';
import type { ReservationState } from '#shared/domain/entities';

/** Days back. Who looks for more has the app's own history. */
const KEPT_FOR = 92;
/** Entries at most, the latest: a calendar that is fetched again and again has an end. */
const ENTRIES = 1_000;

/** Whose feed it is. */
export interface FeedOwner {
  readonly siteId: string;
  readonly memberId: string;
  readonly siteName: string;
  readonly timeZone: string;
}

/** A reservation that concerns the owner of a feed: their own, or one on a slot of theirs. */
export interface FeedRow {
  readonly id: string;
  readonly isOwn: boolean;
  readonly slotLabel: string;
  readonly level: string;
  /** Ms since 1970, `[start, end)`. */
  readonly start: number;
  readonly end: number;
  readonly state: ReservationState;
  readonly offered: boolean;
}

/**
 * The member whose feed has this hash; null when there is none, when the member has left, and when they have left since it was made:
 * who comes back has to make a new one.
 */
export async function findFeedOwner(pool: Pick<Pool, 'query'>, hash: Buffer): Promise<FeedOwner | null> {
  const { rows } = await pool.query<FeedOwner>(
    `select f.site_id as "siteId", f.member_id as "memberId", s.name as "siteName", s.time_zone as "timeZone"
       from calendar_feeds f
       join members m using (site_id, member_id)
       join sites s using (site_id)
      where f.token_sha256 = $1 and m.left_at is null and f.created_at >= m.joined_at`,
    [hash],
  );
  return rows[0] ?? null;
}

/** What stands in the owner's calendar at `now`, by start. No other member's name is read. */
export async function selectFeedRows(
  pool: Pick<Pool, 'query'>,
  { siteId, memberId }: FeedOwner,
  now: number,
): Promise<FeedRow[]> {
  const since = new Date(now - KEPT_FOR * 86_400_000);
  const { rows } = await pool.query<Omit<FeedRow, 'start' | 'end'> & { starts_at: Date; ends_at: Date }>(
    `select r.reservation_id as id, r.member_id = $2 as "isOwn", s.label as "slotLabel", s.level, r.starts_at, r.ends_at,
            r.state, r.offered
       from reservations r join slots s using (site_id, slot_id)
      where r.site_id = $1 and r.state in ('held', 'confirmed', 'completed') and r.ends_at > $3
        and (r.member_id = $2 or (r.slot_id in (select slot_id from slots where site_id = $1 and owner_id = $2)
             and (r.receiver_account_id = $2 or r.state in ('held', 'confirmed'))))
      order by r.starts_at desc, r.reservation_id limit $4`,
    [siteId, memberId, since, ENTRIES],
  );
  return rows
    .map(({ starts_at: start, ends_at: end, ...row }) => ({
      ...row,
      start: start.getTime(),
      end: end.getTime(),
    }))
    .reverse();
}
