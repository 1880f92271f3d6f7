import { MAXIMUM_INTENTS, PROTOCOL_VERSION, type PushRequest, type WireIntent } from '#shared/protocol/push';
import type { Result } from '$lib/api/sync-api';
import { readMeta, type DeviceDatabase, type OutboxRow } from '$lib/client-db/database';
import type { PassDependencies } from './dependencies';
import { lasting } from './finished';
import { orPlain } from './older-server';
import { settle } from './outbox';
import { isUndecided } from './wish-status';

/** The next intents to send, in order and without a gap, and the client they belong to. */
export interface Batch {
  readonly clientId: string;
  readonly rows: readonly OutboxRow[];
}

/**
 * Takes what is next, at most `limit`, and marks it as sent: from here on the server may have it, whatever is heard
 * back. Null when nothing waits.
 */
export function takeBatch(db: DeviceDatabase, limit = MAXIMUM_INTENTS): Promise<Batch | null> {
  return db.transaction('rw', db.outbox, db.meta, async () => {
    const clientId = await readMeta(db, 'clientId');
    const waiting = await db.outbox.where('seq').above(0).filter(isUndecided).limit(limit).toArray();
    if (clientId === undefined || waiting.length === 0) return null;
    const rows = withoutGap(waiting);
    await db.outbox.bulkPut(rows.map((row): OutboxRow => ({ ...row, status: 'sent' })));
    return { clientId, rows };
  });
}

/** The server has forgotten what it had applied from `fromSeq` on: it waits again. */
export async function reopenFrom(db: DeviceDatabase, fromSeq: number): Promise<void> {
  const rows = await db.outbox.where('seq').aboveOrEqual(fromSeq).toArray();
  await db.outbox.bulkPut(rows.map(sentAgain));
}

/** A wish as it goes out once more; one that was granted already is still wanted as long as it lasts. */
export function sentAgain(row: OutboxRow): OutboxRow {
  const wanted = row.status === 'applied' ? lasting(row) : row;
  return { ...wanted, status: 'waiting', outcome: null };
}

function withoutGap(rows: readonly OutboxRow[]): OutboxRow[] {
  const start = rows[0]?.seq ?? 0;
  return rows.filter((row, index) => row.seq === start + index);
}

/** Sends a batch and stores the outcomes, all or none. Sending the same again gives the same outcomes. */
export async function pushBatch(dependencies: PassDependencies, batch: Batch): Promise<Result<number>> {
  const { api, build, clock, memberId } = dependencies;
  const intents = batch.rows.map(wireIntent);
  const plain: PushRequest = { proto: PROTOCOL_VERSION, build, clientId: batch.clientId, intents };
  const answer = await orPlain(
    () => api.push({ ...plain, memberId, sentAt: clock.now() }),
    () =>
      orPlain(
        () => api.push({ ...plain, memberId }),
        () => api.push(plain),
      ),
  );
  if (!answer.ok) return answer;
  await settle(dependencies.db, answer.value.outcomes);
  return { ok: true, value: answer.value.serverNow };
}

function wireIntent({ seq, id, op, args, deviceTime, expiresAt }: OutboxRow): WireIntent {
  return { seq, id, op, args: { ...args }, deviceTime, expiresAt };
}
