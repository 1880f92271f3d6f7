import { Dexie } from 'dexie';
import { countsAsUse, openUses, type Passage } from '#shared/domain/pass-uses';
import { takesBack } from '#shared/domain/undo';
import type { EntryScan } from '#shared/journal/entry';
import type { Pass, ScanResult } from '#shared/domain/entities';
import type { PassHistory, PassUse } from '#shared/pass/pass-verdict';
import type { DecisionRow, DeviceDatabase } from '$lib/client-db/database';
import { enqueue } from './outbox';
import { ensureJournal, enter, isNext, lastSeen, remember, signScan, type SignedScan } from './scan-journal';

/** A decision as the gate screen hands it over. */
export type Decided = Required<Omit<DecisionRow, 'counts' | 'guardName'>>;

/** Who stores a decision, and when by the device's clock (milliseconds since 1970). */
export interface Recorder {
  readonly guardName: string;
  readonly newId: () => string;
  readonly now: number;
  /** null where the page has none: then scans go without a place in the journal. */
  readonly subtle: SubtleCrypto | null;
}

/** What is to be taken back was not decided here in the last seconds: the server would refuse it. */
export class UndoLateError extends Error {
  override readonly name = 'UndoLateError';
}

/** How often a decision is signed outside the transaction before it is signed inside. */
const ATTEMPTS = 4;

/**
 * D4, X8: stores a decision, its entry in the journal and its scan.record in one transaction, flushed to the disk before it
 * resolves; only then may it be shown. Two scans of a pass may overlap, so `recheck` gets the pass's history inside the
 * transaction and returns what is stored (and returned) instead.
 *
 * The entry is signed before the transaction, which IndexedDB would end while WebCrypto works. When the journal has
 * gone on meanwhile (another tab), or `recheck` decides otherwise, nothing is stored and it is signed again. Whoever
 * has lost every time signs inside a transaction that is kept open by asking the database over and over; so it ends well
 * whatever the others do.
 * @throws UndoLateError
 */
export async function storeDecision(
  db: DeviceDatabase,
  decision: Decided,
  recorder: Recorder,
  recheck?: (history: PassHistory) => Decided,
): Promise<Decided> {
  let candidate = decision;
  for (let attempt = 1; ; attempt++) {
    const signed = await sign(db, candidate, recorder, attempt === 1);
    const settled = await db.transaction(
      'rw',
      [db.decisions, db.rows, db.outbox, db.meta, db.keys],
      async () => {
        const { passId, kind } = decision;
        const now = recheck && passId !== null ? recheck(await historyOf(db, passId, kind)) : decision;
        await checkUndo(db, now);
        const fits = signed === null || (isSame(signed.scan, scanOf(now)) && (await isNext(db, signed)));
        if (!fits && attempt < ATTEMPTS) return { stored: null, candidate: now, entered: null };
        const entered = fits ? signed : await Dexie.waitFor(sign(db, now, recorder, false));
        await put(db, now, entered, recorder);
        return { stored: now, candidate: now, entered };
      },
    );
    if (settled.entered) remember(db, settled.entered);
    if (settled.stored) return settled.stored;
    candidate = settled.candidate;
  }
}

/** `guesses`: from where this page left the journal, which saves a transaction and is looked at inside. */
async function sign(
  db: DeviceDatabase,
  decision: Decided,
  { subtle, newId, now }: Recorder,
  guesses: boolean,
): Promise<SignedScan | null> {
  if (!subtle) return null;
  const journal = (guesses ? lastSeen(db) : null) ?? (await ensureJournal(db, subtle, newId));
  return signScan(subtle, journal, { scan: scanOf(decision), deviceTime: now });
}

