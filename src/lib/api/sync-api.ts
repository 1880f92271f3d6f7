import type { Poke, PullRequest, PullResponse } from '#shared/protocol/pull';
import type { PushRequest, PushResponse } from '#shared/protocol/push';

/**
 * Why a call came to nothing. `unreachable`: no answer, so what it asked for may have been done or not.
 * `coded`: the server said no to the call as a whole, with an ErrorCode (or one of a newer server).
 * `unreadable`: an answer that this build cannot read.
 */
export type Failure =
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'coded'; readonly code: string }
  | { readonly kind: 'unreadable' };

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export interface PokeListener {
  /** Also once at the beginning, with no scopes: the stream is connected. */
  readonly onPoke: (poke: Poke) => void;
  /** The stream is over; it does not come back by itself. */
  readonly onEnd: (failure: Failure) => void;
}

/** The server, as the sync code sees it. Never throws on account of the network. */
export interface SyncApi {
  push(request: PushRequest): Promise<Result<PushResponse>>;
  pull(request: PullRequest): Promise<Result<PullResponse>>;
  /** Listens for pokes until the returned function is called. */
  listen(listener: PokeListener): () => void;
}
