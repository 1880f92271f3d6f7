import type { PoolClient } from 'pg';
import type { Incident, ScanJournal } from '#shared/domain/entities';
import type { ChainEntry, JournalChain, State } from '#shared/domain/state';
import { together } from '../db/together';
import { StaleReadError } from './locks';
import { journalKey, type ReadEntries } from './read-entries';
import type { JournalPlan } from './journal-plan';
import type { SiteKeys } from './site-keys';

const JOURNALS = {
  name: 'arbiter-lock-journals',
  text: `select j.site_id, j.journal_id, j.member_id, j.client_id, (extract(epoch from j.opened_at) * 1000)::float8 as opened,
                translate(encode(j.public_key, 'base64'), E'+/=\\n', '-_') as public_key
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, journal_id)
           join scan_journals j using (site_id, journal_id)
          order by j.site_id, j.journal_id for no key update of j`,
};

const ENTRY_COLUMNS = `s.site_id, s.journal_id, s.scan_id, s.journal_seq::float8 as seq,
  translate(encode(s.journal_hash, 'base64'), E'+/=\\n', '-_') as hash,
  translate(encode(s.journal_previous, 'base64'), E'+/=\\n', '-_') as previous,
  (extract(epoch from s.scanned_at) * 1000)::float8 as scanned,
  (extract(epoch from s.device_time) * 1000)::float8 as device_time`;

// Of each journal the entries at these places, and the last one.
const ENTRIES = {
  name: 'arbiter-load-entries',
  text: `select ${ENTRY_COLUMNS}
           from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as k(site_id, journal_id, journal_seq)
           join scans s using (site_id, journal_id, journal_seq)
          where s.is_genuine
         union
         select h.*
           from unnest($4::uuid[], $5::uuid[]) as k(site_id, journal_id)
          cross join lateral (
             select ${ENTRY_COLUMNS} from scans s
              where s.site_id = k.site_id and s.journal_id = k.journal_id and s.is_genuine
              order by s.journal_seq desc limit 1) h`,
};

// Of journals the open ones; of passes also what was closed, which is not raised again for the same scans.
const INCIDENTS = {
  name: 'arbiter-lock-incidents',
  text: `select i.site_id, i.incident_id, i.kind, i.scan_ids::text[] as scan_ids, i.pass_id, i.journal_id, i.detail,
                (extract(epoch from i.raised_at) * 1000)::float8 as raised,
                (extract(epoch from i.closed_at) * 1000)::float8 as closed, i.closed_by, i.note
           from incidents i
          where (i.site_id, i.incident_id) in (
                  select * from unnest($1::uuid[], $2::uuid[])
                  union all
                  select o.site_id, o.incident_id from unnest($3::uuid[], $4::uuid[]) as k(site_id, journal_id)
                    join incidents o using (site_id, journal_id) where o.closed_at is null
                  union all
                  select o.site_id, o.incident_id from unnest($5::uuid[], $6::uuid[]) as k(site_id, pass_id)
                    join incidents o using (site_id, pass_id))
          order by i.site_id, i.incident_id for no key update of i`,
};

/**
 * Locks the journals and incidents of the batch (locks.ts) and loads what its entries are compared with. `passes` are those that
 * were loaded. A journal that appeared while the entries were read, or is another than they were read by, makes the batch
 * begin anew.
 */
