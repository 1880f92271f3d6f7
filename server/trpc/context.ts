import type { ValidSession } from '../services/auth/sessions';

/** What a procedure knows of its request. Made once a request, also for a batch. */
export interface RequestContext {
  /** Whose request it is; null when signed out. */
  readonly session: ValidSession | null;
  /** The secret of the session cookie, to end or to check the session again. */
  readonly sessionToken: string | undefined;
  /** The client's IP address; behind TRUST_PROXY proxies what they say. */
  readonly address: string;
  readonly userAgent: string;
  /** Adds a `Set-Cookie` value to the response. */
  setCookie(value: string): void;
}
