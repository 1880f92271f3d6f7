import { defaultNoticePreferences } from '#shared/domain/notice-kinds';
import { noticePreferencesSchema } from '#shared/protocol/notice';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, timeOrNull, type Hydration } from './hydration';

/** B4: what the member was told, all of it: what is old leaves the table (services/notices/prune-notices). */
export async function hydrateNotices(hydration: Hydration): Promise<Row<'notice'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('notices')
      .select(['notice_id', 'kind', 'data', 'created_at', 'read_at'])
      .where('site_id', '=', hydration.siteId)
      .where('member_id', '=', hydration.memberId)
      .where(among('notice_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.notice_id,
    kind: row.kind,
    data: row.data as Row<'notice'>['data'],
    createdAt: row.created_at.getTime(),
    readAt: timeOrNull(row.read_at),
  }));
}

/** How the member wants to be told; no row as long as nothing was decided. */
export async function hydrateNoticePreferences(hydration: Hydration): Promise<Row<'notice_preferences'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('notice_preferences')
      .select(['member_id', 'preferences'])
      .where('site_id', '=', hydration.siteId)
      .where('member_id', '=', hydration.memberId)
      .where(among('member_id', hydration.ids)),
  );
  return rows.map((row) => {
    const preferences = noticePreferencesSchema.safeParse(row.preferences);
    // Of a version that this one cannot read.
    return { id: row.member_id, preferences: preferences.data ?? defaultNoticePreferences };
  });
}
