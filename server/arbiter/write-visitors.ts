import type { PoolClient } from 'pg';
import type { VisitorPass } from '#shared/domain/entities';
import { personKey } from '#shared/domain/visitor-person';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

// Of a visitor pass only its link, its opening and its end ever change.
const UPDATE_VISITOR_PASSES = {
  name: 'arbiter-update-visitor-passes',
  text: `update visitor_passes v
            set link_sha256 = x.link_sha256, opened_at = x.opened_at, revoked_at = x.revoked_at
           from json_to_recordset($1::json) as x(site_id uuid, visitor_pass_id uuid, link_sha256 bytea,
                opened_at timestamptz, revoked_at timestamptz)
          where v.site_id = x.site_id and v.visitor_pass_id = x.visitor_pass_id`,
};

const END_VISITORS = {
  name: 'arbiter-end-visitors',
  text: `update visitors w set is_active = false
           from json_to_recordset($1::json) as x(site_id uuid, visitor_pass_id uuid)
          where w.site_id = x.site_id and w.visitor_pass_id = x.visitor_pass_id and w.is_active`,
};

const INSERT_VISITOR_PASSES = {
  name: 'arbiter-insert-visitor-passes',
  text: `insert into visitor_passes (site_id, visitor_pass_id, issued_by, uses, during, plate, amount, payment, reference, binds,
                                     link_sha256, opened_at, revoked_at, created_at)
         select site_id, visitor_pass_id, issued_by, uses, tstzrange(starts, ends), plate, amount, payment, reference, binds,
                link_sha256, opened_at, revoked_at, created_at
           from json_to_recordset($1::json) as x(site_id uuid, visitor_pass_id uuid, issued_by uuid, uses smallint,
                starts timestamptz, ends timestamptz, plate text, amount integer, payment text, reference text, binds boolean,
                link_sha256 bytea, opened_at timestamptz, revoked_at timestamptz, created_at timestamptz)`,
};

const INSERT_VISITORS = {
  name: 'arbiter-insert-visitors',
  text: `insert into visitors (site_id, visitor_pass_id, position, name, phone, person_key, during, is_active)
         select site_id, visitor_pass_id, position, name, phone, person_key, tstzrange(starts, ends), is_active
           from json_to_recordset($1::json) as x(site_id uuid, visitor_pass_id uuid, position smallint, name text, phone text,
                person_key text, starts timestamptz, ends timestamptz, is_active boolean)`,
};

interface SiteVisit {
  readonly siteId: string;
  readonly row: VisitorPass;
}

/** D2: visitor passes and their people. What ends is written before what begins: the database never sees anybody expected twice. */
export async function writeVisitors(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  isStored: (siteId: string, visitorPassId: string) => boolean,
): Promise<void> {
  const visits = rowsOf(nets, (net) => net.visitorPasses.values());
  if (visits.length === 0) return;
  const changed = visits.filter(({ siteId, row }) => isStored(siteId, row.id));
  const made = visits.filter((visit) => !changed.includes(visit));
  await together([
    writeRows(client, UPDATE_VISITOR_PASSES, changed.map(visitRow)),
    writeRows(client, END_VISITORS, changed.filter(({ row }) => row.revokedAt !== null).map(visitRow)),
    writeRows(client, INSERT_VISITOR_PASSES, made.map(visitRow)),
    writeRows(client, INSERT_VISITORS, made.flatMap(visitorRows)),
  ]);
}

/** What the statements that insert and update take of a visitor pass; each takes the columns it names. */
function visitRow({ siteId, row }: SiteVisit) {
  return {
    site_id: siteId,
    visitor_pass_id: row.id,
    issued_by: row.issuedBy,
    uses: row.uses,
    starts: timestamp(row.start),
    ends: timestamp(row.end),
    plate: row.plate,
    amount: row.amount,
    payment: row.payment,
    reference: row.reference,
    binds: row.binds,
    link_sha256:
      row.linkHash === null ? null : `\\x${Buffer.from(row.linkHash, 'base64url').toString('hex')}`,
    opened_at: timestamp(row.openedAt),
    revoked_at: timestamp(row.revokedAt),
    created_at: timestamp(row.createdAt),
  };
}

function visitorRows({ siteId, row }: SiteVisit) {
  return row.visitors.map((visitor, position) => ({
    site_id: siteId,
    visitor_pass_id: row.id,
    position,
    name: visitor.name,
    phone: visitor.phone,
    person_key: personKey(visitor),
    starts: timestamp(row.start),
    ends: timestamp(row.end),
    is_active: row.revokedAt === null,
  }));
}
