/**
 * Where to go after signing in: the wanted path when it stays inside this app, else `/`. Anything that could lead to
 * another origin (`//host`, `/\host`, `javascript:`, control characters that parsers drop) is not followed, nor are
 * the sign-in pages themselves.
 */
export function safeNextPath(wanted: string | null, origin: string): string {
  if (!wanted?.startsWith('/')) return '/';
  let url: URL;
  try {
    url = new URL(wanted, origin);
  } catch {
    return '/';
  }
  if (url.origin !== origin || url.pathname.startsWith('//')) return '/';
  if (url.pathname === '/sign-in' || url.pathname === '/register') return '/';
  return url.pathname + url.search + url.hash;
}

/** The sign-in page's address that leads back to `path`; a plain one for the start page. */
export function signInPath(path: string): string {
  return path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`;
}
