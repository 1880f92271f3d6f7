import { isActive } from '#shared/domain/entities';
import { rowsOf, type NetChanges } from './net-changes';

/**
 * E8: the sites where by these changes a slot may have got free for who waits, or somebody waits or can pay now. A new reservation
 * alone frees nothing.
 */
export function freedSites(
  nets: ReadonlyMap<string, NetChanges>,
  isStored: (table: string, siteId: string, id: string) => boolean,
): Set<string> {
  const sites = new Set<string>();
  for (const [siteId, net] of nets) {
    const isWaiting = [...net.waitlistEntries.values()].some(({ state }) => state === 'waiting');
    if (isWaiting || net.slots.size + net.policies.size + net.topups.size > 0) sites.add(siteId);
  }
  for (const { siteId, row } of rowsOf(nets, (net) => net.reservations.values())) {
    // What was there and changed may be shorter or elsewhere now.
    if (!isActive(row) || isStored('reservations', siteId, row.id)) sites.add(siteId);
  }
  return sites;
}
