import type { Snapshot } from '$lib/client-db/snapshot';
import type { ConnectionState } from '$lib/sync/connection';
import type { AppParts } from './app-parts';
import type { Device } from './device';
import { deviceOf } from './device-of';
import { noteElsewhere } from './members-elsewhere';
import type { DeviceRecord } from './platform';
import { RefusalError, refusalOf } from './refusal';
import type { Phase } from './views';

/** Whose database is open, one at a time, or why none is. */
export class OpenDevice {
  readonly #parts: Omit<AppParts, 'open' | 'turns'>;
  readonly #onRevoked: (device: Device) => void;
  #device: Device | null = null;
  #phase = $state<Phase>('loading');
  #connection = $state<ConnectionState>('connecting');

  /** `onRevoked`: the server has taken the session of the open one away (B5). May be told more than once. */
  constructor(parts: Omit<AppParts, 'open' | 'turns'>, onRevoked: (device: Device) => void) {
    this.#parts = parts;
    this.#onRevoked = onRevoked;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  /** Not reactive. */
  get device(): Device | null {
    return this.#device;
  }

  /** Throws a RefusalError when nobody is signed in. */
  signedIn(): Device {
    if (!this.#device) throw new RefusalError(refusalOf('signed_out'));
    return this.#device;
  }

  /** Where no database is open, or one is about to be. */
  become(phase: Exclude<Phase, 'signed_in'>): void {
    this.#phase = phase;
  }

  /** Makes and reads the database before anything else changes: a full device stays with whom it has. */
  async signInAs(record: DeviceRecord): Promise<void> {
    const device = await deviceOf(this.#parts.platform, record);
    const snapshot = await orClose(device, () =>
      this.#parts.storage.keeping(async () => {
        await device.prepare();
        const read = await this.#read(device);
        // Only now: a note of a member who has no database would be taken for an eviction at the next start.
        await this.note(record);
        return read;
      }),
    );
    device.writeCanary(snapshot.outbox);
    await this.leave();
    this.#enter(device, snapshot);
  }

  /** Notes outside the database who is signed in. Rejects with what the browser throws when it cannot be kept. */
  // Async, so that what the browser throws comes out where refusals are made of it.
  async note(record: DeviceRecord): Promise<void> {
    const { platform } = this.#parts;
    platform.signOutPending.write(null);
    noteElsewhere(platform, record);
    platform.record.write(record);
  }

  forgetNotes(): void {
    this.#parts.platform.record.write(null);
    this.#parts.platform.canary.write(null);
  }

  /** Goes on with a member whom a sign-in before has noted. */
  async enterAgain(device: Device): Promise<void> {
    this.#enter(device, await orClose(device, () => this.#read(device)));
    void this.#parts.storage.lookWhetherPersisted();
  }

  /** Closes the database; it and its queue stay. The phase is the caller's to say. */
  async leave(): Promise<void> {
    const device = this.#device;
    this.#device = null;
    await device?.close();
    this.#parts.copy.forget();
    this.#connection = 'connecting';
    this.#parts.storage.noteSync(null);
  }

  /** With the rules where something waits: it is never shown as if it did not. */
  async #read(device: Device): Promise<Snapshot> {
    const snapshot = await device.read();
    if (snapshot.outbox.length > 0) await this.#parts.copy.learnRules();
    return snapshot;
  }

  #enter(device: Device, snapshot: Snapshot): void {
    const { copy, storage } = this.#parts;
    this.#device = device;
    copy.identify(device.record);
    copy.show(snapshot);
    this.#phase = 'signed_in';
    void device.run({
      ready: () => copy.learnRules(),
      onChange: (changed) => {
        if (device === this.#device) copy.show(changed);
      },
      onConnection: (state) => {
        if (device === this.#device) this.#connection = state;
      },
      onStorage: (problem) => {
        if (device === this.#device) storage.noteSync(problem);
      },
      onRevoked: () => this.#onRevoked(device),
    });
  }
}

/** Leaves nothing open when `work` on a device that nobody has entered yet fails. */
export async function orClose<T>(device: Device, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await device.close();
    throw error;
  }
}
