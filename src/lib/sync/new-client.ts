import { readMeta, writeMeta, type DeviceDatabase, type OutboxRow } from '$lib/client-db/database';
import { isUndecided } from './outbox';

/**
 * Takes a new clientId after a fork (this database and another have used the same seqs) or when the server has lost
 * seqs that are gone here. What the server has not made part of the rows is sent again under the new client, in order,
 * from seq 1, with the same ids; what is refused keeps a seq below zero. Nothing leaves the outbox.
 *
 * `formerClientId`: does nothing when another tab has taken a new one meanwhile.
 */
export function becomeNewClient(db: DeviceDatabase, formerClientId: string, clientId: string): Promise<void> {
  return db.transaction('rw', db.outbox, db.meta, async () => {
    if ((await readMeta(db, 'clientId')) !== formerClientId) return;
    const rows = await db.outbox.orderBy('seq').toArray();
    const again = rows.filter((row) => isUndecided(row) || row.status === 'applied').map(sentAgain);
    const kept = rows.filter((row) => !isUndecided(row) && row.status !== 'applied');
    const parked = kept.map((row, index): OutboxRow => ({ ...row, seq: -1 - index }));
    await db.outbox.clear();
    await db.outbox.bulkAdd([...parked, ...again]);
    await writeMeta(db, { clientId, nextSeq: again.length + 1, lastSeq: 0, cookie: null });
  });
}

function sentAgain(row: OutboxRow, index: number): OutboxRow {
  return {
    ...row,
    seq: index + 1,
    status: 'waiting',
    outcome: null,
  };
}
