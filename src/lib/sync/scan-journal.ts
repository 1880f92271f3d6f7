import type { JournalPlace } from '#shared/domain/entities';
import { beforeFirst, entryBytes, signEntry, type EntryScan } from '#shared/journal/entry';
import { signWith } from '#shared/pass/web-crypto';
import {
  readMeta,
  writeMeta,
  type DeviceDatabase,
  type JournalHead,
  type JournalKeyRow,
} from '$lib/client-db/database';
import { makeDeviceKey } from './device-key';
import { enqueue } from './outbox';

/** X8: this device's journal as it was read: its key, and where the chain ends. */
export interface OpenJournal {
  readonly key: JournalKeyRow;
  readonly head: JournalHead;
}

/** A scan with its place in the journal, signed; not stored yet. */
export interface SignedScan {
  readonly scan: EntryScan;
  readonly key: JournalKeyRow;
  /** The end of the chain that it follows. */
  readonly after: JournalHead;
  readonly place: JournalPlace;
  /** Of the entry: what the next one names. */
  readonly hash: string;
}

/**
 * The device's journal; begun at the first call, and anew when the browser has thrown the storage away: its key cannot be
 * brought back, so the old chain ends where it ends.
 */
export async function ensureJournal(
  db: DeviceDatabase,
  subtle: SubtleCrypto,
  newId: () => string,
): Promise<OpenJournal> {
  const known = await readJournal(db);
  if (known) return known;
  const journalId = newId();
  const key: JournalKeyRow = { name: 'journal', ...(await makeDeviceKey(subtle)), journalId };
  return db.transaction('rw', db.keys, db.meta, db.outbox, async () => {
    // Another tab may have been quicker.
    const meanwhile = await readJournal(db);
    if (meanwhile) return meanwhile;
    const head: JournalHead = { journalId, seq: 0, hash: beforeFirst };
    await db.keys.put(key);
    await writeMeta(db, { journalHead: head });
    return { key, head };
  });
}

/** null also when the server has refused to open it: then no entry of it would count. */
function readJournal(db: DeviceDatabase): Promise<OpenJournal | null> {
  return db.transaction('r', db.keys, db.meta, db.outbox, async () => {
    const [key, head] = await Promise.all([db.keys.get('journal'), readMeta(db, 'journalHead')]);
    if (key?.name !== 'journal' || head?.journalId !== key.journalId) return null;
    const isRefused = await db.outbox
      .filter(
        (row) =>
          row.op === 'journal.open@1' && row.args.journalId === key.journalId && row.status === 'refused',
      )
      .count();
    return isRefused > 0 ? null : { key, head };
  });
}

/** Signs a scan as the journal's next entry. `deviceTime` by the device's own clock, milliseconds since 1970. */
export async function signScan(
  subtle: SubtleCrypto,
  { key, head }: OpenJournal,
  { scan, deviceTime }: { scan: EntryScan; deviceTime: number },
): Promise<SignedScan> {
  const place = { journalId: key.journalId, seq: head.seq + 1, previous: head.hash, deviceTime };
  const sign = signWith(subtle, key.pair.privateKey);
  const { hash, signature } = await signEntry(subtle, sign, entryBytes(scan, place));
  return { scan, key, after: head, place: { ...place, signature }, hash };
}

const seen = new WeakMap<DeviceDatabase, OpenJournal>();

/** The journal as this page left it; null before its first scan. Another tab may have gone on with it. */
export function lastSeen(db: DeviceDatabase): OpenJournal | null {
  return seen.get(db) ?? null;
}

/** Notes that this entry has been stored. */
export function remember(db: DeviceDatabase, { key, place, hash }: SignedScan): void {
  seen.set(db, { key, head: { journalId: key.journalId, seq: place.seq, hash } });
}

/**
 * Whether the journal still ends where this entry goes on, and the server has not refused to open it meanwhile: then this
 * page forgets it. Joins the transaction that runs.
 */
export async function isNext(db: DeviceDatabase, { after }: SignedScan): Promise<boolean> {
  const [head, opening] = await Promise.all([readMeta(db, 'journalHead'), readMeta(db, 'journalOpening')]);
  // By its id, which is indexed: a guard without signal has thousands of scans in the outbox.
  const opened = opening === undefined ? undefined : await db.outbox.get({ id: opening });
  if (
    opened?.status === 'refused' &&
    opened.op === 'journal.open@1' &&
    opened.args.journalId === after.journalId
  ) {
    seen.delete(db);
    return false;
  }
  return head?.journalId === after.journalId && head.seq === after.seq && head.hash === after.hash;
}

/**
 * Makes the entry the journal's end; before the first one of each clientId the server is told of the journal. Joins the
 * transaction that stores the scan, before its intent is queued.
 */
export async function enter(
  db: DeviceDatabase,
  { key, place, hash }: SignedScan,
  { newId, now }: { newId: () => string; now: number },
): Promise<void> {
  const { journalId, publicKey } = key;
  const openedBy = `${String(await readMeta(db, 'clientId'))}:${journalId}`;
  if ((await readMeta(db, 'journalOpenedBy')) !== openedBy) {
    // A new clientId follows a fork or a restored server, which may have forgotten; told again nothing changes there.
    const intent = { op: 'journal.open@1', args: { journalId, publicKey } } as const;
    const id = newId();
    await enqueue(db, { intent, id, deviceTime: now, expiresAt: null });
    await writeMeta(db, { journalOpening: id });
  }
  await writeMeta(db, { journalOpenedBy: openedBy, journalHead: { journalId, seq: place.seq, hash } });
}
