/**
 * 400 days, the most a browser takes (RFC 6265bis §5.6.1). When a session ends is the server's row to say: a cookie with an end of its
 * own would have to slide with it, and the answer that carries the new end may be lost, or be a stream whose headers are sent.
 */
const MAX_AGE_SECONDS = 400 * 86_400;

/** The session cookie of an origin: how it is called, written, cleared and found. All texts are header values. */
export interface SessionCookie {
  readonly name: string;
  /** A `Set-Cookie` value that keeps the token as long as browsers keep anything. */
  issue(token: string): string;
  /** A `Set-Cookie` value that makes the browser forget the token. */
  clear(): string;
  /** The token in a request's `Cookie` header. */
  read(header: string | undefined): string | undefined;
}

/**
 * `__Host-undercroft` for an https origin: a browser takes that prefix only with Secure, Path=/ and no Domain, so that
 * no neighbouring subdomain can plant a session (RFC 6265bis §4.1.3.2). On http, where Secure cannot be, `undercroft`.
 */
export function createSessionCookie(origin: string): SessionCookie {
  const isSecure = new URL(origin).protocol === 'https:';
  const name = isSecure ? '__Host-undercroft' : 'undercroft';
  const flags = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    name,
    issue: (token) => `${name}=${token}; ${flags}; Max-Age=${MAX_AGE_SECONDS}`,
    clear: () => `${name}=; ${flags}; Max-Age=0`,
    read: (header) => findCookie(header ?? '', name),
  };
}

/** The value of a cookie in a `Cookie` header; undefined when it is not there or empty. */
export function findCookie(header: string, name: string): string | undefined {
  const prefix = `${name}=`;
  const pair = header.split(';').find((part) => part.trimStart().startsWith(prefix));
  return pair?.trim().slice(prefix.length) || undefined;
}
