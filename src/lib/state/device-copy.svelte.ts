import { untrack } from 'svelte';
import type { State } from '#shared/domain/state';
import type { DecisionRow, Meta, OutboxRow } from '$lib/client-db/database';
import type { Snapshot } from '$lib/client-db/snapshot';
import type { Predictor } from '$lib/sync/predict';
import { baseOf, stateOf, type Base } from '$lib/sync/pulled-rows';
import type { DeviceRecord } from './platform';
import { loadRules, type Rules } from './rules';

const MINUTE = 60_000;

/** What this device holds of the member in use, and what it predicts of that: the outbox replayed over the pulled rows. */
export class DeviceCopy {
  #identity = $state.raw<DeviceRecord | null>(null);
  #base = $state.raw<Base>(baseOf([]));
  #rules = $state.raw<Rules | null>(null);
  #outbox = $state.raw<readonly OutboxRow[]>([]);
  #meta = $state.raw<Partial<Meta>>({});
  #decisions = $state.raw<readonly DecisionRow[]>([]);
  #publicKey = $state<string | null>(null);
  #deviceNow = $state(0);
  /** K6: by the server's clock; of this page's life alone. */
  #verifiedAt = $state<number | null>(null);

  readonly #serverOffset = $derived(this.#meta.serverOffset ?? 0);
  /** Changes once a minute: what waits may expire. */
  readonly #minute = $derived(Math.floor(this.#deviceNow / MINUTE));
  readonly #predicted = $derived.by(() => {
    // Not even asked whether the rules are here: a copy of 10,000 slots would be gone through again when they come.
    if (this.#outbox.length === 0 || !this.#rules) return stateOf(this.#base);
    // Else a copy of 10,000 slots would be gone through each minute for nothing.
    if (this.#outbox.some(({ expiresAt }) => expiresAt !== null)) void this.#minute;
    const now = untrack(() => this.now);
    // What is in the outbox was proved when it was wished for; the proof itself is of this page's life alone.
    return this.#rules.predict(this.#base, this.#outbox, { ...this.predictor(now), verifiedAt: now });
  });

  /** Who is signed in, known before the first pull. */
  get identity(): DeviceRecord | null {
    return this.#identity;
  }

  /** Empty when nobody is signed in. */
  get memberId(): string {
    return this.#identity?.memberId ?? '';
  }

  /** The pulled rows. */
  get base(): Base {
    return this.#base;
  }

  /** As they will be when the server agrees with all that waits; null before the first pull. */
  get predicted(): State | null {
    return this.#predicted;
  }

  /** Null until `learnRules` has resolved: nothing waits then. */
  get rules(): Rules | null {
    return this.#rules;
  }

  get outbox(): readonly OutboxRow[] {
    return this.#outbox;
  }

  get meta(): Partial<Meta> {
    return this.#meta;
  }

  /** Of a gate, as they are kept here. */
  get decisions(): readonly DecisionRow[] {
    return this.#decisions;
  }

  /** base64url of the holder's public key; null until it is made. */
  get publicKey(): string | null {
    return this.#publicKey;
  }

  /** The server's clock minus this device's, milliseconds; 0 before the first contact. */
  get serverOffset(): number {
    return this.#serverOffset;
  }

  /** The best estimate of the server's clock, milliseconds since 1970; ticks every second. */
  get now(): number {
    return this.#deviceNow + this.#serverOffset;
  }

  /** The same in whole minutes of this device's clock. */
  get minute(): number {
    return this.#minute * MINUTE + this.#serverOffset;
  }

  /** Who predicts at `now`, with the last proof of who sits here. */
  predictor(now: number): Predictor {
    return { clientId: this.#meta.clientId ?? '', now, verifiedAt: this.#verifiedAt };
  }

  /** Whose copy it is from now on; the rows follow by `show`. */
  identify(record: DeviceRecord | null): void {
    this.#identity = record;
  }

  /** K6: the server has made sure who sits here, at this moment of its clock. */
  noteVerified(verifiedAt: number | null): void {
    this.#verifiedAt = verifiedAt;
  }

  /** Loads what wishes are judged with, once: before one is made, and before any that waits is shown. */
  async learnRules(): Promise<Rules | null> {
    return (this.#rules ??= await loadRules());
  }

  /** Takes over what of the database has changed. */
  show(changed: Partial<Snapshot>): void {
    if (changed.rows) this.#base = baseOf(changed.rows);
    if (changed.outbox) this.#outbox = changed.outbox;
    if (changed.meta) this.#meta = changed.meta;
    if (changed.decisions) this.#decisions = changed.decisions;
    if (changed.publicKey !== undefined) this.#publicKey = changed.publicKey;
  }

  /** Nobody is signed in any more; `now` goes on by this device's clock. */
  forget(): void {
    this.#identity = null;
    this.show({ rows: [], outbox: [], meta: {}, decisions: [], publicKey: null });
    this.#verifiedAt = null;
  }

  /** What this device's clock says, milliseconds since 1970. */
  tick(deviceNow: number): void {
    this.#deviceNow = deviceNow;
  }
}
