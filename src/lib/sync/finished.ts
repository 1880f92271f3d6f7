import type { DeviceDatabase, FinishedRow, OutboxRow } from '$lib/client-db/database';

const DAY = 24 * 3_600_000;
/** How long applied wishes are kept (ms), and how many: a backup is seldom older, and a garage's phone is small. */
export const FINISHED_KEPT = 7 * DAY;
const MOST_KEPT = 200;

export interface Moment {
  readonly clientId: string;
  /** The last seq that the server has decided. */
  readonly lastSeq: number;
  /** Milliseconds since 1970. */
  readonly serverNow: number;
}

/**
 * Outbox rows up to `lastSeq` that are applied are in the rows now, and are kept aside for a while; those that were
 * dismissed nobody needs. Joins the transaction that runs.
 */
export async function putAside(db: DeviceDatabase, { clientId, lastSeq, serverNow }: Moment): Promise<void> {
  const done = await db.outbox
    .where('seq')
    .belowOrEqual(lastSeq)
    .filter((row) => row.status === 'applied' || row.dismissed)
    .toArray();
  if (done.length === 0) return;
  await db.outbox.bulkDelete(done.map(({ seq }) => seq));
  const applied = done.filter(({ status }) => status === 'applied');
  await db.finished.bulkPut(applied.map((row): FinishedRow => ({ ...row, clientId, finishedAt: serverNow })));
  await db.finished
    .where('finishedAt')
    .below(serverNow - FINISHED_KEPT)
    .delete();
  const tooMany = (await db.finished.count()) - MOST_KEPT;
  if (tooMany > 0) await db.finished.orderBy('finishedAt').limit(tooMany).delete();
}

/**
 * The server knows less of this client than before: it was restored from a backup. What it has forgotten and what may
 * still be done comes back into the outbox, to be sent again under the same ids. Joins the transaction that runs.
 */
export async function takeBack(db: DeviceDatabase, { clientId, lastSeq, serverNow }: Moment): Promise<void> {
  const forgotten = await db.finished
    .filter((row) => row.clientId === clientId && row.seq > lastSeq)
    .toArray();
  await db.finished.bulkDelete(forgotten.map(({ id }) => id));
  const possible = forgotten
    .map(lasting)
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > serverNow);
  await db.outbox.bulkPut(possible.map(outboxRowOf));
}

/**
 * A wish for a lease is given up after two minutes, one that was granted lasts as long as its window: what was booked on it
 * is to come back with it. The server tells wishes apart without their expiry.
 */
export function lasting<R extends Pick<OutboxRow, 'op' | 'args' | 'expiresAt'>>(row: R): R {
  return row.op === 'reservation.lease@1' && 'end' in row.args ? { ...row, expiresAt: row.args.end } : row;
}

function outboxRowOf({ clientId: _clientId, finishedAt: _finishedAt, ...row }: FinishedRow): OutboxRow {
  return row;
}
