import { createHash, webcrypto } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { ChainEntry } from '#shared/domain/state';
import { fromBase64url, toBase64url } from '#shared/pass/base64url';
import { entryBytes, verifyEntry } from '#shared/journal/entry';
import { parsePoint } from '#shared/pass/p256';
import { importVerifyKey, type KeyHandle } from '#shared/pass/web-crypto';
import type { JournalPlan, PlannedEntry } from './journal-plan';

/*
 * X8: what the entries of a batch say and whether their signatures hold. Worked out while the batch takes its locks: a
 * journal's key never changes, and verifying takes about 0.3 ms of another thread.
 */

const { subtle } = webcrypto;

const JOURNAL_KEYS = {
  name: 'arbiter-read-journal-keys',
  text: `select j.site_id, j.journal_id, j.member_id, translate(encode(j.public_key, 'base64'), E'+/=\\n', '-_') as public_key
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, journal_id)
           join scan_journals j using (site_id, journal_id)`,
};

export interface JournalKeyRow {
  site_id: string;
  journal_id: string;
  member_id: string;
  public_key: string;
}

/** An entry of the batch, as it was read. */
export interface ReadEntry {
  readonly planned: PlannedEntry;
  readonly entry: ChainEntry;
  /** Whether the signature is by the key of a journal of the one who sends it. */
  readonly genuine: boolean;
}

export interface ReadEntries {
  readonly entries: readonly ReadEntry[];
  /** By `<site>/<journal>`: whose each journal was taken to be, and its key, as stored or as it comes with the batch. */
  readonly known: ReadonlyMap<string, JournalOwner>;
}

/** Whose a journal is, and its key. */
export interface JournalOwner {
  readonly memberId: string;
  readonly publicKey: string;
}

/** Reads the keys of the journals concerned and verifies the entries of the batch. */
export async function readEntries(client: PoolClient, plan: JournalPlan): Promise<ReadEntries> {
  const { entries } = plan;
  if (entries.length === 0) return { entries: [], known: new Map() };
  const { rows } = await client.query<JournalKeyRow>({
    ...JOURNAL_KEYS,
    values: [plan.keys.siteIds, plan.keys.ids],
  });
  const keys = new Map(plan.opened.map((row) => [journalKey(row), row]));
  // What is stored counts: a second opening under the same id is refused.
  for (const row of rows) {
    const { site_id: siteId, journal_id: journalId, member_id: memberId, public_key: publicKey } = row;
    keys.set(journalKey({ siteId, journalId }), { siteId, journalId, memberId, publicKey });
  }
  const read = entries.map(async (planned): Promise<ReadEntry> => {
    const { scanId, journal } = planned.args;
    const previous = toBase64url(fromBase64url(journal.previous)!);
    const bytes = entryBytes(planned.args, { ...journal, previous });
    const hash = createHash('sha256').update(bytes).digest('base64url');
    const key = keys.get(journalKey({ siteId: planned.siteId, journalId: journal.journalId }));
    const isOwn = key?.memberId === planned.memberId;
    const { seq, deviceTime, signature } = journal;
    return {
      planned,
      entry: { scanId, seq, hash, previous, scannedAt: planned.args.scannedAt, deviceTime },
      genuine: isOwn && (await verifyEntry(subtle, await keyHandle(key.publicKey), { bytes, signature })),
    };
  });
  return { entries: await Promise.all(read), known: keys };
}

/** `<site>/<journal>`. */
export function journalKey({ siteId, journalId }: { siteId: string; journalId: string }): string {
  return `${siteId}/${journalId}`;
}

/** Reading a compressed point takes 1 ms, and a guard's device sends all day under the same one. */
const handles = new Map<string, Promise<KeyHandle>>();
const MOST_HANDLES = 500;

function keyHandle(publicKey: string): Promise<KeyHandle> {
  const known = handles.get(publicKey);
  if (known) return known;
  const point = parsePoint(Buffer.from(publicKey, 'base64url'));
  // By the op's schema, and by the database's check of its length.
  if (!point) throw new Error('the key of a stored journal is no point on P-256');
  const made = importVerifyKey(subtle, point);
  if (handles.size >= MOST_HANDLES) handles.delete(handles.keys().next().value!);
  handles.set(publicKey, made);
  return made;
}
