import { MAXIMUM_INTENTS } from '#shared/protocol/push';
import type { Result } from '$lib/api/sync-api';
import { readMeta, type DeviceDatabase } from '$lib/client-db/database';
import type { PassDependencies } from './dependencies';
import { becomeNewClient } from './new-client';
import { isUndecided } from './outbox';
import { pull, type Pulled } from './pull';
import { pushBatch, reopenFrom, takeBatch, type Batch } from './push';
import { storageProblemIn } from './storing';

/** More repairs than this in one pass mean that they do not help: the next pass tries again, after the back-off. */
const MAXIMUM_REPAIRS = 3;

const tooMuch = new Set<string | null>(['request_too_large', 'too_many_intents']);

/**
 * One sync pass: sends everything that waits, then fetches what changed. With `pullFirst` (after being away) a pull
 * comes before, so that nothing is sent under a session that has become someone else's meanwhile. When that pull came
 * and could only not be stored, what waits is sent all the same: on a full device it may be the last chance.
 * Overlapping passes of several tabs do no harm: the server is idempotent and an overtaken pull is dropped.
 */
export async function syncPass(
  dependencies: PassDependencies,
  { pullFirst }: { pullFirst: boolean },
): Promise<Result<{ serverNow: number }>> {
  let first: Result<Pulled> | null = null;
  if (pullFirst) {
    first = await pullAndMend(dependencies);
    if (!first.ok && storageProblemIn(first.failure) === null) return first;
  }
  const pushed = await pushAll(dependencies);
  if (!pushed.ok) return pushed;
  // What could not be stored would not be stored a moment later either.
  if (first && (pushed.value === 0 || !first.ok)) return first;
  return pullAndMend(dependencies);
}

/** A pull, and a new clientId when it shows that this one is used elsewhere too. */
async function pullAndMend(dependencies: PassDependencies): Promise<Result<Pulled>> {
  const clientId = await readMeta(dependencies.db, 'clientId');
  const pulled = await pull(dependencies);
  if (pulled.ok && pulled.value.forked && clientId !== undefined) {
    await becomeNewClient(dependencies.db, clientId, dependencies.newId());
    return pull(dependencies);
  }
  return pulled;
}

/** Sends batch after batch; the number of batches that went through. */
async function pushAll(dependencies: PassDependencies): Promise<Result<number>> {
  let limit = MAXIMUM_INTENTS;
  let [sent, repairs] = [0, 0];
  for (;;) {
    const batch = dependencies.isCurrent() ? await takeBatch(dependencies.db, limit) : null;
    if (!batch) return { ok: true, value: sent };
    const pushed = await pushBatch(dependencies, batch);
    if (pushed.ok) {
      sent++;
      continue;
    }
    const code = pushed.failure.kind === 'coded' ? pushed.failure.code : null;
    if (tooMuch.has(code) && batch.rows.length > 1) {
      limit = Math.floor(batch.rows.length / 2);
    } else if ((code === 'seq_gap' || code === 'seq_fork') && repairs++ < MAXIMUM_REPAIRS) {
      const repaired = await realign(dependencies, batch, code);
      if (!repaired.ok) return repaired;
    } else {
      return pushed;
    }
  }
}

/**
 * After a gap: goes on after the last seq the server has, when all of that is still here and open. After a fork, or
 * when it is not: a new clientId. Pulls before, so that outcomes of the former client are known first.
 */
async function realign(
  dependencies: PassDependencies,
  batch: Batch,
  code: 'seq_gap' | 'seq_fork',
): Promise<Result<Pulled>> {
  const { db, newId } = dependencies;
  const pulled = await pull(dependencies);
  if (!pulled.ok) return pulled;
  const fromSeq = ((await readMeta(db, 'lastSeq')) ?? 0) + 1;
  if (code === 'seq_gap' && !pulled.value.forked && (await canResendFrom(db, fromSeq))) {
    await reopenFrom(db, fromSeq);
  } else {
    await becomeNewClient(db, batch.clientId, newId());
  }
  return pulled;
}

/** Whether every seq from `fromSeq` on is here, and none of them was refused: a refused one must not come true later. */
async function canResendFrom(db: DeviceDatabase, fromSeq: number): Promise<boolean> {
  const rows = await db.outbox.where('seq').aboveOrEqual(fromSeq).toArray();
  const nextSeq = (await readMeta(db, 'nextSeq')) ?? 1;
  const open = rows.filter((row) => isUndecided(row) || row.status === 'applied');
  return open.length === nextSeq - fromSeq && open[0]?.seq === fromSeq;
}
