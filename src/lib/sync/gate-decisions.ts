import { countsAsUse } from '#shared/domain/pass-uses';
import type { ScanResult } from '#shared/domain/entities';
import type { PassHistory, PassUse } from '#shared/pass/pass-verdict';
import type { DecisionRow, DeviceDatabase } from '$lib/client-db/database';
import { enqueue } from './outbox';

type Decided = Omit<DecisionRow, 'counts' | 'guardName'>;

/** Who stores a decision, and when by the device's clock (milliseconds since 1970). */
export interface Recorder {
  readonly guardName: string;
  readonly newId: () => string;
  readonly now: number;
}

/**
 * D4: stores a decision and queues its scan.record in one transaction, flushed to the disk before it resolves; only
 * then may it be shown. Two scans of a pass may overlap, so `recheck` gets the pass's history inside the transaction and
 * returns what is stored (and returned) instead.
 */
export function storeDecision(
  db: DeviceDatabase,
  decision: Decided,
  recorder: Recorder,
  recheck?: (history: PassHistory) => Decided,
): Promise<Decided> {
  return db.transaction('rw', [db.decisions, db.rows, db.outbox, db.meta], async () => {
    const stored =
      recheck && decision.passId !== null ? recheck(await historyOf(db, decision.passId)) : decision;
    const { scanId, passId, gate, scannedAt, result, reason, code, ctr } = stored;
    const args = { scanId, passId, gate, scannedAt, result, reason, code };
    const intent = { op: 'scan.record@1', args } as const;
    await enqueue(db, { intent, id: recorder.newId(), deviceTime: recorder.now, expiresAt: null });
    await db.decisions.add({ ...args, ctr, counts: countsAsUse(result), guardName: recorder.guardName });
    return stored;
  });
}

/** Results of the steps before the holder's proof is verified, or that say it is bad: such a counter proves nothing. */
const withoutProof = new Set<ScanResult>([
  'malformed',
  'unknown_key',
  'forged',
  'static_copy',
  'copied',
  'override',
]);

/** What this device knows about a pass: its own decisions and the pulled scans of all guards, each scan once. */
export async function historyOf(db: DeviceDatabase, passId: string): Promise<PassHistory> {
  return db.transaction('r', db.decisions, db.rows, async () => {
    const local = await db.decisions.where('passId').equals(passId).toArray();
    const own = new Set(local.map(({ scanId }) => scanId));
    const pulled = (await db.rows.where('row.passId').equals(passId).toArray()).flatMap((stored) =>
      stored.entity === 'scan' && !own.has(stored.id) ? [stored.row] : [],
    );
    const counters = local.flatMap(({ ctr, result }) =>
      ctr === null || withoutProof.has(result) ? [] : [ctr],
    );
    return {
      highestCtr: counters.length > 0 ? Math.max(...counters) : null,
      uses: [...local, ...pulled].filter(({ counts }) => counts).map(useOf),
    };
  });
}

function useOf({
  scannedAt,
  gate,
  guardName,
}: Pick<DecisionRow, 'scannedAt' | 'gate' | 'guardName'>): PassUse {
  return { at: Math.floor(scannedAt / 1000), gate, by: guardName };
}

/** Forgets decisions from before `before` (milliseconds since 1970) whose scans are not in the outbox any more. */
export function pruneDecisions(db: DeviceDatabase, before: number): Promise<number> {
  return db.transaction('rw', db.decisions, db.outbox, async () => {
    const outbox = await db.outbox.toArray();
    const waiting = new Set(outbox.flatMap((row) => (row.op === 'scan.record@1' ? [row.args.scanId] : [])));
    return db.decisions
      .filter((decision) => decision.scannedAt < before && !waiting.has(decision.scanId))
      .delete();
  });
}
