import { sql } from 'kysely';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, timeOrNull, type Hydration } from './hydration';

/** Incidents stay in the gate's scope until they are closed and for this long afterwards (ms). */
const KEPT_FOR = 30 * 24 * 3_600_000;

/** A scan that an incident is about, as screens name it: its own row leaves the scope sooner. */
interface NamedScan {
  readonly at: number;
  readonly gate: number;
  readonly guard: string;
}

const namedScans = sql<NamedScan[] | null>`(
  select json_agg(json_build_object('at', (extract(epoch from s.scanned_at) * 1000)::float8, 'gate', s.gate, 'guard', m.name)
                  order by s.scanned_at, s.scan_id)
    from scans s join members m on m.site_id = s.site_id and m.member_id = s.guard_id
   where s.site_id = i.site_id and s.scan_id = any(i.scan_ids))`;

/** Rows of scope `gate:`: what guards and the manager have to look into, with when, where and by whom the first and last scan. */
export async function hydrateIncidents({ client, siteId, ids, now }: Hydration): Promise<Row<'incident'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('incidents as i')
      .leftJoin('members as c', (join) =>
        join.onRef('c.site_id', '=', 'i.site_id').onRef('c.member_id', '=', 'i.closed_by'),
      )
      .select(['i.incident_id', 'i.kind', 'i.scan_ids', 'i.pass_id', 'i.journal_id', 'i.detail'])
      .select(['i.raised_at', 'i.closed_at', 'i.note', 'c.name as closed_by_name'])
      .select(namedScans.as('scans'))
      .where('i.site_id', '=', siteId)
      .where(({ or, eb }) =>
        or([eb('i.closed_at', 'is', null), eb('i.closed_at', '>', new Date(now - KEPT_FOR))]),
      )
      .where(among('i.incident_id', ids)),
  );
  return rows.map((row) => ({
    id: row.incident_id,
    kind: row.kind,
    scanIds: row.scan_ids,
    passId: row.pass_id,
    journalId: row.journal_id,
    detail: { ...(row.detail as Row<'incident'>['detail']), ...firstAndLast(row.scans ?? []) },
    raisedAt: row.raised_at.getTime(),
    closedAt: timeOrNull(row.closed_at),
    closedByName: row.closed_by_name,
    note: row.note,
  }));
}

function firstAndLast(scans: readonly NamedScan[]): Row<'incident'>['detail'] {
  const [first, last] = [scans[0], scans.length > 1 ? scans.at(-1) : undefined];
  return {
    ...(first && { firstAt: first.at, firstGate: first.gate, firstGuard: first.guard }),
    ...(last && { lastAt: last.at, lastGate: last.gate, lastGuard: last.guard }),
  };
}

/** Those that were kept for long enough since `at` (ms); no transaction touched them. */
export async function selectExpiredIncidents(
  { client, siteId, now }: Pick<Hydration, 'client' | 'siteId' | 'now'>,
  at: number,
): Promise<string[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('incidents')
      .select('incident_id')
      .where('site_id', '=', siteId)
      .where('closed_at', '>', new Date(at - KEPT_FOR))
      .where('closed_at', '<=', new Date(now - KEPT_FOR)),
  );
  return rows.map((row) => row.incident_id);
}
