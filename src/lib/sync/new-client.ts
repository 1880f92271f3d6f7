import { readMeta, writeMeta, type DeviceDatabase, type OutboxRow } from '$lib/client-db/database';
import { isUndecided } from './wish-status';
import { reopenFrom, sentAgain } from './push';

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
    const again = rows
      .filter((row) => isUndecided(row) || row.status === 'applied')
      .map((row, index) => ({
        ...sentAgain(row),
        seq: index + 1,
      }));
    const kept = rows.filter((row) => !isUndecided(row) && row.status !== 'applied');
    const parked = kept.map((row, index): OutboxRow => ({ ...row, seq: -1 - index }));
    await db.outbox.clear();
    await db.outbox.bulkAdd([...parked, ...again]);
    await writeMeta(db, { clientId, nextSeq: again.length + 1, lastSeq: 0, cookie: null });
  });
}

/**
 * Goes on after the last seq that the server has, when all that follows is still here and open; else under a new
 * clientId. `clientId`: the one that was found to be behind; nothing happens when another tab has mended it.
 */
export async function resume(db: DeviceDatabase, clientId: string, newId: () => string): Promise<void> {
  const fromSeq = ((await readMeta(db, 'lastSeq')) ?? 0) + 1;
  if (await canResendFrom(db, fromSeq)) await reopenFrom(db, fromSeq);
  else await becomeNewClient(db, clientId, newId());
}

/** Whether every seq from `fromSeq` on is here, and none of them was refused: a refused one must not come true later. */
async function canResendFrom(db: DeviceDatabase, fromSeq: number): Promise<boolean> {
  const rows = await db.outbox.where('seq').aboveOrEqual(fromSeq).toArray();
  const nextSeq = (await readMeta(db, 'nextSeq')) ?? 1;
  const open = rows.filter((row) => isUndecided(row) || row.status === 'applied');
  return open.length === nextSeq - fromSeq && (open.length === 0 || open[0]?.seq === fromSeq);
}
