import { sql } from 'kysely';
import type { Visitor } from '#shared/domain/entities';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, base64url, timeOrNull, type Hydration } from './hydration';

/** How long a visitor pass stays in its issuer's scope after its end (ms). The digest counts it a day shorter. */
export const VISITS_KEPT_FOR = 30 * 24 * 3_600_000;

/**
 * D2: visitor passes that the member has issued. Code and signed pass come along only where paper and pictures may carry
 * them: those of a pass that is to be on the visitor's phone alone leave the server for nobody else.
 */
export async function hydrateVisitorPasses(hydration: Hydration): Promise<Row<'visitor_pass'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('visitor_passes as v')
      .leftJoin('passes as p', (join) =>
        join
          .onRef('p.site_id', '=', 'v.site_id')
          .onRef('p.visitor_pass_id', '=', 'v.visitor_pass_id')
          .on('p.status', '=', 'valid'),
      )
      .select(['v.visitor_pass_id', 'v.uses', 'v.plate', 'v.amount', 'v.payment', 'v.reference', 'v.binds'])
      .select(['v.opened_at', 'v.revoked_at', 'v.created_at', 'v.link_sha256'])
      .select(['p.code', 'p.signed'])
      .select([
        sql<Date>`lower(v.during)`.as('starts_at'),
        sql<Date>`upper(v.during)`.as('ends_at'),
        sql<
          Visitor[]
        >`(select json_agg(json_build_object('name', w.name, 'phone', w.phone) order by w.position)
          from visitors w where w.site_id = v.site_id and w.visitor_pass_id = v.visitor_pass_id)`.as(
          'visitors',
        ),
      ])
      .where('v.site_id', '=', hydration.siteId)
      .where('v.issued_by', '=', hydration.memberId)
      .where(sql<boolean>`upper(v.during) > ${new Date(hydration.now - VISITS_KEPT_FOR)}`)
      .where(among('v.visitor_pass_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.visitor_pass_id,
    visitors: row.visitors,
    uses: row.uses === 2 ? 2 : 1,
    start: row.starts_at.getTime(),
    end: row.ends_at.getTime(),
    plate: row.plate,
    amount: row.amount,
    payment: row.payment as Row<'visitor_pass'>['payment'],
    reference: row.reference,
    binds: row.binds,
    linkHash: row.link_sha256 === null ? null : base64url(row.link_sha256),
    openedAt: timeOrNull(row.opened_at),
    revokedAt: timeOrNull(row.revoked_at),
    createdAt: row.created_at.getTime(),
    code: row.binds ? null : row.code,
    signed: row.binds || row.signed === null ? null : base64url(row.signed),
  }));
}

/** Those of the member that were kept for long enough since the pull at `at` (ms); no transaction touched them. */
export async function selectEndedVisits(
  { client, siteId, memberId, now }: Pick<Hydration, 'client' | 'siteId' | 'memberId' | 'now'>,
  at: number,
): Promise<string[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('visitor_passes')
      .select('visitor_pass_id')
      .where('site_id', '=', siteId)
      .where('issued_by', '=', memberId)
      .where(sql<boolean>`upper(during) > ${new Date(at - VISITS_KEPT_FOR)}`)
      .where(sql<boolean>`upper(during) <= ${new Date(now - VISITS_KEPT_FOR)}`),
  );
  return rows.map((row) => row.visitor_pass_id);
}

/** The names on a visitor pass, `Anna & Ben`; null without one. `alias` is that of table passes. */
export function visitorNames(alias: string) {
  return sql<string | null>`(select string_agg(w.name, ' & ' order by w.position) from visitors w
    where w.site_id = ${sql.ref(`${alias}.site_id`)} and w.visitor_pass_id = ${sql.ref(`${alias}.visitor_pass_id`)})`;
}
