import type { PoolClient } from 'pg';
import { isActive, type Pass, type Reservation } from '#shared/domain/entities';
import { together } from '../db/together';
import type { IssuedPass } from '../services/passes/pass-issuer';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const UPDATE_RESERVATIONS = {
  name: 'arbiter-update-reservations',
  text: `update reservations r
            set slot_id = x.slot_id, during = tstzrange(x.starts, x.ends), state = x.state,
                hold_expires_at = x.hold_expires_at, price = x.price, cost = x.cost, charge = x.charge,
                receiver_account_id = x.receiver_account_id, ended_at = x.ended_at, offered = x.offered,
                asked_to_move_at = x.asked_to_move_at
           from json_to_recordset($1::json) as x(site_id uuid, reservation_id uuid, slot_id uuid, starts timestamptz,
                ends timestamptz, state text, hold_expires_at timestamptz, price integer, cost integer, charge integer,
                receiver_account_id uuid, ended_at timestamptz, offered boolean, asked_to_move_at timestamptz)
          where r.site_id = x.site_id and r.reservation_id = x.reservation_id`,
};

const INSERT_RESERVATIONS = {
  name: 'arbiter-insert-reservations',
  text: `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, hold_expires_at, price, cost,
                                   charge, receiver_account_id, created_at, ended_at, offered)
         select site_id, reservation_id, slot_id, member_id, tstzrange(starts, ends), state, hold_expires_at, price, cost,
                charge, receiver_account_id, created_at, ended_at, offered
           from json_to_recordset($1::json) as x(site_id uuid, reservation_id uuid, slot_id uuid, member_id uuid,
                starts timestamptz, ends timestamptz, state text, hold_expires_at timestamptz, price integer, cost integer,
                charge integer, receiver_account_id uuid, created_at timestamptz, ended_at timestamptz, offered boolean)`,
};

const UPDATE_POLICIES = {
  name: 'arbiter-update-policies',
  text: `update sites s set policy = s.policy || x.changes
           from json_to_recordset($1::json) as x(site_id uuid, changes jsonb)
          where s.site_id = x.site_id`,
};

const UPDATE_REGISTRATIONS = {
  name: 'arbiter-update-registrations',
  text: `update sites s set registration = x.registration
           from json_to_recordset($1::json) as x(site_id uuid, registration text)
          where s.site_id = x.site_id`,
};

const UPSERT_HOLDER_KEYS = {
  name: 'arbiter-upsert-holder-keys',
  text: `insert into holder_keys (site_id, client_id, member_id, holder_key, bound_at, revoked_at)
         select site_id, client_id, member_id, holder_key, bound_at, revoked_at
           from json_to_recordset($1::json) as x(site_id uuid, client_id uuid, member_id uuid, holder_key bytea,
                bound_at timestamptz, revoked_at timestamptz)
         on conflict (site_id, client_id) do update
            set member_id = excluded.member_id, holder_key = excluded.holder_key, revoked_at = excluded.revoked_at,
                bound_at = case when excluded.revoked_at is null then excluded.bound_at else holder_keys.bound_at end`,
};

// Who leaves takes their calendar's address along: it shows nothing more, and is nobody's secret to keep.
const UPDATE_MEMBERS = {
  name: 'arbiter-update-members',
  text: `with updated as (
           update members m set plate = x.plate, role = x.role, left_at = x.left_at,
                  removed_at = coalesce(x.removed_at, m.removed_at)
             from json_to_recordset($1::json) as x(site_id uuid, member_id uuid, plate text, role text, left_at timestamptz,
                  removed_at timestamptz)
            where m.site_id = x.site_id and m.member_id = x.member_id
            returning m.site_id, m.member_id, m.left_at)
         delete from calendar_feeds f using updated u
          where u.left_at is not null and f.site_id = u.site_id and f.member_id = u.member_id`,
};

const UPDATE_PASSES = {
  name: 'arbiter-update-passes',
  text: `update passes p set status = x.status
           from json_to_recordset($1::json) as x(site_id uuid, pass_id uuid, status text)
          where p.site_id = x.site_id and p.pass_id = x.pass_id`,
};