export async function loadJournals(
  client: PoolClient,
  { plan, read, passes }: { plan: JournalPlan; read: ReadEntries; passes: SiteKeys },
  states: ReadonlyMap<string, State>,
): Promise<void> {
  const [journals, entries] = await together([
    plan.keys.size > 0 ? lockJournals(client, plan.keys) : [],
    read.entries.length > 0 ? loadEntries(client, plan, read) : [],
    plan.recordsScans || plan.incidents.size > 0 ? lockIncidents(client, plan, { passes, states }) : null,
  ]);
  for (const { siteId, row } of journals) {
    states.get(siteId)?.journals.set(row.id, row);
    const known = read.known.get(journalKey({ siteId, journalId: row.id }));
    const isAsRead = known?.memberId === row.memberId && known.publicKey === row.publicKey;
    if (read.entries.length > 0 && !isAsRead)
      throw new StaleReadError('a journal was opened while its entries were being read');
  }
  const chains = new Map<string, JournalChain>();
  const chainOf = (key: string): JournalChain => {
    const chain = chains.get(key) ?? { highest: 0, entries: [] };
    chains.set(key, chain);
    return chain;
  };
  for (const { key, entry } of entries) {
    const chain = chainOf(key);
    chain.entries.push(entry);
    chain.highest = Math.max(chain.highest, entry.seq);
  }
  for (const { planned, entry, genuine } of read.entries) {
    const { siteId, args } = planned;
    const chain = chainOf(journalKey({ siteId, journalId: args.journal.journalId }));
    // By the scan's id, of which only the first of a batch is recorded.
    const readings = states.get(siteId)?.journalReadings;
    if (readings && !readings.has(entry.scanId)) readings.set(entry.scanId, { entry, genuine, chain });
  }
}

async function lockJournals(
  client: PoolClient,
  { siteIds, ids }: SiteKeys,
): Promise<{ siteId: string; row: ScanJournal }[]> {
  const { rows } = await client.query<{
    site_id: string;
    journal_id: string;
    member_id: string;
    client_id: string;
    opened: number;
    public_key: string;
  }>({ ...JOURNALS, values: [siteIds, ids] });
  return rows.map((row) => ({
    siteId: row.site_id,
    row: {
      id: row.journal_id,
      memberId: row.member_id,
      clientId: row.client_id,
      publicKey: row.public_key,
      openedAt: row.opened,
    },
  }));
}

async function loadEntries(
  client: PoolClient,
  { keys }: JournalPlan,
  { entries }: ReadEntries,
): Promise<{ key: string; entry: ChainEntry }[]> {
  const places = new Map(
    entries.flatMap(({ planned: { siteId, args } }) => {
      const { journalId, seq } = args.journal;
      return [seq - 1, seq, seq + 1].map((at) => [`${siteId} ${journalId} ${at}`, { siteId, journalId, at }]);
    }),
  );
  const asked = [...places.values()];
  const { rows } = await client.query<{
    site_id: string;
    journal_id: string;
    scan_id: string;
    seq: number;
    hash: string;
    previous: string;
    scanned: number;
    device_time: number;
  }>({
    ...ENTRIES,
    values: [
      asked.map(({ siteId }) => siteId),
      asked.map(({ journalId }) => journalId),
      asked.map(({ at }) => at),
      keys.siteIds,
      keys.ids,
    ],
  });
  return rows.map((row) => ({
    key: journalKey({ siteId: row.site_id, journalId: row.journal_id }),
    entry: {
      scanId: row.scan_id,
      seq: row.seq,
      hash: row.hash,
      previous: row.previous,
      scannedAt: row.scanned,
      deviceTime: row.device_time,
    },
  }));
}

async function lockIncidents(
  client: PoolClient,
  { incidents, keys }: JournalPlan,
  { passes, states }: { passes: SiteKeys; states: ReadonlyMap<string, State> },
): Promise<void> {
  const { rows } = await client.query<{
    site_id: string;
    incident_id: string;
    kind: Incident['kind'];
    scan_ids: string[];
    pass_id: string | null;
    journal_id: string | null;
    detail: Incident['detail'];
    raised: number;
    closed: number | null;
    closed_by: string | null;
    note: string;
  }>({
    ...INCIDENTS,
    values: [incidents.siteIds, incidents.ids, keys.siteIds, keys.ids, passes.siteIds, passes.ids],
  });
  for (const row of rows) {
    states.get(row.site_id)?.incidents.set(row.incident_id, {
      id: row.incident_id,
      kind: row.kind,
      scanIds: row.scan_ids,
      passId: row.pass_id,
      journalId: row.journal_id,
      detail: row.detail,
      raisedAt: row.raised,
      closedAt: row.closed,
      closedBy: row.closed_by,
      note: row.note,
    });
  }
}
