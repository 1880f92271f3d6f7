import type { Loading } from '#shared/protocol/pull';
import type { ConnectionState } from '$lib/sync/connection';
import type { DeviceCopy } from './device-copy.svelte';
import type { OpenDevice } from './open-device.svelte';

/** How far the copy on this device is what the server has, and how the two stand with each other. */
export class SyncState {
  readonly #copy: DeviceCopy;
  readonly #open: OpenDevice;

  constructor(copy: DeviceCopy, open: OpenDevice) {
    this.#copy = copy;
    this.#open = open;
  }

  get connection(): ConnectionState {
    return this.#open.connection;
  }

  /** Whether a complete pull was ever applied here. */
  get loaded(): boolean {
    return this.#copy.meta.asOf !== undefined;
  }

  /** How far a load in several answers has come; null when the rows are complete, or nothing has come yet. */
  get loading(): Loading | null {
    return this.#copy.meta.loading ?? null;
  }

  /** Whether all of a scope is here: complete at the last contact, or already sent in a first load that goes on. */
  has(kind: 'site' | 'member' | 'gate' | 'desk'): boolean {
    if (this.loaded) return true;
    return this.loading !== null && !this.loading.scopes.some((scope) => scope.startsWith(`${kind}:`));
  }

  /** Server time of the last pull, milliseconds since 1970. */
  get asOf(): number | null {
    return this.#copy.meta.asOf ?? null;
  }

  /** Server's clock minus this device's at the last contact, milliseconds; null before the first. */
  get serverOffset(): number | null {
    return this.#copy.meta.serverOffset ?? null;
  }

  /** What the server knows this device by. */
  get clientId(): string | null {
    return this.#copy.meta.clientId ?? null;
  }

  /** Resolves when a pass that began after the call is over, whatever came of it; see `connection`. */
  async run(): Promise<void> {
    await this.#open.device?.sync();
  }
}
