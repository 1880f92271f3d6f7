import type { Intent } from '#shared/domain/intent';
import type { DecisionRow, Meta, OutboxRow } from '$lib/client-db/database';
import type { AppArea } from './app-area';
import type { AppParts } from './app-parts';
import type { Device } from './device';
import type { OutboxState } from './outbox-state.svelte';
import type { Refusal } from './views';

/**
 * What any area can be made of, also one that comes with its screens and not with the first load. Beside what is shown and
 * wished for, what areas need that keep something on the device themselves.
 */
export interface AppCore extends AppArea {
  /** As it is kept, the app's own housekeeping included. */
  outboxRows(): readonly OutboxRow[];
  meta(): Partial<Meta>;
  /** What was decided at the gate on this device, as it is kept. */
  decisions(): readonly DecisionRow[];
  /** base64url of the compressed point, 33 bytes; null until it is made and where there is no WebCrypto. */
  publicKey(): string | null;
  /** As `app.outbox.objectionTo`. */
  objectionTo(intent: Intent): Refusal | null;
  /** Whose database is open; throws a RefusalError when nobody is signed in. */
  device(): Device;
  /** Stores something for a person. Rejects with a RefusalError when nobody is signed in or it could not be kept. */
  keep<T>(work: (device: Device) => Promise<T>): Promise<T>;
}

/** The core over what the app is made of. */
export function coreOf({ copy, open, storage }: AppParts, outbox: OutboxState, newId: () => string): AppCore {
  return {
    base: () => copy.base,
    predicted: () => copy.predicted,
    outbox: () => outbox.wishes,
    outboxRows: () => copy.outbox,
    meta: () => copy.meta,
    decisions: () => copy.decisions,
    publicKey: () => copy.publicKey,
    memberId: () => copy.memberId,
    minute: () => copy.minute,
    now: () => copy.now,
    newId,
    wish: (intent, expiresAt) => outbox.wish(intent, expiresAt),
    objectionTo: (intent) => outbox.objectionTo(intent),
    device: () => open.signedIn(),
    keep: (work) => storage.keeping(async () => work(open.signedIn())),
  };
}
