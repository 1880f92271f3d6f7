import { WAITING_LIFETIME } from './oidc-flows';

/** The cookie that binds an authorization to the browser that began it. All texts are header values. */
export interface BrowserCookie {
  readonly name: string;
  /** A `Set-Cookie` value that keeps the browser's secret as long as what it began may live. */
  issue(secret: string): string;
}

/**
 * SameSite=Lax, since the provider sends the person back from its own site, by GET. `__Host-` on https, as the session's: no
 * neighbouring subdomain can plant it and so make a victim's browser finish a stranger's authorization.
 */
export function createBrowserCookie(origin: string): BrowserCookie {
  const isSecure = new URL(origin).protocol === 'https:';
  const name = isSecure ? '__Host-undercroft-oidc' : 'undercroft-oidc';
  const flags = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return { name, issue: (secret) => `${name}=${secret}; ${flags}; Max-Age=${WAITING_LIFETIME / 1000}` };
}
