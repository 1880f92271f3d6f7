import { sql } from 'kysely';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, base64url, timeOrNull, type Hydration } from './hydration';

/** Rows of scope `member:`: each query is limited to the member itself, whatever ids the change index names. */
export async function hydrateMembers({ client, siteId, memberId, ids }: Hydration): Promise<Row<'member'>[]> {
  return await rowsOf(
    client,
    queries
      .selectFrom('members as m')
      .innerJoin('users as u', 'u.user_id', 'm.user_id')
      .select([
        'm.member_id as id',
        'm.site_id as siteId',
        'm.role',
        'm.name',
        'm.flat',
        'm.plate',
        'u.email',
      ])
      .where('m.site_id', '=', siteId)
      .where('m.member_id', '=', memberId)
      .where('m.left_at', 'is', null)
      .where(among('m.member_id', ids)),
  );
}

export async function hydrateReservations(hydration: Hydration): Promise<Row<'reservation'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('reservations')
      .selectAll()
      .where('site_id', '=', hydration.siteId)
      .where('member_id', '=', hydration.memberId)
      .where(among('reservation_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.reservation_id,
    slotId: row.slot_id,
    memberId: row.member_id,
    start: row.starts_at.getTime(),
    end: row.ends_at.getTime(),
    state: row.state,
    holdExpiresAt: timeOrNull(row.hold_expires_at),
    price: row.price,
    cost: row.cost,
    charge: row.charge,
    receiverAccountId: row.receiver_account_id,
    createdAt: row.created_at.getTime(),
    endedAt: timeOrNull(row.ended_at),
    ...(row.offered && { offered: true }),
    ...(row.asked_to_move_at !== null && { askedToMoveAt: row.asked_to_move_at.getTime() }),
  }));
}

/** Reservations on the member's own slots, without whose they are. */
export async function hydrateVisits({ client, siteId, memberId, ids }: Hydration): Promise<Row<'visit'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('reservations as r')
      .innerJoin('slots as s', (join) =>
        join.onRef('s.site_id', '=', 'r.site_id').onRef('s.slot_id', '=', 'r.slot_id'),
      )
      .select([
        'r.reservation_id',
        'r.slot_id',
        'r.starts_at',
        'r.ends_at',
        'r.state',
        'r.asked_to_move_at',
        sql<number>`case when r.receiver_account_id = ${memberId}::uuid then r.cost else 0 end`.as('cost'),
      ])
      .where('r.site_id', '=', siteId)
      .where('s.owner_id', '=', memberId)
      // What a former owner earned is theirs alone; whoever comes now is the new owner's to know.
      .where((is) =>
        is.or([is('r.receiver_account_id', '=', memberId), is('r.state', 'in', ['held', 'confirmed'])]),
      )
      // E8: kept for somebody who has not taken it.
      .where('r.offered', '=', false)
      .where(among('r.reservation_id', ids)),
  );
  return rows.map((row) => ({
    id: row.reservation_id,
    slotId: row.slot_id,
    start: row.starts_at.getTime(),
    end: row.ends_at.getTime(),
    state: row.state,
    cost: row.cost,
    askedToMoveAt: timeOrNull(row.asked_to_move_at),
  }));
}

export async function hydrateAccounts({
  client,
  siteId,
  memberId,
  ids,
}: Hydration): Promise<Row<'account'>[]> {
  return await rowsOf(
    client,
    queries
      .selectFrom('accounts')
      .select(['account_id as id', 'balance'])
      .where('site_id', '=', siteId)
      .where('account_id', '=', memberId)
      .where(among('account_id', ids)),
  );
}

/** The member's own entry of each movement; what others gave or got in it stays with them. */
export async function hydrateMovements({
  client,
  siteId,
  memberId,
  ids,
}: Hydration): Promise<Row<'movement'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('entries as e')
      .innerJoin('movements as m', (join) =>
        join.onRef('m.site_id', '=', 'e.site_id').onRef('m.movement_id', '=', 'e.movement_id'),
      )
      .select(['e.movement_id', 'm.kind', 'e.amount', 'm.reservation_id', 'm.slot_label', 'm.created_at'])
      .select('m.topup_id')
      .where('e.site_id', '=', siteId)
      .where('e.account_id', '=', memberId)
      .where(among('e.movement_id', ids)),
  );
  return rows.map((row) => ({
    id: row.movement_id,
    kind: row.kind,
    amount: row.amount,
    reservationId: row.reservation_id,
    slotLabel: row.slot_label,
    createdAt: row.created_at.getTime(),
    topupId: row.topup_id,
  }));
}

export async function hydrateHolderKeys(hydration: Hydration): Promise<Row<'holder_key'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('holder_keys')
      .select(['client_id', 'holder_key', 'bound_at', 'revoked_at'])
      .where('site_id', '=', hydration.siteId)
      .where('member_id', '=', hydration.memberId)
      .where(among('client_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.client_id,
    key: base64url(row.holder_key),
    boundAt: row.bound_at.getTime(),
    revokedAt: timeOrNull(row.revoked_at),
  }));
}

export async function hydratePasses({ client, siteId, memberId, ids }: Hydration): Promise<Row<'pass'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('passes')
      .selectAll()
      .where('site_id', '=', siteId)
      .where('member_id', '=', memberId)
      .where('reservation_id', 'is not', null)
      .$narrowType<{ reservation_id: string }>()
      .where(among('pass_id', ids)),
  );
  return rows.map((row) => ({
    id: row.pass_id,
    reservationId: row.reservation_id,
    clientId: row.client_id,
    holderKey: row.holder_key === null ? null : base64url(row.holder_key),
    slotLabel: row.slot_label,
    plate: row.plate,
    kind: row.kind,
    notBefore: row.not_before.getTime(),
    expiresAt: row.expires_at.getTime(),
    status: row.status,
    code: row.code,
    signed: base64url(row.signed),
  }));
}
