import type { Intent } from '#shared/domain/intent';
import type { State } from '#shared/domain/state';
import type { Base } from '$lib/sync/pulled-rows';
import type { OutboxView } from './views';

/** What a part of the app's state reads and wishes through. What it reads is reactive; the app hands it out once. */
export interface AppArea {
  /** The pulled rows. */
  base(): Base;
  /** As they will be when the server agrees with all that waits; null before the first pull. */
  predicted(): State | null;
  /** Not confirmed yet, or refused and not dismissed; oldest first. */
  outbox(): readonly OutboxView[];
  /** Empty when nobody is signed in. */
  memberId(): string;
  /** The server's clock in ms since 1970 as far as it is known, whole minutes: for what need not tick by the second. */
  minute(): number;
  /** The same, by the second. */
  now(): number;
  /** A new UUIDv7. */
  newId(): string;
  /**
   * K3: refuses at once what the rules are known to refuse, else queues it; resolves when it is kept and shown. `expiresAt`: when
   * it is not wanted any more, ms since 1970. Rejects with a RefusalError.
   */
  wish(intent: Intent, expiresAt: number | null): Promise<void>;
}
