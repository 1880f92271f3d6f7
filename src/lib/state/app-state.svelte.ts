import type { SitePolicy } from '#shared/domain/policy';
import type { Row } from '#shared/protocol/rows';
import { storageProblemOf } from '$lib/client-db/connection-lost';
import { makeId } from '$lib/sync/device-ids';
import { coreOf, type AppCore } from './app-core';
import type { AppParts } from './app-parts';
import { browserPlatform } from './browser-platform';
import { CreditState } from './credit-state.svelte';
import { DeviceCopy } from './device-copy.svelte';
import { EvictionState } from './eviction-state.svelte';
import { LendingState } from './lending-state.svelte';
import { NoticeState } from './notice-state.svelte';
import { OpenDevice } from './open-device.svelte';
import { OutboxState } from './outbox-state.svelte';
import { PassState } from './pass-state.svelte';
import type { Platform } from './platform';
import { ReservationState } from './reservation-state.svelte';
import { RevocationState } from './revocation-state.svelte';
import { SessionState } from './session-state.svelte';
import { SlotState } from './slot-state.svelte';
import { followRecord, openRecorded } from './start-device';
import { StorageState } from './storage-state.svelte';
import { SyncState } from './sync-state.svelte';
import { Turns } from './turns';
import type { StorageView } from './views';
import { VisitorState } from './visitor-state.svelte';
import { WaitlistState } from './waitlist-state.svelte';

const SECOND = 1000;

/**
 * What screens read and ask for: the one way from a screen to the device's database and the network. Everything shown
 * comes from IndexedDB, the outbox replayed over the pulled rows; a screen never waits for the network.
 * Every action that wants something rejects with a RefusalError when the answer is known to be no, or when it could not
 * be kept; resolved means kept, not confirmed.
 * Here is what the start screen needs. What only some screens need they import themselves (`personState`, `gateState`, …),
 * made of `core`, so that it does not come with the first load: nothing that this file imports may import such an area.
 */
export class App {
  readonly #parts: AppParts;
  #started: Promise<void> | null = null;
  readonly #stops: (() => void)[] = [];

  /** What further areas are made of. */
  readonly core: AppCore;
  /** Who is signed in, and at which site. */
  readonly session: SessionState;
  /** B5: in the phase `revoked`. */
  readonly revocation: RevocationState;
  /** X4: in the phase `evicted`. */
  readonly eviction: EvictionState;
  readonly storage: StorageView;
  readonly sync: SyncState;
  /** K3: what was wished for. */
  readonly outbox: OutboxState;
  readonly slots: SlotState;
  /** A4: the member's own. */
  readonly reservations: ReservationState;
  /** X1: the member's own. */
  readonly passes: PassState;
  /** D2: visitors of the member. */
  readonly visitors: VisitorState;
  /** B7: the member's account. */
  readonly credits: CreditState;
  /** C1: own slots, claims and weekly rules; for managers everybody's. */
  readonly lending: LendingState;
  /** E8: waiting in line. */
  readonly waitlist: WaitlistState;
  /** B4: being told. */
  readonly notices: NoticeState;

  constructor(platform: Platform) {
    const copy = new DeviceCopy();
    const storage = new StorageState(platform);
    const below = { platform, copy, storage };
    const open = new OpenDevice(below, (device) => void this.revocation.follow(device));
    this.#parts = { ...below, open, turns: new Turns() };
    this.storage = storage;
    this.sync = new SyncState(copy, open);
    this.outbox = new OutboxState(this.#parts);
    this.session = new SessionState(this.#parts);
    this.revocation = new RevocationState(this.#parts, this.outbox);
    this.eviction = new EvictionState(open, this.session);
    this.core = coreOf(this.#parts, this.outbox, () => makeId(platform.clock.now(), platform.fillRandom));
    this.slots = new SlotState(this.core);
    this.reservations = new ReservationState(this.core);
    this.passes = new PassState(this.core);
    this.visitors = new VisitorState(this.core);
    this.credits = new CreditState(this.core);
    this.lending = new LendingState(this.core);
    this.waitlist = new WaitlistState(this.core);
    this.notices = new NoticeState(this.core);
  }

  /** The best estimate of the server's clock, milliseconds since 1970; ticks every second. */
  get now(): number {
    return this.#parts.copy.now;
  }

  get site(): Row<'site'> | null {
    return this.#parts.copy.base.site[0] ?? null;
  }

  /** C3: the site's rules, predicted: as they are once what waits is confirmed. Null before the first pull. */
  get policy(): SitePolicy | null {
    return this.#parts.copy.predicted?.site.policy ?? null;
  }

  get member(): Row<'member'> | null {
    return this.#parts.copy.base.member[0] ?? null;
  }

  /**
   * K2, K7: opens the database of who was signed in last and fills the state from it in one read; resolves before any
   * network. Never rejects: a storage that cannot be opened is the phase `storage_failed`, and the next call tries
   * again. Otherwise calls after the first return the first's promise.
   */
  start(): Promise<void> {
    const { session, eviction } = this;
    this.#started ??= this.#parts.turns.take(() =>
      this.#opening(async () => {
        this.#tick();
        if (this.#stops.length === 0) this.#watch();
        await openRecorded({ ...this.#parts, session, eviction });
      }),
    );
    return this.#started;
  }

  /** Ends timers, listeners and the network and closes the database; for tests. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#parts.turns.take(() => this.#parts.open.leave());
  }

  #watch(): void {
    const { platform, open, turns } = this.#parts;
    this.#stops.push(
      platform.every(SECOND, () => this.#tick()),
      platform.watch({
        onFocus: () => void this.sync.run(),
        onNetwork: (online) => open.device?.networkChanged(online),
        onRecordChanged: () => void turns.take(() => this.#opening(() => followRecord(this.#parts))),
      }),
    );
  }

  /** Runs what opens a database. Whatever goes wrong then is shown, with a way to try again, never waited for. */
  async #opening(work: () => Promise<void>): Promise<void> {
    const { open, storage } = this.#parts;
    if (open.phase === 'storage_failed') open.become('loading');
    try {
      await work();
      storage.noteOpening(null);
    } catch (error) {
      const problem = storageProblemOf(error);
      if (problem === null) console.error('the app did not start', error);
      storage.noteOpening(problem ?? 'storage_failed');
      open.become('storage_failed');
      this.#started = null;
    }
  }

  #tick(): void {
    this.#parts.copy.tick(this.#parts.platform.clock.now());
  }
}

// Beside the first screen's own code, not after it (K7): who is recorded has a database to open.
if (browserPlatform.record.read()) void import('./device').catch(() => null);

/** The app of this browser. */
export const app = new App(browserPlatform);
