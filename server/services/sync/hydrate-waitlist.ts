import { sql } from 'kysely';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, timeOrNull, type Hydration } from './hydration';

/** How long a place in line stays in its member's scope after its end (ms). */
export const ENTRIES_KEPT_FOR = 30 * 24 * 3_600_000;

/** E8: the member's own places in line, also those that have ended lately. Who else waits is nobody's to know. */
export async function hydrateWaitlist(hydration: Hydration): Promise<Row<'waitlist_entry'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('waitlist_entries')
      .select(['entry_id', 'kinds', 'levels', 'max_price', 'take_for_me', 'created_at', 'state'])
      .select(['reservation_id', 'offer_expires_at', 'ended_at'])
      .select([sql<Date>`lower(during)`.as('starts_at'), sql<Date>`upper(during)`.as('ends_at')])
      .where('site_id', '=', hydration.siteId)
      .where('member_id', '=', hydration.memberId)
      .where(sql<boolean>`(ended_at is null or ended_at > ${new Date(hydration.now - ENTRIES_KEPT_FOR)})`)
      .where(among('entry_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.entry_id,
    start: row.starts_at.getTime(),
    end: row.ends_at.getTime(),
    kinds: row.kinds as Row<'waitlist_entry'>['kinds'],
    levels: row.levels,
    maxPrice: row.max_price,
    takeForMe: row.take_for_me,
    createdAt: row.created_at.getTime(),
    state: row.state,
    reservationId: row.reservation_id,
    offerExpiresAt: timeOrNull(row.offer_expires_at),
    endedAt: timeOrNull(row.ended_at),
  }));
}

/** Those of the member that had ended for long enough since the pull at `at` (ms); no transaction touched them. */
export async function selectEndedEntries(
  { client, siteId, memberId, now }: Pick<Hydration, 'client' | 'siteId' | 'memberId' | 'now'>,
  at: number,
): Promise<string[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('waitlist_entries')
      .select('entry_id')
      .where('site_id', '=', siteId)
      .where('member_id', '=', memberId)
      .where('ended_at', '>', new Date(at - ENTRIES_KEPT_FOR))
      .where('ended_at', '<=', new Date(now - ENTRIES_KEPT_FOR)),
  );
  return rows.map((row) => row.entry_id);
}
