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
  if (['/sign-in', '/register', '/recover', '/verify-email'].includes(url.pathname)) return '/';
  return url.pathname + url.search + url.hash;
}

/**
 * The address of `screen` that leads on to `next`; a plain one for the start page. Never with the fragment of `next`, which
 * may be a secret, and servers and logs see what stands in a query: it waits in the tab (return-path).
 */
export function pathLeadingTo(screen: string, next: string): string {
  const [path = '/'] = next.split('#', 1);
  return path === '/' ? screen : `${screen}?next=${encodeURIComponent(path)}`;
}

/** The sign-in page's address that leads back to `path`, as `pathLeadingTo`. */
export function signInPath(path: string): string {
  return pathLeadingTo('/sign-in', path);
}

/** Of those that need somebody signed in, the screens that need no site. */
const accountScreens: readonly string[] = ['/account', '/unlock/approve'];
const withoutSite: readonly string[] = [...accountScreens, '/join', '/joining', '/oidc', '/platform'];

/** Whether a screen, by its route, is for every account, at a site or not. */
export function isAccountScreen(route: string): boolean {
  return accountScreens.includes(route);
}

/**
 * Where somebody goes on who is signed in without belonging to a site: `next` where it needs none, their account in the place
 * of the settings, else where one asks for a site.
 */
export function pathWithoutSite(next: string): string {
  const [path = '/'] = next.split(/[?#]/, 1);
  if (path === '/settings') return '/account';
  return withoutSite.includes(path) ? next : '/joining';
}