const INSERT_PASSES = {
  name: 'arbiter-insert-passes',
  text: `insert into passes (site_id, pass_id, member_id, reservation_id, visitor_pass_id, client_id, holder_key, slot_label, plate, kind,
                             not_before, expires_at, code, status, status_index, signed, created_at)
         select site_id, pass_id, member_id, reservation_id, visitor_pass_id, client_id, holder_key, slot_label, plate, kind,
                not_before, expires_at, code, status, status_index, signed, created_at
           from json_to_recordset($1::json) as x(site_id uuid, pass_id uuid, member_id uuid, reservation_id uuid,
                visitor_pass_id uuid, client_id uuid, holder_key bytea, slot_label text, plate text, kind smallint, not_before timestamptz,
                expires_at timestamptz, code text, status text, status_index integer, signed bytea,
                created_at timestamptz)`,
};

// The last locks of a batch, see locks.ts.
const LOCK_ACCOUNTS = {
  name: 'arbiter-lock-accounts',
  text: `select 1 from unnest($1::uuid[], $2::uuid[]) as k(site_id, account_id)
           join accounts a using (site_id, account_id)
          order by a.site_id, a.account_id for no key update of a`,
};

const INSERT_MOVEMENTS = {
  name: 'arbiter-insert-movements',
  text: `insert into movements (site_id, movement_id, kind, reservation_id, topup_id, slot_label, created_at)
         select site_id, movement_id, kind, reservation_id, topup_id, slot_label, created_at
           from json_to_recordset($1::json) as x(site_id uuid, movement_id uuid, kind text, reservation_id uuid,
                topup_id uuid, slot_label text, created_at timestamptz)`,
};

const INSERT_ENTRIES = {
  name: 'arbiter-insert-entries',
  text: `insert into entries (site_id, movement_id, account_id, amount)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[])`,
};

type Nets = ReadonlyMap<string, NetChanges>;

/** Whether the database has the row already, by `Loaded.stored`. */
type IsStored = (table: 'reservations' | 'passes', siteId: string, id: string) => boolean;

/** Reservations, holder keys and members. What ends is written before what begins: the database never sees an overlap. */
export async function writePlaces(
  client: PoolClient,
  nets: Nets,
  isStored: IsStored,
  now: number,
): Promise<void> {
  const reservations = rowsOf(nets, (net) => net.reservations.values());
  const isOld = ({ siteId, row }: (typeof reservations)[number]) => isStored('reservations', siteId, row.id);
  const changed = reservations.filter(isOld);
  await together([
    writeRows(client, UPDATE_RESERVATIONS, changed.filter(({ row }) => !isActive(row)).map(reservationRow)),
    writeRows(client, UPDATE_RESERVATIONS, changed.filter(({ row }) => isActive(row)).map(reservationRow)),
    writeRows(
      client,
      INSERT_RESERVATIONS,
      reservations.filter((reservation) => !isOld(reservation)).map(reservationRow),
    ),
    writeRows(
      client,
      UPSERT_HOLDER_KEYS,
      rowsOf(nets, (net) => net.holderKeys.values()).map(({ siteId, row }) => ({
        site_id: siteId,
        client_id: row.clientId,
        member_id: row.memberId,
        holder_key: byteaOf(Buffer.from(row.key, 'base64url')),
        bound_at: timestamp(now),
        revoked_at: timestamp(row.revokedAt),
      })),
    ),
    writeRows(
      client,
      UPDATE_MEMBERS,
      rowsOf(nets, (net) => net.members.values()).map(({ siteId, row }) => ({
        site_id: siteId,
        member_id: row.id,
        plate: row.plate,
        role: row.role,
        left_at: timestamp(row.leftAt),
        removed_at: timestamp(row.removedAt ?? null),
      })),
    ),
  ]);
}

