import type { Account, HolderKey, Incident, Member, Pass, Reservation, Scan } from '#shared/domain/entities';
import { defaultPolicy } from '#shared/domain/policy';
import type { State } from '#shared/domain/state';
import type { Entity, Row } from '#shared/protocol/rows';
import type { StoredRow } from '$lib/client-db/database';
import { dailyLifeOf, slotsOf } from './daily-life-rows';
import { visitorPassesOf } from './visitor-rows';

/** The pulled rows by entity. Rows that stand in several scopes are there once. */
export type Base = { readonly [E in Entity]: readonly Row<E>[] };

/** Puts the rows of the database in order by entity. */
export function baseOf(stored: readonly StoredRow[]): Base {
  const byEntity = new Map<Entity, Map<string, unknown>>();
  for (const { entity, id, row } of stored) {
    let rows = byEntity.get(entity);
    if (!rows) byEntity.set(entity, (rows = new Map()));
    rows.set(id, row);
  }
  const list = <E extends Entity>(entity: E) => [...(byEntity.get(entity)?.values() ?? [])] as Row<E>[];
  return {
    site: list('site'),
    slot: list('slot'),
    occupancy: list('occupancy'),
    member: list('member'),
    reservation: list('reservation'),
    visit: list('visit'),
    visitor_pass: list('visitor_pass'),
    account: list('account'),
    movement: list('movement'),
    holder_key: list('holder_key'),
    pass: list('pass'),
    gate_pass: list('gate_pass'),
    signing_key: list('signing_key'),
    status_list: list('status_list'),
    key_bundle: list('key_bundle'),
    scan: list('scan'),
    incident: list('incident'),
    desk_member: list('desk_member'),
    invitation: list('invitation'),
    join_request: list('join_request'),
    slot_lending: list('slot_lending'),
    lending_rule: list('lending_rule'),
    slot_claim: list('slot_claim'),
    waitlist_entry: list('waitlist_entry'),
    topup: list('topup'),
    notice: list('notice'),
    notice_preferences: list('notice_preferences'),
  };
}

/** Whose copy it is, as the rules know them. */
export function actorOf(base: Base): Member {
  const member = base.member[0];
  if (!member) throw new Error('a predicted state without a member');
  return { id: member.id, role: member.role, name: member.name, plate: member.plate, leftAt: null };
}

/** Of a site whose row does not say it. */
const registrationBefore = { registration: 'invited' } as const;

/** The pulled rows as the rules read them; null without site and member. */
export function stateOf(base: Base): State | null {
  const site = base.site[0];
  const member = base.member[0];
  if (!site || !member) return null;
  return {
    // A row that an older build stored lacks what is newer than it.
    site: { ...registrationBefore, ...site, policy: { ...defaultPolicy, ...site.policy } },
    // The others are in a manager's copy alone; no rule asks for their plates.
    members: byId([
      ...base.desk_member.map((row): Member => ({ ...row, plate: '', leftAt: null })),
      actorOf(base),
    ]),
    slots: slotsOf(base),
    reservations: byId([...base.occupancy.map(anonymous), ...base.reservation.map(reservationOf)]),
    accounts: byId<Account>(base.account),
    holderKeys: new Map(
      base.holder_key.map((row): [string, HolderKey] => [
        row.id,
        { clientId: row.id, memberId: member.id, key: row.key, revokedAt: row.revokedAt },
      ]),
    ),
    passes: byId(base.pass.map((row): Pass => ({ ...row, visitorPassId: null, memberId: member.id }))),
    scans: byId(base.scan.map(recordedScan)),
    visitorPasses: visitorPassesOf(base, member.id),
    incidents: byId(base.incident.map(storedIncident)),
    // Keys and journals are the server's to look at.
    journals: new Map(),
    journalReadings: new Map(),
    signingKeys: new Map(),
    ...dailyLifeOf(base, member.id),
    // Who used whose slot is nobody's to know but the server's.
    lastUses: new Map(),
  };
}

function byId<R extends { readonly id: string }>(rows: readonly R[]): Map<string, R> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** What is not so is left out of the row. */
function reservationOf(row: Row<'reservation'>): Reservation {
  return { ...row, offered: row.offered ?? false, askedToMoveAt: row.askedToMoveAt ?? null };
}

/** Somebody's active reservation, of which a device knows only where and when. */
function anonymous({ id, slotId, start, end }: Row<'occupancy'>): Reservation {
  const unknown = {
    memberId: null,
    holdExpiresAt: null,
    price: 0,
    cost: 0,
    charge: 0,
    receiverAccountId: '',
    createdAt: 0,
    endedAt: null,
    offered: false,
    askedToMoveAt: null,
  };
  return { id, slotId, start, end, state: 'confirmed', ...unknown };
}

function recordedScan(row: Row<'scan'>): Scan {
  return { ...row, guardId: '', code: '', journal: null };
}

function storedIncident({ closedByName, kind, ...row }: Row<'incident'>): Incident {
  // A newer server's kind is only carried along.
  return { ...row, kind: kind as Incident['kind'], closedBy: closedByName };
}
