import type { PoolClient } from 'pg';
import type { Outcome, WireIntent } from '#shared/protocol/push';
import type { StoredIntent } from './admit';
import { clientKey } from './clients';
import { jsonRows, timestamp } from './json-rows';
import { journaledArgs } from './journaled-args';
import type { PreparedPush } from './push';

const FIND = {
  name: 'arbiter-find-intents',
  text: `select i.site_id, i.client_id, i.seq, encode(i.fingerprint, 'hex') as fingerprint, i.outcome
           from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as k(site_id, client_id, seq)
           join intents i using (site_id, client_id, seq)`,
};

const FIND_IDS = {
  name: 'arbiter-find-intent-ids',
  text: `select i.site_id, i.intent_id, i.member_id, encode(i.fingerprint, 'hex') as fingerprint, i.outcome
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, intent_id)
           join intents i using (site_id, intent_id)`,
};

// The outcome travels as a JSON string and not as an object, so that its text is stored as it is.
const INSERT = {
  name: 'arbiter-insert-intents',
  text: `insert into intents (site_id, client_id, seq, intent_id, member_id, op, args, fingerprint, device_time,
                              decided_at, status, code, outcome)
         select site_id, client_id, seq, intent_id, member_id, op, args, fingerprint, device_time,
                decided_at, status, code, outcome::json
           from json_to_recordset($1::json) as x(site_id uuid, client_id uuid, seq bigint, intent_id uuid,
                member_id uuid, op text, args jsonb, fingerprint bytea, device_time timestamptz,
                decided_at timestamptz, status text, code text, outcome text)`,
};

/** One decided intent as it goes into the journal. */
export interface JournalEntry {
  readonly push: PreparedPush;
  readonly wire: WireIntent;
  readonly fingerprint: string;
  /** The id it is journaled under: its own, unless that is taken. */
  readonly intentId: string;
  readonly decidedAt: number;
  readonly outcome: Outcome;
}

/** The stored intents that these pushes name by seq: client key → seq → intent. Call under the clients' locks. */
export async function findStored(
  client: PoolClient,
  pushes: readonly PreparedPush[],
): Promise<Map<string, Map<number, StoredIntent>>> {
  const keys = pushes.flatMap((push) => push.intents.map((intent) => ({ push, seq: intent.seq })));
  const { rows } = await client.query<{
    site_id: string;
    client_id: string;
    seq: number;
    fingerprint: string;
    outcome: Outcome;
  }>({
    ...FIND,
    values: [
      keys.map(({ push }) => push.siteId),
      keys.map(({ push }) => push.clientId),
      keys.map(({ seq }) => seq),
    ],
  });
  const found = new Map<string, Map<number, StoredIntent>>();
  for (const row of rows) {
    const key = clientKey({ siteId: row.site_id, clientId: row.client_id });
    const ofClient = found.get(key) ?? new Map<number, StoredIntent>();
    found.set(key, ofClient.set(row.seq, { fingerprint: row.fingerprint, outcome: row.outcome }));
  }
  return found;
}

/** Whose intent stands in the journal under an id, and what became of it. */
export interface UsedId extends StoredIntent {
  readonly memberId: string;
}

/** What the sites' journals have under these intent ids already, by `<site>/<id>` in lower case. */
export async function findUsedIds(
  client: PoolClient,
  keys: { siteIds: readonly string[]; ids: readonly string[] },
): Promise<Map<string, UsedId>> {
  const { rows } = await client.query<{
    site_id: string;
    intent_id: string;
    member_id: string;
    fingerprint: string;
    outcome: Outcome;
  }>({
    ...FIND_IDS,
    values: [keys.siteIds, keys.ids],
  });
  return new Map(
    rows.map((row) => [
      `${row.site_id}/${row.intent_id}`,
      { memberId: row.member_id, fingerprint: row.fingerprint, outcome: row.outcome },
    ]),
  );
}

/** Writes the journal: idempotency table, audit log and source of replays. */
export async function writeJournal(client: PoolClient, entries: readonly JournalEntry[]): Promise<void> {
  const rows = entries.map((entry) => ({
    site_id: entry.push.siteId,
    client_id: entry.push.clientId,
    seq: entry.wire.seq,
    intent_id: entry.intentId,
    member_id: entry.push.member.id,
    op: entry.wire.op,
    args: journaledArgs(entry.wire),
    fingerprint: `\\x${entry.fingerprint}`,
    device_time: timestamp(entry.wire.deviceTime),
    decided_at: timestamp(entry.decidedAt),
    status: entry.outcome.status,
    code: entry.outcome.code,
    outcome: JSON.stringify(entry.outcome),
  }));
  await client.query({ ...INSERT, values: [jsonRows(rows)] });
}
