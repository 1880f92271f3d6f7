import type { PoolClient } from 'pg';
import type { Slot } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import { together } from '../db/together';
import { jsonRows, timestamp } from './json-rows';
import { StaleReadError } from './locks';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const COLUMNS = `site_id uuid, slot_id uuid, label text, level text, kind text, owner_id uuid,
                lent tstzmultirange, opened tstzmultirange, closed tstzmultirange,
                rules_revision integer, followed_revision integer, followed_until timestamptz, position_x smallint, position_y smallint,
                removed_at timestamptz`;

const SET = `label = x.label, level = x.level, kind = x.kind, owner_id = x.owner_id,
                lent = x.lent, opened = x.opened, closed = x.closed,
                rules_revision = x.rules_revision, followed_revision = x.followed_revision, followed_until = x.followed_until,
                position_x = x.position_x, position_y = x.position_y, removed_at = x.removed_at`;

const UPDATE_SLOTS = {
  name: 'arbiter-update-slots',
  text: `update slots s
            set ${SET}
           from json_to_recordset($1::json) as x(${COLUMNS})
          where s.site_id = x.site_id and s.slot_id = x.slot_id`,
};

// One that was removed comes back under its id. Its revisions go on by those that it begins with (1, as it gets its owner): windows that
// are being made for the former rules are not taken, and rules that came in the same batch are still to be followed.
const INSERT_SLOTS = {
  name: 'arbiter-insert-slots',
  text: `insert into slots (site_id, slot_id, label, level, kind, owner_id, lent, opened, closed, rules_revision, followed_revision,
                            followed_until, position_x, position_y, removed_at)
         select site_id, slot_id, label, level, kind, owner_id, lent, opened, closed,
                rules_revision, followed_revision, followed_until, position_x, position_y, removed_at
           from json_to_recordset($1::json) as x(${COLUMNS})
         on conflict (site_id, slot_id) do update
            set label = excluded.label, level = excluded.level, kind = excluded.kind, owner_id = excluded.owner_id,
                lent = excluded.lent, opened = excluded.opened, closed = excluded.closed,
                rules_revision = slots.rules_revision + excluded.rules_revision,
                followed_revision = slots.rules_revision + excluded.followed_revision,
                followed_until = excluded.followed_until, position_x = excluded.position_x, position_y = excluded.position_y,
                removed_at = excluded.removed_at
          where slots.removed_at is not null`,
};

const END_RULES = {
  name: 'arbiter-end-lending-rules',
  text: `update lending_rules r set removed_at = x.removed_at
           from json_to_recordset($1::json) as x(site_id uuid, rule_id uuid, removed_at timestamptz)
          where r.site_id = x.site_id and r.rule_id = x.rule_id`,
};

type IsStored = (table: 'slots' | 'lendingRules', siteId: string, id: string) => boolean;

/**
 * C1: slots, and the weekly rules that end. Before everything that names a slot. Rules end before their slot changes hands: the change
 * index tells it to whoever owns the slot at that moment.
 */
export async function writeSlots(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  isStored: IsStored,
): Promise<void> {
  const slots = rowsOf(nets, (net) => net.slots.values());
  const isOld = ({ siteId, row }: (typeof slots)[number]) => isStored('slots', siteId, row.id);
  const endedRules = rowsOf(nets, (net) => net.lendingRules.values()).filter(
    ({ siteId, row }) => row.removedAt !== null && isStored('lendingRules', siteId, row.id),
  );
  await together([
    writeRows(
      client,
      END_RULES,
      endedRules.map(({ siteId, row }) => ({
        site_id: siteId,
        rule_id: row.id,
        removed_at: timestamp(row.removedAt),
      })),
    ),
    writeRows(client, UPDATE_SLOTS, slots.filter(isOld).map(slotRow)),
    insertSlots(client, slots.filter((slot) => !isOld(slot)).map(slotRow)),
  ]);
}

async function insertSlots(client: PoolClient, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  const { rowCount } = await client.query({ ...INSERT_SLOTS, values: [jsonRows(rows)] });
  if (rowCount !== rows.length) throw new StaleReadError('a slot appeared while it was being made');
}

function slotRow({ siteId, row }: { siteId: string; row: Slot }) {
  return {
    site_id: siteId,
    slot_id: row.id,
    label: row.label,
    level: row.level,
    kind: row.kind,
    owner_id: row.ownerId,
    lent: multirange(row.lent),
    opened: multirange(row.opened),
    closed: multirange(row.closed),
    rules_revision: row.rulesRevision,
    followed_revision: row.followedRevision,
    followed_until: timestamp(row.followedUntil),
    position_x: row.position?.x ?? null,
    position_y: row.position?.y ?? null,
    removed_at: timestamp(row.removedAt ?? null),
  };
}

/** As Postgres reads a multirange; it joins what overlaps or touches. */
function multirange(ranges: readonly TimeRange[]): string {
  return `{${ranges.map(({ start, end }) => `[${timestamp(start)},${timestamp(end)})`).join(',')}}`;
}