/** In the transaction that runs. */
async function put(
  db: DeviceDatabase,
  decision: Decided,
  signed: SignedScan | null,
  recorder: Recorder,
): Promise<void> {
  const { ctr, kind, ...args } = decision;
  if (signed) await enter(db, signed, recorder);
  const intent = { op: 'scan.record@2', args: { ...args, journal: signed?.place ?? null } } as const;
  await enqueue(db, { intent, id: recorder.newId(), deviceTime: recorder.now, expiresAt: null });
  const counts = args.direction === 'entry' && countsAsUse(args.result);
  await db.decisions.add({ ...args, kind, ctr, counts, guardName: recorder.guardName });
}

/** Said here already: an entry that the server refuses would leave a gap in the journal. */
async function checkUndo(db: DeviceDatabase, decision: Decided): Promise<void> {
  if (decision.undoes === null) return;
  const undone = await db.decisions.get(decision.undoes);
  const isAllowed =
    undone && takesBack(passageOf({ ...decision, guardName: undone.guardName }), passageOf(undone));
  if (!isAllowed) throw new UndoLateError();
}

function scanOf({ ctr: _ctr, kind: _kind, ...scan }: Decided): EntryScan {
  return scan;
}

function isSame(one: EntryScan, other: EntryScan): boolean {
  const names = Object.keys(one) as (keyof EntryScan)[];
  return names.every((name) => one[name] === other[name]);
}

/** Results of the steps before the holder's proof is verified, or that say it is bad: such a counter proves nothing. */
const withoutProof = new Set<ScanResult>([
  'malformed',
  'unknown_key',
  'forged',
  'static_copy',
  'copied',
  'override',
  'undone',
]);

/**
 * What this device knows about a pass: its own decisions and the pulled scans of all guards, each scan once. `kind` as
 * the pass says; null for what the gate's list says, and 0 when that does not know it either.
 */
export async function historyOf(
  db: DeviceDatabase,
  passId: string,
  kind: Pass['kind'] | null,
): Promise<PassHistory> {
  return db.transaction('r', db.decisions, db.rows, async () => {
    const local = await db.decisions.where('passId').equals(passId).toArray();
    const own = new Set(local.map(({ scanId }) => scanId));
    const pulled = (await db.rows.where('row.passId').equals(passId).toArray()).flatMap((stored) =>
      stored.entity === 'scan' && !own.has(stored.id) ? [{ ...stored.row, scanId: stored.id }] : [],
    );
    const counters = local.flatMap(({ ctr, result }) =>
      ctr === null || withoutProof.has(result) ? [] : [ctr],
    );
    return {
      highestCtr: counters.length > 0 ? Math.max(...counters) : null,
      uses: openUses(kind ?? (await listedKind(db, passId)), [...local, ...pulled].map(passageOf)).map(useOf),
    };
  });
}

async function listedKind(db: DeviceDatabase, passId: string): Promise<Pass['kind']> {
  const listed = await db.rows.where('[entity+id]').equals(['gate_pass', passId]).first();
  return listed?.entity === 'gate_pass' ? listed.row.kind : 0;
}

type Known = Pick<
  DecisionRow,
  'scanId' | 'scannedAt' | 'passId' | 'gate' | 'guardName' | 'result' | 'direction' | 'undoes'
>;

function passageOf(known: Known): Known & Passage {
  const { scanId, scannedAt, direction = 'entry', undoes = null } = known;
  return { ...known, id: scanId, at: scannedAt, direction, undoes };
}

function useOf({ scannedAt, gate, guardName }: Known): PassUse {
  return { at: Math.floor(scannedAt / 1000), gate, by: guardName };
}

/** Forgets decisions from before `before` (milliseconds since 1970) whose scans are not in the outbox any more. */
export function pruneDecisions(db: DeviceDatabase, before: number): Promise<number> {
  return db.transaction('rw', db.decisions, db.outbox, async () => {
    const outbox = await db.outbox.toArray();
    const waiting = new Set(outbox.flatMap((row) => ('scanId' in row.args ? [row.args.scanId] : [])));
    return db.decisions
      .filter((decision) => decision.scannedAt < before && !waiting.has(decision.scanId))
      .delete();
  });
}
