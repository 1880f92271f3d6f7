import type { IconName } from '$lib/components/shared/icon-paths';

export interface NavigationItem {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** Only where there is room for more than five: in the rail of a wide screen. */
  readonly wideOnly?: boolean;
}

const now = { href: '/', label: 'Now', icon: 'now' } as const;
const find = { href: '/find', label: 'Find', icon: 'find' } as const;
const slots = { href: '/slots', label: 'My slots', icon: 'slot' } as const;
const credits = { href: '/credits', label: 'Credits', icon: 'credits' } as const;
const gate = { href: '/gate', label: 'Gate', icon: 'gate' } as const;
const log = { href: '/gate/log', label: 'Log', icon: 'log' } as const;
const visitors = { href: '/visitors', label: 'Visitors', icon: 'person' } as const;
const settings = { href: '/settings', label: 'Settings', icon: 'settings' } as const;

/** What each role's thumb reaches; at most five without the wide ones. */
export const navigationItems: Readonly<Record<'resident' | 'guard' | 'manager', readonly NavigationItem[]>> =
  {
    resident: [now, find, slots, { ...visitors, wideOnly: true }, credits, settings],
    guard: [gate, visitors, log, settings],
    manager: [
      now,
      find,
      slots,
      { ...credits, wideOnly: true },
      gate,
      { ...log, wideOnly: true },
      { ...visitors, wideOnly: true },
      settings,
    ],
  };

/**
 * The item that a path belongs to: the one with the longest address that the path lies under. A reservation's pages
 * belong to "Now", from where one gets there, and the building's rules and keys to "Settings".
 */
export function currentItem(items: readonly NavigationItem[], path: string): NavigationItem | undefined {
  const under = (item: NavigationItem): boolean =>
    item.href === '/'
      ? path === '/' ||
        path === '/pass' ||
        path === '/notices' ||
        path === '/figures' ||
        path.startsWith('/reservations')
      : item.href === '/settings' &&
          (path === '/rules' ||
            path === '/keys' ||
            path === '/security' ||
            path === '/outbox' ||
            path.startsWith('/building/') ||
            path.startsWith('/people'))
        ? true
        : path === item.href || path.startsWith(`${item.href}/`);
  return items.filter(under).sort((one, other) => other.href.length - one.href.length)[0];
}
