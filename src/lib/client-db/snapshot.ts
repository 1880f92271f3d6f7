import { liveQuery } from 'dexie';
import { isConnectionLost } from './connection-lost';
import {
  readMeta,
  type DecisionRow,
  type DeviceDatabase,
  type Meta,
  type MetaRow,
  type OutboxRow,
  type StoredRow,
} from './database';

/** All that screens are made of. */
export interface Snapshot {
  readonly rows: readonly StoredRow[];
  readonly outbox: readonly OutboxRow[];
  readonly meta: Readonly<Partial<Meta>>;
  readonly decisions: readonly DecisionRow[];
  /** base64url of the holder's public key. */
  readonly publicKey: string | null;
}

/** K7: everything in one transaction, for the first paint of a cold start. */
export function readSnapshot(db: DeviceDatabase): Promise<Snapshot> {
  return db.transaction('r', [db.rows, db.outbox, db.meta, db.decisions, db.keys], async () => {
    const [rows, outbox, meta, decisions, key] = await Promise.all([
      db.rows.toArray(),
      db.outbox.toArray(),
      db.meta.toArray(),
      db.decisions.toArray(),
      db.keys.get('holder'),
    ]);
    return { rows, outbox, meta: metaOf(meta), decisions, publicKey: key?.publicKey ?? null };
  });
}

/**
 * Tells about every change, from any tab, one call a transaction and table however many rows it wrote. Rows are read
 * again only when a pull was applied. The returned function ends it.
 */
export function watchSnapshot(
  db: DeviceDatabase,
  onChange: (changed: Partial<Snapshot>) => void,
): () => void {
  let rowsAsOf = 0;
  let held: WithAsOf<'outbox'> | null = null;
  const onRows = ({ rows, asOf }: WithAsOf<'rows'>): void => {
    rowsAsOf = asOf;
    onChange(held && held.asOf <= asOf ? { rows, outbox: held.outbox } : { rows });
    held = null;
  };
  // An outbox that a pull has emptied waits for the rows of that pull: else what was confirmed would vanish in between.
  const onOutbox = (read: WithAsOf<'outbox'>): void => {
    held = read.asOf > rowsAsOf ? read : null;
    if (!held) onChange({ outbox: read.outbox });
  };
  const stops = [
    watch(db, () => readRows(db), onRows),
    watch(db, () => readOutbox(db), onOutbox),
    watch(
      db,
      () => db.meta.toArray(),
      (meta) => onChange({ meta: metaOf(meta) }),
    ),
    watch(
      db,
      () => db.decisions.toArray(),
      (decisions) => onChange({ decisions }),
    ),
    watch(
      db,
      () => db.keys.get('holder'),
      (key) => onChange({ publicKey: key?.publicKey ?? null }),
    ),
  ];
  return () => stops.forEach((stop) => stop());
}

/** One part of a snapshot, with the server time of the last pull that is in it; 0 before the first. */
type WithAsOf<K extends 'rows' | 'outbox'> = Pick<Snapshot, K> & { readonly asOf: number };

function readRows(db: DeviceDatabase): Promise<WithAsOf<'rows'>> {
  return db.transaction('r', db.rows, db.meta, async () => {
    return { asOf: (await readMeta(db, 'asOf')) ?? 0, rows: await db.rows.toArray() };
  });
}

/** The outbox, and which pull it goes with. */
export function readOutbox(db: DeviceDatabase): Promise<WithAsOf<'outbox'>> {
  return db.transaction('r', db.outbox, db.meta, async () => {
    return { asOf: (await readMeta(db, 'asOf')) ?? 0, outbox: await db.outbox.toArray() };
  });
}

function watch<T>(db: DeviceDatabase, query: () => Promise<T>, onValue: (value: T) => void): () => void {
  let stopped = false;
  let subscription = subscribe();
  function subscribe(): { unsubscribe(): void } {
    return liveQuery(query).subscribe({ next: onValue, error: (error: unknown) => void reopen(error) });
  }
  async function reopen(error: unknown): Promise<void> {
    if (stopped) return;
    // A live query ends with its first error. Anything but a lost connection is a bug and shall be seen.
    if (!isConnectionLost(error)) throw error;
    await db.open();
    if (!stopped) subscription = subscribe();
  }
  return () => {
    stopped = true;
    subscription.unsubscribe();
  };
}

function metaOf(rows: readonly MetaRow[]): Partial<Meta> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
