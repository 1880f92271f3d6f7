import { policySchema } from '#shared/protocol/policy';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, rangesOf, type Hydration } from './hydration';

const DAY = 24 * 3_600_000;

/** Rows of scope `site:`: nothing here names a member beyond the owner of a slot. */
export async function hydrateSites({ client, siteId, ids }: Hydration): Promise<Row<'site'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('sites')
      .select(['site_id', 'name', 'time_zone', 'policy', 'issuance_account_id', 'registration'])
      .where('site_id', '=', siteId)
      .where(among('site_id', ids)),
  );
  return rows.map((row) => ({
    id: row.site_id,
    name: row.name,
    timeZone: row.time_zone,
    policy: policySchema.parse(row.policy),
    issuanceAccountId: row.issuance_account_id,
    registration: row.registration,
  }));
}

/** Slots with their owner's name; those that were removed are none any more. */
export async function hydrateSlots({ client, siteId, ids }: Hydration): Promise<Row<'slot'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('slots as s')
      .leftJoin('members as m', (join) =>
        join.onRef('m.site_id', '=', 's.site_id').onRef('m.member_id', '=', 's.owner_id'),
      )
      .select(['s.slot_id as id', 's.label', 's.level', 's.kind', 's.owner_id as ownerId'])
      .select(['m.name as ownerName', 's.position_x', 's.position_y', rangesOf('lent').as('lent')])
      .where('s.site_id', '=', siteId)
      .where('s.removed_at', 'is', null)
      .where(among('s.slot_id', ids)),
  );
  return rows.map(({ position_x: x, position_y: y, ...row }) => ({
    ...row,
    ...(x !== null && y !== null && { position: { x, y } }),
  }));
}

/** Active reservations of everybody, as slot and window alone; those that ended a day ago are left out. */
export async function hydrateOccupancy({ client, siteId, ids, now }: Hydration): Promise<Row<'occupancy'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('reservations')
      .select(['reservation_id', 'slot_id', 'starts_at', 'ends_at'])
      .where('site_id', '=', siteId)
      .where('state', 'in', ['held', 'confirmed'])
      .where('ends_at', '>', new Date(now - DAY))
      .where(among('reservation_id', ids)),
  );
  return rows.map((row) => ({
    id: row.reservation_id,
    slotId: row.slot_id,
    start: row.starts_at.getTime(),
    end: row.ends_at.getTime(),
  }));
}
