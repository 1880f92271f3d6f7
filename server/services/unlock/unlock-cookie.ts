import { UNLOCK_LASTS } from '#shared/protocol/unlock';
import { findCookie } from '../auth/session-cookie';

const SECRET = /^[\w-]{43}$/;
/** Seconds: a little longer than the request, so that its end is the server's to say. */
const MAX_AGE = UNLOCK_LASTS / 1000 + 60;

/** The cookie that binds a request to the browser that asks. */
export interface UnlockCookie {
  readonly name: string;
  issue(secret: string): string;
  clear(): string;
  /** The secret in a `Cookie` header; undefined for what cannot be one. */
  read(header: string): string | undefined;
}

/** As the session's cookie: `__Host-` on https, so that no neighbouring subdomain can plant a secret that it knows. */
export function createUnlockCookie(origin: string): UnlockCookie {
  const isSecure = new URL(origin).protocol === 'https:';
  const name = isSecure ? '__Host-undercroft-unlock' : 'undercroft-unlock';
  const flags = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return {
    name,
    issue: (secret) => `${name}=${secret}; ${flags}; Max-Age=${MAX_AGE}`,
    clear: () => `${name}=; ${flags}; Max-Age=0`,
    read: (header) => {
      const value = findCookie(header, name);
      return value !== undefined && SECRET.test(value) ? value : undefined;
    },
  };
}
