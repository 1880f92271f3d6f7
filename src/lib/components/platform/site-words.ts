import type { SiteView } from '$lib/auth/installation';

const number = new Intl.NumberFormat('en-GB');
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

const doors: Readonly<Record<SiteView['registration'], string>> = {
  open: 'open to all',
  request: 'by request',
  invited: 'by invitation',
};

/** `12 residents, 1 guard, 2 managers · 30 slots`. */
export function peopleWords(site: SiteView): string {
  const people = [
    counted(site.residents, 'resident'),
    counted(site.guards, 'guard'),
    counted(site.managers, 'manager'),
  ].join(', ');
  return `${people} · ${counted(site.slots, 'slot')}`;
}

/** `40 reservations, 12 scans in 30 days · by invitation · since 3 Mar 2026`. */
export function useWords(site: SiteView): string {
  const use = `${counted(site.reservations, 'reservation')}, ${counted(site.scans, 'scan')} in 30 days`;
  return `${use} · ${doors[site.registration]} · since ${day.format(site.createdAt)}`;
}

/** What is to be done about a site that nobody manages; null where there is a manager. */
export function managerWords(site: SiteView): string | null {
  if (site.managers > 0) return null;
  return site.managerInvitedUntil === null
    ? 'Nobody manages this site, and nobody is invited to.'
    : `Its manager is invited until ${day.format(site.managerInvitedUntil)}.`;
}

function counted(count: number, thing: string): string {
  return `${number.format(count)} ${thing}${count === 1 ? '' : 's'}`;
}
