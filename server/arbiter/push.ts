import type { Actor } from '#shared/domain/entities';
import type { ErrorCode } from '#shared/protocol/errors';
import type { Outcome, WireIntent } from '#shared/protocol/push';

/** What one device asks for in one call. Ids in canonical form; who asks was established by the caller. */
export interface Push {
  readonly siteId: string;
  /**
   * The session's member. Only its id is believed: role and name are read again under the lock. The site's own id stands
   * for the site itself; no session has it.
   */
  readonly member: Actor;
  readonly clientId: string;
  /** When who asks last proved who they are by passkey or password, ms since 1970; null never in this session. */
  readonly verifiedAt?: number | null;
  /** When the device sent it, ms since 1970 by its own clock; absent from an older build, and from the site itself. */
  readonly sentAt?: number | undefined;
  readonly intents: readonly WireIntent[];
}

/** The outcomes in the order of the intents, or why the push as a whole changed nothing. */
export type SubmitResult =
  | {
      readonly ok: true;
      /** Milliseconds since 1970. */
      readonly serverNow: number;
      /** The last seq of this client that has an outcome. */
      readonly lastSeq: number;
      readonly outcomes: readonly Outcome[];
    }
  | { readonly ok: false; readonly code: ErrorCode };

/** A push with the fingerprint of each of its intents, by position. */
export interface PreparedPush extends Push {
  readonly fingerprints: readonly string[];
}