/** What the statements that insert and update take of a reservation; each takes the columns it names. */
function reservationRow({ siteId, row }: { siteId: string; row: Reservation }) {
  return {
    site_id: siteId,
    reservation_id: row.id,
    slot_id: row.slotId,
    member_id: row.memberId,
    starts: timestamp(row.start),
    ends: timestamp(row.end),
    state: row.state,
    hold_expires_at: timestamp(row.holdExpiresAt),
    price: row.price,
    cost: row.cost,
    charge: row.charge,
    receiver_account_id: row.receiverAccountId,
    created_at: timestamp(row.createdAt),
    ended_at: timestamp(row.endedAt),
    offered: row.offered,
    asked_to_move_at: timestamp(row.askedToMoveAt),
  };
}

/** A new pass with what its issuer made for it. */
export interface SignedPass {
  readonly siteId: string;
  readonly pass: Pass;
  readonly issued: IssuedPass;
}

/** Passes: changed status first, since a reservation has one valid pass at any moment. */
export async function writePasses(
  client: PoolClient,
  changed: readonly { siteId: string; row: Pass }[],
  made: readonly SignedPass[],
  now: number,
): Promise<void> {
  await together([
    writeRows(
      client,
      UPDATE_PASSES,
      changed.map(({ siteId, row }) => ({ site_id: siteId, pass_id: row.id, status: row.status })),
    ),
    writeRows(
      client,
      INSERT_PASSES,
      made.map(({ siteId, pass, issued }) => ({
        site_id: siteId,
        pass_id: pass.id,
        member_id: pass.memberId,
        reservation_id: pass.reservationId,
        visitor_pass_id: pass.visitorPassId,
        plate: pass.plate,
        client_id: pass.clientId,
        holder_key: pass.holderKey === null ? null : byteaOf(Buffer.from(pass.holderKey, 'base64url')),
        slot_label: pass.slotLabel,
        kind: pass.kind,
        not_before: timestamp(pass.notBefore),
        expires_at: timestamp(pass.expiresAt),
        code: issued.code,
        status: pass.status,
        status_index: issued.statusIndex,
        signed: byteaOf(Buffer.from(issued.signed)),
        created_at: timestamp(now),
      })),
    ),
  ]);
}

/** The ledger. Locks the accounts, in key order, until the end of the transaction; their balances follow by trigger. */
export async function writeMovements(client: PoolClient, nets: Nets): Promise<void> {
  const movements = rowsOf(nets, (net) => net.movements);
  if (movements.length === 0) return;
  const entries = movements.flatMap(({ siteId, row }) =>
    row.entries.map((entry) => ({ siteId, movementId: row.id, ...entry })),
  );
  const siteIds = entries.map(({ siteId }) => siteId);
  const accountIds = entries.map(({ accountId }) => accountId);
  await together([
    client.query({ ...LOCK_ACCOUNTS, values: [siteIds, accountIds] }),
    writeRows(
      client,
      INSERT_MOVEMENTS,
      movements.map(({ siteId, row }) => ({
        site_id: siteId,
        movement_id: row.id,
        kind: row.kind,
        reservation_id: row.reservationId,
        topup_id: row.topupId,
        slot_label: row.slotLabel,
        created_at: timestamp(row.createdAt),
      })),
    ),
    client.query({
      ...INSERT_ENTRIES,
      values: [
        siteIds,
        entries.map(({ movementId }) => movementId),
        accountIds,
        entries.map(({ amount }) => amount),
      ],
    }),
  ]);
}

/**
 * What managers changed of the sites: policies, and how people come in. Among the last writes: the sites' rows stay locked from here on, and issuing passes
 * takes status indexes from them on another connection.
 */
export async function writePolicies(client: PoolClient, nets: Nets): Promise<void> {
  const policies = rowsOf(nets, (net) => net.policies);
  const registrations = rowsOf(nets, (net) => net.registrations);
  await together([
    writeRows(
      client,
      UPDATE_POLICIES,
      policies.map(({ row: [siteId, changes] }) => ({ site_id: siteId, changes })),
    ),
    writeRows(
      client,
      UPDATE_REGISTRATIONS,
      registrations.map(({ row: [siteId, registration] }) => ({ site_id: siteId, registration })),
    ),
  ]);
}

function byteaOf(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}
