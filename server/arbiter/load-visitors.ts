import type { PoolClient } from 'pg';
import type { VisitorPass } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import { VISITOR_WEEK } from '#shared/domain/visitor-rules';
import { timestamp } from './json-rows';
import { SiteKeys } from './site-keys';
import { addIssuedVisits } from './membership-plan';
import type { ReadPlan } from './read-plan';

const COLUMNS = `v.site_id, v.visitor_pass_id, v.issued_by, v.uses, v.plate, v.amount, v.payment, v.reference, v.binds,
  translate(encode(v.link_sha256, 'base64'), E'+/=\\n', '-_') as link_hash,
  (extract(epoch from lower(v.during)) * 1000)::float8 as starts, (extract(epoch from upper(v.during)) * 1000)::float8 as ends,
  (extract(epoch from v.opened_at) * 1000)::float8 as opened, (extract(epoch from v.revoked_at) * 1000)::float8 as revoked,
  (extract(epoch from v.created_at) * 1000)::float8 as created,
  (select json_agg(json_build_object('name', w.name, 'phone', w.phone) order by w.position)
     from visitors w where w.site_id = v.site_id and w.visitor_pass_id = v.visitor_pass_id) as visitors`;

// See locks.ts for its place in the order of locks.
const LOCK_VISITS = {
  name: 'arbiter-lock-visits',
  text: `select ${COLUMNS}
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, visitor_pass_id)
           join visitor_passes v using (site_id, visitor_pass_id)
          order by v.site_id, v.visitor_pass_id for no key update of v`,
};

// Not locked: who is expected is guarded by the locks on people, how many a member has given by the member's row. One that
// is revoked at the same moment still counts.
const OTHER_VISITS = {
  name: 'arbiter-load-other-visits',
  text: `select ${COLUMNS}
           from visitor_passes v
          where (v.site_id, v.visitor_pass_id) in (
                  select w.site_id, w.visitor_pass_id
                    from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[])
                         as k(site_id, person_key, starts, ends)
                    join visitors w on w.site_id = k.site_id and w.person_key = k.person_key
                         and w.during && tstzrange(k.starts, k.ends) and w.is_active
                  union
                  select o.site_id, o.visitor_pass_id
                    from unnest($5::uuid[], $6::uuid[]) as k(site_id, member_id)
                    join members m on m.site_id = k.site_id and m.member_id = k.member_id and m.role = 'resident'
                    join visitor_passes o on o.site_id = k.site_id and o.issued_by = k.member_id
                         and o.created_at > $7::timestamptz)`,
};

interface VisitRow {
  site_id: string;
  visitor_pass_id: string;
  issued_by: string;
  uses: 1 | 2;
  plate: string;
  amount: number;
  payment: VisitorPass['payment'];
  reference: string;
  binds: boolean;
  link_hash: string | null;
  starts: number;
  ends: number;
  opened: number | null;
  revoked: number | null;
  created: number;
  visitors: VisitorPass['visitors'];
}

/**
 * D2: loads the visitor passes of a plan into the states: those named, under their locks; those on which its people are expected
 * at the same time; those that leaving members have given; and a resident's own of seven days before `now` (ms). Answers the visits whose passes the rules read: the
 * named ones, and the own ones that were revoked, of which it matters whether they were used.
 */
export async function loadVisits(
  client: PoolClient,
  { visits: plan, memberships }: Pick<ReadPlan, 'visits' | 'memberships'>,
  { states, stored, now }: { states: ReadonlyMap<string, State>; stored: Set<string>; now: number },
): Promise<SiteKeys> {
  const concerned = new SiteKeys();
  const keep = (row: VisitRow): void => {
    stored.add(`visitorPasses/${row.site_id}/${row.visitor_pass_id}`);
    states.get(row.site_id)?.visitorPasses.set(row.visitor_pass_id, visitOf(row));
  };
  await addIssuedVisits(client, memberships, { named: plan.named, now: timestamp(now) });
  if (plan.named.size > 0) {
    const { rows } = await client.query<VisitRow>({
      ...LOCK_VISITS,
      values: [plan.named.siteIds, plan.named.ids],
    });
    for (const row of rows) {
      keep(row);
      concerned.add(row.site_id, row.visitor_pass_id);
    }
  }
  if (plan.issuers.size + plan.people.size === 0) return concerned;
  const { siteIds, people, starts, ends } = plan.windows;
  const { rows } = await client.query<VisitRow>({
    ...OTHER_VISITS,
    values: [
      ...[siteIds, people, starts, ends],
      ...[plan.issuers.siteIds, plan.issuers.ids],
      timestamp(now - VISITOR_WEEK),
    ],
  });
  for (const row of rows) {
    if (plan.named.has(row.site_id, row.visitor_pass_id)) continue;
    keep(row);
    const isOwn = plan.issuers.has(row.site_id, row.issued_by);
    if (isOwn && row.revoked !== null) concerned.add(row.site_id, row.visitor_pass_id);
  }
  return concerned;
}

function visitOf(row: VisitRow): VisitorPass {
  return {
    id: row.visitor_pass_id,
    issuedBy: row.issued_by,
    visitors: row.visitors,
    uses: row.uses,
    start: row.starts,
    end: row.ends,
    plate: row.plate,
    amount: row.amount,
    payment: row.payment,
    reference: row.reference,
    binds: row.binds,
    linkHash: row.link_hash,
    openedAt: row.opened,
    revokedAt: row.revoked,
    createdAt: row.created,
  };
}
