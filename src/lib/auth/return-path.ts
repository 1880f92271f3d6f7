/*
 * Where a person goes on who has left to sign in, here or at another provider. Path and query of it stand in addresses that
 * servers see; a fragment may be an invitation's secret or the code of an unlock, which no server and no log is to have, so
 * it waits in this tab.
 */

const KEY = 'undercroft-return-fragment';

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Before leaving: keeps the fragment of the path, or that there is none. */
export function keepFragment(path: string, store: Store = sessionStorage): void {
  const at = path.indexOf('#');
  if (at === -1) store.removeItem(KEY);
  else store.setItem(KEY, path);
}

/** The path that an address or the server has kept, with the fragment that it was left with. */
export function withFragment(path: string, store: Store = sessionStorage): string {
  const kept = store.getItem(KEY);
  return kept !== null && kept.slice(0, kept.indexOf('#')) === path ? kept : path;
}

/** The secret of the invitation that a path leads to; undefined for another path. */
export function invitationIn(path: string): string | undefined {
  return path.startsWith('/join#') ? path.slice('/join#'.length) : undefined;
}
