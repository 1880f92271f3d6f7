import { sql, type SelectQueryBuilder } from 'kysely';
import type { Database } from '../../db/database-types';
import { queries, rowsOf } from '../../db/queries';
import type { Entity } from '#shared/protocol/rows';
import { INVITATIONS_KEPT_FOR } from './hydrate-desk';
import { DESK_TOPUPS_KEPT_FOR } from './hydrate-topups';
import { VISITS_KEPT_FOR } from './hydrate-visitors';
import { ENTRIES_KEPT_FOR } from './hydrate-waitlist';
import type { Hydration } from './hydration';
import type { ScopeKind } from './scope-entities';

export type Base = Omit<Hydration, 'ids'>;
type IdQuery = SelectQueryBuilder<Database, never, { id: string }>;

/** What the hydrating queries keep of what is over (ms). */
const KEPT_FOR = 24 * 3_600_000;

/**
 * The entities of which a scope may have very many rows, and how their ids are found without reading the rows. An id
 * too many does no harm: the hydrating query, which has the last word, gives no row for it.
 */
const idsOf: { readonly [E in Entity]?: (base: Base, scope: ScopeKind) => IdQuery } = {
  slot: ({ siteId }) =>
    select('slots', 'slot_id').where(sql<boolean>`site_id = ${siteId}::uuid and removed_at is null`),
  // In `desk:` those of every owner.
  slot_lending: ({ siteId, memberId }) =>
    select('slots', 'slot_id').where(
      sql<boolean>`site_id = ${siteId}::uuid and removed_at is null and owner_id is not null
        and (owner_id = ${memberId}::uuid or exists (
        select from members m where m.site_id = ${siteId}::uuid and m.member_id = ${memberId}::uuid and m.role = 'manager'))`,
    ),
  occupancy: ({ siteId, now }) =>
    select('reservations', 'reservation_id')
      .where(sql<boolean>`site_id = ${siteId}::uuid and state in ('held', 'confirmed')`)
      .where(sql<boolean>`ends_at > ${new Date(now - KEPT_FOR)}`),
  visitor_pass: ({ siteId, memberId, now }) =>
    select('visitor_passes', 'visitor_pass_id')
      .where(sql<boolean>`site_id = ${siteId}::uuid and issued_by = ${memberId}::uuid`)
      .where(sql<boolean>`upper(during) > ${new Date(now - VISITS_KEPT_FOR)}`),
  waitlist_entry: ({ siteId, memberId, now }) =>
    select('waitlist_entries', 'entry_id')
      .where(sql<boolean>`site_id = ${siteId}::uuid and member_id = ${memberId}::uuid`)
      .where(sql<boolean>`(ended_at is null or ended_at > ${new Date(now - ENTRIES_KEPT_FOR)})`),
  notice: ({ siteId, memberId }) =>
    select('notices', 'notice_id').where(
      sql<boolean>`site_id = ${siteId}::uuid and member_id = ${memberId}::uuid`,
    ),
  // Each in its scope: in their own, managers would page through everybody's.
  topup: ({ siteId, memberId, now }, scope) =>
    select('topups', 'topup_id').where(
      scope === 'desk'
        ? sql<boolean>`site_id = ${siteId}::uuid and created_at > ${new Date(now - DESK_TOPUPS_KEPT_FOR)}`
        : sql<boolean>`site_id = ${siteId}::uuid and member_id = ${memberId}::uuid`,
    ),
  desk_member: ({ siteId }) =>
    select('members', 'member_id').where(sql<boolean>`site_id = ${siteId}::uuid and left_at is null`),
  invitation: ({ siteId, now }) =>
    select('invitations', 'invitation_id')
      .where(sql<boolean>`site_id = ${siteId}::uuid`)
      .where(sql<boolean>`expires_at > ${new Date(now - INVITATIONS_KEPT_FOR)}`),
  gate_pass: ({ siteId, now, gateHorizon }) =>
    select('passes', 'pass_id')
      .where(sql<boolean>`site_id = ${siteId}::uuid and expires_at > ${new Date(now - KEPT_FOR)}`)
      .where(sql<boolean>`not_before < ${new Date(gateHorizon)}`),
  scan: ({ siteId, now }) =>
    select('scans', 'scan_id').where(
      sql<boolean>`site_id = ${siteId}::uuid and (recorded_at > ${new Date(now - KEPT_FOR)}
        or ((counts or direction = 'exit' or undoes is not null) and exists (
        select from passes p where p.site_id = scans.site_id and p.pass_id = scans.pass_id
           and p.expires_at > ${new Date(now - KEPT_FOR)})))`,
    ),
};

/** Whether `selectIds` can be asked for the ids of this entity. */
export function isLarge(entity: Entity): boolean {
  return entity in idsOf;
}

/** A large entity in one kind of scope. */
export interface Large {
  readonly entity: Entity;
  readonly scope: ScopeKind;
}

/** The next `limit` ids of a large entity above `after`, in order. */
export async function selectIds(
  large: Large,
  base: Base,
  { after, limit }: { after: string | null; limit: number },
): Promise<string[]> {
  const query = above(large, base, after).select('id').orderBy('id').limit(limit);
  return (await rowsOf(base.client, query)).map(({ id }) => id);
}

/** How many ids of a large entity there are above `after`. */
export async function countIds(large: Large, base: Base, after: string | null): Promise<number> {
  const query = above(large, base, after).select(sql<number>`count(*)`.as('count'));
  return (await rowsOf(base.client, query))[0]?.count ?? 0;
}

function above({ entity, scope }: Large, base: Base, after: string | null) {
  const ids = idsOf[entity]?.(base, scope);
  if (!ids) throw new Error(`${entity} is not read by pages`);
  const query = queries.selectFrom(ids.as('ids'));
  return after === null ? query : query.where('id', '>', after);
}

function select(
  table:
    | 'slots'
    | 'reservations'
    | 'passes'
    | 'scans'
    | 'visitor_passes'
    | 'members'
    | 'invitations'
    | 'waitlist_entries'
    | 'notices'
    | 'topups',
  column: string,
): IdQuery {
  return queries.selectFrom(table).select(sql<string>`${sql.ref(column)}`.as('id')) as unknown as IdQuery;
}
