import type { Pass } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import type { PassHistory } from '#shared/pass/pass-verdict';
import type { TrustedKeys } from '#shared/pass/signed-bundle';
import { storageProblemOf, withReopening, type StorageProblem } from '$lib/client-db/connection-lost';
import {
  DeviceDatabase,
  readMeta,
  writeMeta,
  type KeptList,
  type HolderKeyRow,
} from '$lib/client-db/database';
import { readOutbox, readSnapshot, watchSnapshot, type Snapshot } from '$lib/client-db/snapshot';
import type { ConnectionState } from '$lib/sync/connection';
import { makeId } from '$lib/sync/device-ids';
import {
  ensureBinding,
  ensureHolderKey,
  isUnboundPass,
  nextShowCounter,
  signWithKey,
} from '$lib/sync/holder-key';
import { dismiss, enqueue, ensureClient, unsentCount } from '$lib/sync/outbox';
import { formatCanary } from '$lib/sync/storage-guard';
import type { SyncEngine } from '$lib/sync/sync-engine';
import { isHousekeeping, isUndecided } from '$lib/sync/wish-status';
import type { DeviceRecord, Platform } from './platform';
import { RefusalError, refusalOf, refusalOfStorage } from './refusal';
import type { GateDecision } from './views';

/** A pass lives at most a day; what a guard saw of one is kept this long, in milliseconds. */
const DECISIONS_KEPT = 48 * 3_600_000;
/** A gate's page may stay open for weeks. */
const PRUNE_EVERY = 3_600_000;

export interface DeviceListener {
  /** Told of no change before it resolves; asked once the first screen stands. */
  readonly ready: () => Promise<unknown>;
  readonly onChange: (changed: Partial<Snapshot>) => void;
  readonly onConnection: (state: ConnectionState) => void;
  /** What kept a sync pass from storing something; null once one has. */
  readonly onStorage: (problem: StorageProblem | null) => void;
  /** B5: the server has taken the session away. May be told more than once. */
  readonly onRevoked: () => void;
}

/**
 * One member's database and what runs on it: the sync engine, the live queries, the canary. Opened at sign-in or at a
 * cold start, closed when somebody else signs in, wiped at sign-out.
 */
export class Device {
  readonly db: DeviceDatabase;
  readonly #platform: Platform;
  #engine: SyncEngine | null = null;
  #holderKey: Promise<HolderKeyRow> | null = null;
  readonly #stops: (() => void)[] = [];
  #closed = false;

  constructor(
    platform: Platform,
    readonly record: DeviceRecord,
  ) {
    this.#platform = platform;
    this.db = new DeviceDatabase(record.memberId, platform.dexieOptions);
  }

  /** Whether the database is the one that sign-in made: an evicted one comes back empty. */
  async hasClient(): Promise<boolean> {
    return withReopening(this.db, async () => (await readMeta(this.db, 'clientId')) !== undefined);
  }

  /** Gives a new database its clientId; one that has it keeps it. */
  async prepare(): Promise<void> {
    await this.#stored(() => ensureClient(this.db, this.newId));
  }

