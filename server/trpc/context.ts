import type { ValidSession } from '../services/auth/sessions';

/** What a procedure knows of its request. Made once a request, also for a batch. */
export interface RequestContext {
  /** Whose request it is; null when signed out. */
  readonly session: ValidSession | null;
  /** B5: signed out because the session was taken away: the device is to wipe what it holds. */
  readonly wasRevoked?: boolean | undefined;
  /** Notes for the site's log that the caller's role was not enough for this procedure or op (C10). Never throws. */
  readonly noteDenied?: ((what: string) => void) | undefined;
  /** The secret of the session cookie, to end or to check the session again. */
  readonly sessionToken: string | undefined;
  /** The client's IP address; behind TRUST_PROXY proxies what they say. */
  readonly address: string;
  readonly userAgent: string;
  /** Whether the person has proved within the last minutes who they are, also when another process noted it just now. */
  isVerified(): Promise<boolean>;
  /** A cookie of the request, by name. */
  readCookie(name: string): string | undefined;
  /** Adds a `Set-Cookie` value to the response. */
  setCookie(value: string): void;
}
