import type { PoolClient } from 'pg';
import type { NoticeRow } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import type { ReadPlan } from './read-plan';

// Unlocked: a notice only ever becomes read, by its member, whose row is locked; the update looks again whether it is not.
const NOTICES = {
  name: 'arbiter-load-notices',
  text: `select n.site_id, n.notice_id, n.member_id, n.kind, n.data, n.told_key,
                (extract(epoch from n.created_at) * 1000)::float8 as created,
                (extract(epoch from n.read_at) * 1000)::float8 as read
           from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k(site_id, member_id, notice_id)
           join notices n using (site_id, member_id, notice_id)`,
};

/** B4: the actors' own notices that a wish names. */
export async function loadNotices(
  client: PoolClient,
  { notices }: ReadPlan,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  if (notices.ids.length === 0) return;
  const { rows } = await client.query<{
    site_id: string;
    notice_id: string;
    member_id: string;
    kind: NoticeRow['kind'];
    data: NoticeRow['data'];
    told_key: string;
    created: number;
    read: number | null;
  }>({ ...NOTICES, values: [notices.siteIds, notices.memberIds, notices.ids] });
  for (const row of rows) {
    states.get(row.site_id)?.notices.set(row.notice_id, {
      id: row.notice_id,
      memberId: row.member_id,
      kind: row.kind,
      data: row.data,
      toldKey: row.told_key,
      createdAt: row.created,
      readAt: row.read,
    });
  }
}
