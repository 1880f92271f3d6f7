import type { PoolClient } from 'pg';
import type { LendingRule, SlotClaim } from '#shared/domain/entities';
import { together } from '../db/together';
import { bitsOf } from '../services/lending/weekday-bits';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const UPSERT_RULES = {
  name: 'arbiter-upsert-lending-rules',
  text: `insert into lending_rules (site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, ends_on, days_off, paused,
                                    created_at, removed_at)
         select site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, ends_on, days_off, paused, created_at,
                removed_at
           from json_to_recordset($1::json) as x(site_id uuid, rule_id uuid, slot_id uuid, weekdays smallint, from_minute smallint,
                until_minute smallint, starts_on date, ends_on date, days_off jsonb, paused boolean, created_at timestamptz,
                removed_at timestamptz)
         on conflict (site_id, rule_id) do update
            set weekdays = excluded.weekdays, from_minute = excluded.from_minute, until_minute = excluded.until_minute,
                starts_on = excluded.starts_on, ends_on = excluded.ends_on, days_off = excluded.days_off, paused = excluded.paused,
                removed_at = excluded.removed_at`,
};

const INSERT_CLAIMS = {
  name: 'arbiter-insert-slot-claims',
  text: `insert into slot_claims (site_id, claim_id, member_id, label, level, kind, note, photo, state, slot_id, created_at, decided_at,
                                  decided_by, reason)
         select site_id, claim_id, member_id, label, level, kind, note, photo, state, slot_id, created_at, decided_at, decided_by, reason
           from json_to_recordset($1::json) as x(site_id uuid, claim_id uuid, member_id uuid, label text, level text, kind text,
                note text, photo bytea, state text, slot_id uuid, created_at timestamptz, decided_at timestamptz, decided_by uuid,
                reason text)`,
};

// A photo is for who decides: once that is done it goes.
const UPDATE_CLAIMS = {
  name: 'arbiter-update-slot-claims',
  text: `update slot_claims c
            set state = x.state, slot_id = x.slot_id, decided_at = x.decided_at, decided_by = x.decided_by, reason = x.reason,
                photo = case when x.state = 'waiting' then c.photo end
           from json_to_recordset($1::json) as x(site_id uuid, claim_id uuid, state text, slot_id uuid, decided_at timestamptz,
                decided_by uuid, reason text)
          where c.site_id = x.site_id and c.claim_id = x.claim_id`,
};

type IsStored = (table: 'slotClaims' | 'lendingRules', siteId: string, id: string) => boolean;

/** C1: claims, and the weekly rules that begin or change; those that end are written with their slots. */
export async function writeLending(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  isStored: IsStored,
): Promise<void> {
  const rules = rowsOf(nets, (net) => net.lendingRules.values()).filter(
    ({ siteId, row }) => row.removedAt === null || !isStored('lendingRules', siteId, row.id),
  );
  const claims = rowsOf(nets, (net) => net.slotClaims.values());
  const isOld = ({ siteId, row }: (typeof claims)[number]) => isStored('slotClaims', siteId, row.id);
  await together([
    writeRows(client, UPSERT_RULES, rules.map(ruleRow)),
    writeRows(client, UPDATE_CLAIMS, claims.filter(isOld).map(claimRow)),
    writeRows(client, INSERT_CLAIMS, claims.filter((claim) => !isOld(claim)).map(claimRow)),
  ]);
}

function ruleRow({ siteId, row }: { siteId: string; row: LendingRule }) {
  return {
    site_id: siteId,
    rule_id: row.id,
    slot_id: row.slotId,
    weekdays: bitsOf(row.weekdays),
    from_minute: row.from,
    until_minute: row.until,
    starts_on: row.startsOn,
    ends_on: row.endsOn,
    days_off: row.daysOff,
    paused: row.paused,
    created_at: timestamp(row.createdAt),
    removed_at: timestamp(row.removedAt),
  };
}

function claimRow({ siteId, row }: { siteId: string; row: SlotClaim }) {
  return {
    site_id: siteId,
    claim_id: row.id,
    member_id: row.memberId,
    label: row.label,
    level: row.level,
    kind: row.kind,
    note: row.note,
    photo: row.photo === null ? null : `\\x${Buffer.from(row.photo, 'base64url').toString('hex')}`,
    state: row.state,
    slot_id: row.slotId,
    created_at: timestamp(row.createdAt),
    decided_at: timestamp(row.decidedAt),
    decided_by: row.decidedBy,
    reason: row.reason,
  };
}
