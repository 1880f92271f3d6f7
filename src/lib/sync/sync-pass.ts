import { MAXIMUM_INTENTS } from '#shared/protocol/push';
import type { Result } from '$lib/api/sync-api';
import { readMeta } from '$lib/client-db/database';
import type { PassDependencies } from './dependencies';
import { dropScopes } from './leave-site';
import { becomeNewClient, resume } from './new-client';
import { pull, type Pulled } from './pull';
import { pushBatch, takeBatch, type Batch } from './push';
import { storageProblemIn, storing } from './storing';

/** More repairs than this in one pass mean that they do not help: the next pass tries again, after the back-off. */
const MAXIMUM_REPAIRS = 3;

const tooMuch = new Set<string | null>(['request_too_large', 'too_many_intents']);

/**
 * One sync pass: sends everything that waits, then fetches what changed. With `pullFirst` (after being away) a pull
 * comes before, so that nothing is sent under a session that has become someone else's meanwhile. When that pull came
 * and could only not be stored, what waits is sent all the same: on a full device it may be the last chance. A first
 * load takes many answers, and what waits is sent between any two of them.
 * Overlapping passes of several tabs do no harm: the server is idempotent and an overtaken pull is dropped.
 */
export async function syncPass(
  dependencies: PassDependencies,
  options: { pullFirst: boolean },
): Promise<Result<{ serverNow: number }>> {
  const result = await pushAndPull(dependencies, options);
  const { db } = dependencies;
  if (!result.ok && result.failure.kind === 'coded' && result.failure.code === 'no_site') {
    const dropped = await storing(db, () => dropScopes(db));
    return dropped.ok ? result : dropped;
  }
  return result;
}

async function pushAndPull(
  dependencies: PassDependencies,
  { pullFirst }: { pullFirst: boolean },
): Promise<Result<Pulled>> {
  let pulled = pullFirst ? await pullAndMend(dependencies) : null;
  if (pulled && !pulled.ok && storageProblemIn(pulled.failure) === null) return pulled;
  for (;;) {
    const pushed = await pushAll(dependencies);
    if (!pushed.ok) return pushed;
    // What could not be stored would not be stored a moment later either.
    if (pulled && (!pulled.ok || (pushed.value === 0 && !pulled.value.more))) return pulled;
    pulled = await pullAndMend(dependencies);
    if (!pulled.ok || !pulled.value.more || !dependencies.isCurrent()) return pulled;
  }
}

/**
 * A pull; then a new clientId when it shows that this one is used elsewhere too, and when the server has lost what this
 * client had sent, that again.
 */
async function pullAndMend(dependencies: PassDependencies): Promise<Result<Pulled>> {
  const { db, newId } = dependencies;
  const clientId = await readMeta(db, 'clientId');
  const pulled = await pull(dependencies);
  if (!pulled.ok || clientId === undefined) return pulled;
  if (pulled.value.forked) {
    await becomeNewClient(db, clientId, newId());
    return pull(dependencies);
  }
  if (pulled.value.forgotten) await resume(db, clientId, newId);
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
 * After a gap: goes on after the last seq the server has, when it can. After a fork: a new clientId. Pulls before, so
 * that outcomes of the former client are known first.
 */
async function realign(
  { db, newId, ...others }: PassDependencies,
  batch: Batch,
  code: 'seq_gap' | 'seq_fork',
): Promise<Result<Pulled>> {
  const pulled = await pull({ db, newId, ...others });
  if (!pulled.ok) return pulled;
  if (code === 'seq_gap' && !pulled.value.forked) await resume(db, batch.clientId, newId);
  else await becomeNewClient(db, batch.clientId, newId());
  return pulled;
}
