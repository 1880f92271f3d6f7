import type { PoolClient } from 'pg';
import type { Scan } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const INSERT_SCANS = {
  name: 'arbiter-insert-scans',
  text: `insert into scans (site_id, scan_id, pass_id, guard_id, client_id, gate, direction, scanned_at, recorded_at, result,
                            counts, reason, code, undoes, journal_id, journal_seq, journal_previous, journal_hash,
                            journal_signature, device_time, is_genuine)
         select site_id, scan_id, pass_id, guard_id, client_id, gate, direction, scanned_at, recorded_at, result, counts,
                reason, code, undoes, journal_id, journal_seq, journal_previous, journal_hash, journal_signature,
                device_time, is_genuine
           from json_to_recordset($1::json) as x(site_id uuid, scan_id uuid, pass_id uuid, guard_id uuid,
                client_id uuid, gate smallint, direction text, scanned_at timestamptz, recorded_at timestamptz, result text,
                counts boolean, reason text, code text, undoes uuid, journal_id uuid, journal_seq bigint,
                journal_previous bytea, journal_hash bytea, journal_signature bytea, device_time timestamptz,
                is_genuine boolean)`,
};

// Two devices may open one journal at the same moment: the second finds it taken when it runs again.
const INSERT_JOURNALS = {
  name: 'arbiter-insert-journals',
  text: `insert into scan_journals (site_id, journal_id, member_id, client_id, public_key, opened_at)
         select site_id, journal_id, member_id, client_id, public_key, opened_at
           from json_to_recordset($1::json) as x(site_id uuid, journal_id uuid, member_id uuid, client_id uuid,
                public_key bytea, opened_at timestamptz)`,
};

const UPSERT_INCIDENTS = {
  name: 'arbiter-upsert-incidents',
  text: `insert into incidents (site_id, incident_id, kind, scan_ids, pass_id, journal_id, detail, raised_at, closed_at, closed_by,
                                note)
         select site_id, incident_id, kind, array(select (json_array_elements_text(scan_ids))::uuid), pass_id, journal_id,
                detail, raised_at, closed_at, closed_by, note
           from json_to_recordset($1::json) as x(site_id uuid, incident_id uuid, kind text, scan_ids json, pass_id uuid,
                journal_id uuid, detail jsonb, raised_at timestamptz, closed_at timestamptz, closed_by uuid, note text)
         on conflict (site_id, incident_id) do update
            set scan_ids = excluded.scan_ids, pass_id = excluded.pass_id, detail = excluded.detail,
                closed_at = excluded.closed_at, closed_by = excluded.closed_by, note = excluded.note`,
};

type Nets = ReadonlyMap<string, NetChanges>;

/** Scans with their places in journals, opened journals, and incidents as they are now. */
export async function writeScans(
  client: PoolClient,
  nets: Nets,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  const scans = rowsOf(nets, (net) => net.scans.values()).map(({ siteId, row }) => ({
    site_id: siteId,
    scan_id: row.id,
    pass_id: row.passId,
    guard_id: row.guardId,
    client_id: row.clientId,
    gate: row.gate,
    direction: row.direction,
    undoes: row.undoes,
    scanned_at: timestamp(row.scannedAt),
    recorded_at: timestamp(row.recordedAt),
    result: row.result,
    counts: row.counts,
    reason: row.reason,
    code: row.code,
    ...journalColumns(row, states.get(siteId)),
  }));
  const journals = rowsOf(nets, (net) => net.journals.values()).map(({ siteId, row }) => ({
    site_id: siteId,
    journal_id: row.id,
    member_id: row.memberId,
    client_id: row.clientId,
    public_key: byteaOf(row.publicKey),
    opened_at: timestamp(row.openedAt),
  }));
  const incidents = rowsOf(nets, (net) => net.incidents.values()).map(({ siteId, row }) => ({
    site_id: siteId,
    incident_id: row.id,
    kind: row.kind,
    scan_ids: row.scanIds,
    pass_id: row.passId,
    journal_id: row.journalId,
    detail: row.detail,
    raised_at: timestamp(row.raisedAt),
    closed_at: timestamp(row.closedAt),
    closed_by: row.closedBy,
    note: row.note,
  }));
  await together([
    writeRows(client, INSERT_SCANS, scans),
    writeRows(client, INSERT_JOURNALS, journals),
    writeRows(client, UPSERT_INCIDENTS, incidents),
  ]);
}

/** The journal's columns of a scan; all null for a scan without a place in one. */
function journalColumns({ id, journal }: Scan, state: State | undefined) {
  const reading = state?.journalReadings.get(id);
  if (!journal || !reading) {
    return {
      ...{ journal_id: null, journal_seq: null, journal_previous: null, journal_hash: null },
      ...{ journal_signature: null, device_time: null, is_genuine: null },
    };
  }
  return {
    journal_id: journal.journalId,
    journal_seq: journal.seq,
    journal_previous: byteaOf(reading.entry.previous),
    journal_hash: byteaOf(reading.entry.hash),
    journal_signature: byteaOf(journal.signature),
    device_time: timestamp(journal.deviceTime),
    is_genuine: reading.genuine,
  };
}

function byteaOf(text: string): string {
  return `\\x${Buffer.from(text, 'base64url').toString('hex')}`;
}