  readonly newId = (): string => makeId(this.#platform.clock.now(), this.#platform.fillRandom);

  read(): Promise<Snapshot> {
    return withReopening(this.db, () => readSnapshot(this.db));
  }

  readOutbox(): ReturnType<typeof readOutbox> {
    return withReopening(this.db, () => readOutbox(this.db));
  }

  /** Starts live queries, keeps the holder key bound, then loads the network code and starts to sync. */
  async run(listener: DeviceListener): Promise<void> {
    // Nothing of this is needed to draw a pass, and 1 s is all a resident at the gate waits (K7): the queries' first look
    // would stand before the proof's counter in IndexedDB's queue. What changes until then, they find.
    await this.#platform.idle();
    await listener.ready();
    if (this.#closed) return;
    let clientId: string | undefined;
    this.#stops.push(
      watchSnapshot(this.db, (changed) => {
        if (this.#closed) return;
        listener.onChange(changed);
        if (changed.outbox) this.writeCanary(changed.outbox);
        // A new clientId, also when another tab took it, needs its own binding.
        if (changed.meta && changed.meta.clientId !== clientId) {
          clientId = changed.meta.clientId;
          void this.#bind();
        } else if (changed.rows?.some(isUnboundPass)) {
          void this.#bind();
        }
      }),
      this.#platform.every(PRUNE_EVERY, () => void this.#pruneDecisions()),
    );
    await this.#pruneDecisions();
    const [server, { createSyncEngine }] = await Promise.all([
      this.#platform.connect(),
      import('$lib/sync/sync-engine'),
    ]);
    if (this.#closed) return;
    const { db, newId, record } = this;
    const { clock, build, locks, random, after, tabs = null } = this.#platform;
    const isCurrent = () => this.isCurrent();
    const own = { db, api: server.sync, newId, memberId: record.memberId, isCurrent };
    this.#engine = createSyncEngine({ ...own, clock, build, locks, random, after, tabs }, listener);
    this.#engine.start();
  }

  /** Whether this install is still this member's: another tab may have signed out or somebody else in. */
  isCurrent(): boolean {
    return !this.#closed && this.#platform.record.read()?.memberId === this.record.memberId;
  }

  /** K3: queues a wish and sends it as soon as there is a way. Rejects with a Refusal when it could not be kept. */
  async enqueue(intent: Intent, expiresAt: number | null): Promise<void> {
    this.#mustBeCurrent();
    const wish = { intent, id: this.newId(), deviceTime: this.#platform.clock.now(), expiresAt };
    await this.#stored(() => enqueue(this.db, wish));
    await this.#noteDepth();
    void this.sync();
  }

  async storeDecision(
    decision: GateDecision,
    recheck?: (history: PassHistory) => GateDecision,
  ): Promise<GateDecision> {
    this.#mustBeCurrent();
    const { storeDecision, UndoLateError } = await import('$lib/sync/gate-decisions');
    const { clock, subtle } = this.#platform;
    const recorder = { guardName: this.record.name, newId: this.newId, now: clock.now(), subtle };
    const stored = await this.#stored(() => storeDecision(this.db, decision, recorder, recheck)).catch(
      (error: unknown) => {
        throw error instanceof UndoLateError ? new RefusalError(refusalOf('undo_late')) : error;
      },
    );
    // Not awaited: the guard waits for the result, and the decision is on the disk.
    void this.#noteDepth();
    void this.sync();
    return stored;
  }

  async historyOf(passId: string, kind: Pass['kind'] | null): Promise<PassHistory> {
    const { historyOf } = await import('$lib/sync/gate-decisions');
    return withReopening(this.db, () => historyOf(this.db, passId, kind));
  }

  /** D3, K8: keeps a verified status list through restarts, unless one is kept that is as new. */
  async keepStatusList(keptList: KeptList): Promise<void> {
    await this.#stored(() =>
      this.db.transaction('rw', this.db.meta, async () => {
        // Inside the transaction: another tab may keep one at the same moment.
        const kept = await readMeta(this.db, 'keptList');
        if (kept && kept.issuedAt >= keptList.issuedAt) return;
        await writeMeta(this.db, { keptList });
      }),
    );
  }

  /**
   * D2: makes a link's secret and keeps it beside the one whose hash is `inForce`; its hash, or null on a page without
   * WebCrypto, which can make none.
   */
  async makeLink(visitorPassId: string, inForce: string | null): Promise<string | null> {
    const { subtle, fillRandom } = this.#platform;
    if (!subtle) return null;
    const { keepLink, makeLinkSecret } = await import('$lib/sync/link-secret');
    const secret = await makeLinkSecret(subtle, fillRandom);
    await this.#stored(() => keepLink(this.db, visitorPassId, { secret, inForce }));
    return secret.hash;
  }

  async linkOf(visitorPassId: string, linkHash: string): Promise<string | null> {
    const { linkOf } = await import('$lib/sync/link-secret');
    return this.#stored(() => linkOf(this.db, { visitorPassId, linkHash }));
  }

  async dismiss(seq: number): Promise<void> {
    await this.#stored(() => dismiss(this.db, seq));
  }

  unsent(): Promise<number> {
    return withReopening(this.db, () => unsentCount(this.db));
  }

  /** D3: the site's keys as this device last accepted them; null before the first. */
  readKeyPins(): Promise<TrustedKeys | null> {
    return withReopening(this.db, async () => (await readMeta(this.db, 'keyPins')) ?? null);
  }

  async writeKeyPins(keys: TrustedKeys): Promise<void> {
    this.#mustBeCurrent();
    await this.#stored(() => writeMeta(this.db, { keyPins: keys }));
  }

  nextShowCounter(): Promise<number> {
    return this.#stored(() => nextShowCounter(this.db));
  }

  async sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { subtle } = this.#platform;
    if (!subtle) throw new Error('this page has no WebCrypto: it came neither by https nor from localhost');
    return signWithKey(subtle, await this.#key(subtle), bytes);
  }

  async sync(): Promise<void> {
    await this.#engine?.sync();
  }

  signedInAgain(): void {
    this.#engine?.signedIn();
  }

  networkChanged(online: boolean): void {
    this.#engine?.networkChanged(online);
  }

  /** X4: writes the number of unsent wishes outside the database. */
  writeCanary(outbox: Snapshot['outbox']): void {
    if (!this.isCurrent()) return;
    const depth = outbox.filter((row) => isUndecided(row) && !isHousekeeping(row)).length;
    this.#platform.canary.write(formatCanary({ memberId: this.record.memberId, depth }));
  }

  /** Stops everything; the database and its queue stay. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    await this.#engine?.stop();
    this.db.close();
  }

  /** Stops everything and deletes rows, queue, decisions and key. */
  async wipe(): Promise<void> {
    await this.close();
    await this.db.delete();
  }

  /** The wish is kept already, so that this must not fail it; the live query writes the canary too. */
  async #noteDepth(): Promise<void> {
    try {
      this.writeCanary((await this.readOutbox()).outbox);
    } catch (error) {
      if (!this.#closed && storageProblemOf(error) === null) throw error;
    }
  }

  /** What is not forgotten now is at the next start; nothing that has to be sent waits for it. */
  async #pruneDecisions(): Promise<void> {
    const deviceNow = this.#platform.clock.now();
    try {
      const { pruneDecisions } = await import('$lib/sync/gate-decisions');
      await withReopening(this.db, async () => {
        // Decisions are dated by the server's clock.
        const now = deviceNow + ((await readMeta(this.db, 'serverOffset')) ?? 0);
        await pruneDecisions(this.db, now - DECISIONS_KEPT);
      });
    } catch (error) {
      if (!this.#closed && storageProblemOf(error) === null) console.error('old decisions stay', error);
    }
  }

  async #bind(): Promise<void> {
    const { subtle, clock } = this.#platform;
    if (!subtle || this.record.role === 'guard') return;
    try {
      const { publicKey } = await this.#key(subtle);
      if (await ensureBinding(this.db, publicKey, { newId: this.newId, now: clock.now() })) void this.sync();
    } catch (error) {
      // The next start tries again; until then passes are static. A closed device is no reason to cry.
      if (!this.#closed && storageProblemOf(error) === null) throw error;
    }
  }

  /** Read once: it never changes, and a live pass that is drawn at a cold start waits for it. */
  #key(subtle: SubtleCrypto): Promise<HolderKeyRow> {
    this.#holderKey ??= withReopening(this.db, () => ensureHolderKey(this.db, subtle)).catch(
      (error: unknown) => {
        this.#holderKey = null;
        throw error;
      },
    );
    return this.#holderKey;
  }

  #mustBeCurrent(): void {
    if (!this.isCurrent()) throw new RefusalError(refusalOf('signed_out'));
  }

  /** What a person waits for: a full or broken storage is said, never swallowed. */
  async #stored<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await withReopening(this.db, work);
    } catch (error) {
      throw refusalOfStorage(error);
    }
  }
}
