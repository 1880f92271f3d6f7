import type { Pool } from 'pg';
import {
  entryOfReservation,
  entryOfVisit,
  isInCalendar,
  type CalendarEntry,
} from '#shared/calendar/calendar-entry';
import { calendarText } from '#shared/calendar/calendar-text';
import type { Clock } from '../../platform/clock';
import { findFeedOwner, selectFeedRows, type FeedOwner, type FeedRow } from './feed-rows';
import { hashFeedToken, makeFeedToken } from './feed-token';

/** Hours after which a calendar is asked to look again; most do so less often. */
const REFRESH_AFTER = 1;
/** Ms: how exactly it is kept when a feed was last read. */
const READ_STEP = 15 * 60_000;

/** A member's feed, without its secret. Times in ms since 1970. */
export interface CalendarFeed {
  readonly createdAt: number;
  /** When a calendar last fetched it, to the quarter of an hour; null never yet. */
  readonly lastReadAt: number | null;
}

export interface CalendarFeeds {
  /** The member's feed; null without one. */
  feedOf(member: FeedMember): Promise<CalendarFeed | null>;
  /** Makes a feed and answers its secret, this once. One that there was before is good no longer. */
  make(member: FeedMember): Promise<{ token: string }>;
  /** Its address answers nobody from now on. Whether there was one. */
  remove(member: FeedMember): Promise<boolean>;
  /** The calendar behind an address; null for whatever is no member's. */
  read(token: string): Promise<string | null>;
}

interface FeedMember {
  readonly siteId: string;
  readonly memberId: string;
}

/** Each member's own calendar, read by whoever has its address. The database has the secret's SHA-256 only. */
export function createCalendarFeeds(options: {
  pool: Pick<Pool, 'query'>;
  clock: Clock;
  /** The public origin. */
  origin: string;
}): CalendarFeeds {
  const { pool, clock } = options;
  return {
    async feedOf({ siteId, memberId }) {
      const { rows } = await pool.query<{ created_at: Date; last_read_at: Date | null }>(
        `select f.created_at, f.last_read_at from calendar_feeds f join members m using (site_id, member_id)
          where f.site_id = $1 and f.member_id = $2 and f.created_at >= m.joined_at`,
        [siteId, memberId],
      );
      const feed = rows[0];
      return feed
        ? { createdAt: feed.created_at.getTime(), lastReadAt: feed.last_read_at?.getTime() ?? null }
        : null;
    },

    async make({ siteId, memberId }) {
      const token = makeFeedToken();
      await pool.query(
        `insert into calendar_feeds (token_sha256, site_id, member_id, created_at) values ($1, $2, $3, $4)
         on conflict (site_id, member_id) do update
            set token_sha256 = excluded.token_sha256, created_at = excluded.created_at, last_read_at = null`,
        [hashFeedToken(token), siteId, memberId, new Date(clock.now())],
      );
      return { token };
    },

    async remove({ siteId, memberId }) {
      const { rowCount } = await pool.query(
        'delete from calendar_feeds where site_id = $1 and member_id = $2',
        [siteId, memberId],
      );
      return (rowCount ?? 0) > 0;
    },

    async read(token) {
      const hash = hashFeedToken(token);
      const owner = hash && (await findFeedOwner(pool, hash));
      if (!owner) return null;
      const now = clock.now();
      const rows = await selectFeedRows(pool, owner, now);
      await pool.query(
        `update calendar_feeds set last_read_at = $2
          where token_sha256 = $1 and (last_read_at is null or last_read_at <= $3)`,
        [hash, new Date(now), new Date(now - READ_STEP)],
      );
      return calendarText({
        name: `Parking, ${owner.siteName}`,
        timeZone: owner.timeZone,
        now,
        entries: rows.filter(isInCalendar).map((row) => entryOf(row, owner, options.origin)),
        refreshAfter: REFRESH_AFTER,
      });
    },
  };
}

function entryOf(row: FeedRow, { siteName }: FeedOwner, origin: string): CalendarEntry {
  const place = { slotLabel: row.slotLabel, level: row.level, siteName, origin };
  return row.isOwn
    ? entryOfReservation({ ...row, isKept: row.state === 'held' }, place)
    : entryOfVisit(row, place);
}
