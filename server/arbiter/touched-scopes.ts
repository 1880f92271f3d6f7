import type { State } from '#shared/domain/state';
import type { NetChanges } from './net-changes';

/**
 * The scopes in which these changes show: the same that the database's triggers write into the change index. Only devices
 * that hold one of them need to pull.
 */
export function touchedScopes(
  nets: ReadonlyMap<string, NetChanges>,
  states: ReadonlyMap<string, State>,
): Set<string> {
  const scopes = new Set<string>();
  for (const [siteId, net] of nets) {
    const state = states.get(siteId);
    const member = (id: string | null | undefined) => {
      if (id) scopes.add(`member:${id}`);
    };
    if (net.slots.size + net.reservations.size + net.policies.size + net.registrations.size > 0)
      scopes.add(`site:${siteId}`);
    if (net.passes.size + net.scans.size + net.incidents.size + net.signingKeys.size > 0)
      scopes.add(`gate:${siteId}`);
    for (const reservation of net.reservations.values()) {
      member(reservation.memberId);
      member(state?.slots.get(reservation.slotId)?.ownerId);
    }
    for (const slotId of net.leftSlots) member(state?.slots.get(slotId)?.ownerId);
    for (const pass of net.passes.values()) member(pass.memberId);
    for (const { id } of net.members.values()) member(id);
    if (net.members.size > 0) scopes.add(`desk:${siteId}`);
    for (const visitorPass of net.visitorPasses.values()) member(visitorPass.issuedBy);
    for (const key of net.holderKeys.values()) member(key.memberId);
    for (const claim of net.slotClaims.values()) member(claim.memberId);
    for (const rule of net.lendingRules.values()) member(state?.slots.get(rule.slotId)?.ownerId);
    for (const entry of net.waitlistEntries.values()) member(entry.memberId);
    for (const topup of net.topups.values()) member(topup.memberId);
    for (const notice of net.notices.values()) member(notice.memberId);
    for (const memberId of net.noticePreferences.keys()) member(memberId);
    for (const { ownerId } of net.slots.values()) member(ownerId);
    if (net.slots.size > 0) scopes.add(`desk:${siteId}`);
    if (net.slotClaims.size + net.lendingRules.size + net.topups.size > 0) scopes.add(`desk:${siteId}`);
    for (const { accountId } of net.movements.flatMap((movement) => movement.entries)) {
      if (accountId !== siteId && accountId !== state?.site.issuanceAccountId) member(accountId);
    }
  }
  return scopes;
}
