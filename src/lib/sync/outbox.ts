import type { Intent } from '#shared/domain/intent';
import type { Outcome } from '#shared/protocol/push';
import { readMeta, writeMeta, type DeviceDatabase, type OutboxRow } from '$lib/client-db/database';
import { isHousekeeping, isUndecided } from './wish-status';

/** An intent with what the outbox must know to send it. */
export interface Wish {
  readonly intent: Intent;
  readonly id: string;
  /** The device's own clock, milliseconds since 1970. */
  readonly deviceTime: number;
  /** After this moment, by the server's clock, it is not done any more; null never. */
  readonly expiresAt: number | null;
}

/**
 * K3: puts a wish into the outbox and returns its seq. Seq and row are written in one transaction, so that no seq is
 * ever given twice or left out, whatever tab dies where. Joins the transaction that runs, when it has these tables.
 */
export function enqueue(db: DeviceDatabase, wish: Wish): Promise<number> {
  return db.transaction('rw', db.outbox, db.meta, async () => {
    const seq = (await readMeta(db, 'nextSeq')) ?? 1;
    const row: OutboxRow = {
      ...wish.intent,
      seq,
      id: wish.id,
      deviceTime: wish.deviceTime,
      expiresAt: wish.expiresAt,
      status: 'waiting',
      outcome: null,
      dismissed: false,
    };
    await db.outbox.add(row);
    await writeMeta(db, { nextSeq: seq + 1 });
    return seq;
  });
}

/** The database's clientId; made now when there is none. One per install and member. */
export function ensureClient(db: DeviceDatabase, newId: () => string): Promise<string> {
  return db.transaction('rw', db.meta, async () => {
    const known = await readMeta(db, 'clientId');
    if (known !== undefined) return known;
    const clientId = newId();
    await writeMeta(db, { clientId, nextSeq: 1, lastSeq: 0, cookie: null });
    return clientId;
  });
}

/**
 * X2: stores what the server decided, by the intent's id: a seq alone may be another device's after a fork. Told
 * again, the first answer stays. Applied rows stay until a pull brings their effects.
 */
export function settle(db: DeviceDatabase, outcomes: readonly Outcome[]): Promise<void> {
  return db.transaction('rw', db.outbox, async () => {
    const rows = await db.outbox
      .where('id')
      .anyOf(outcomes.map(({ id }) => id))
      .toArray();
    const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
    const settled = rows.filter(isUndecided).flatMap((row): OutboxRow[] => {
      const outcome = byId.get(row.id);
      return outcome ? [{ ...row, status: outcome.status, outcome }] : [];
    });
    await db.outbox.bulkPut(settled);
  });
}

/** The person has read the refusal: the row is not needed any more. Undecided rows stay whatever is asked. */
export function dismiss(db: DeviceDatabase, seq: number): Promise<void> {
  return db.transaction('rw', db.outbox, async () => {
    const row = await db.outbox.get(seq);
    if (row && !isUndecided(row) && row.status !== 'applied')
      await db.outbox.update(seq, { dismissed: true });
  });
}

/** How many of a person's wishes the server has not decided yet. */
export async function unsentCount(db: DeviceDatabase): Promise<number> {
  return (await db.outbox.toArray()).filter((row) => isUndecided(row) && !isHousekeeping(row)).length;
}
