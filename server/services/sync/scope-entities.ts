import type { Entity, Row } from '#shared/protocol/rows';
import { hydrateDeskMembers, hydrateInvitations, hydrateJoinRequests } from './hydrate-desk';
import {
  hydrateGatePasses,
  hydrateScans,
  hydrateSigningKeys,
  hydrateStatusLists,
  hydrateKeyBundles,
} from './hydrate-gate';
import {
  hydrateAccounts,
  hydrateHolderKeys,
  hydrateMembers,
  hydrateMovements,
  hydratePasses,
  hydrateReservations,
  hydrateVisits,
} from './hydrate-member';
import { hydrateNoticePreferences, hydrateNotices } from './hydrate-notices';
import { hydrateVisitorPasses } from './hydrate-visitors';
import { hydrateIncidents } from './hydrate-incidents';
import {
  hydrateClaims,
  hydrateDeskClaims,
  hydrateDeskRules,
  hydrateDeskSlotLending,
  hydrateRules,
  hydrateSlotLending,
} from './hydrate-lending';
import { hydrateDeskTopups, hydrateTopups } from './hydrate-topups';
import { hydrateOccupancy, hydrateSites, hydrateSlots } from './hydrate-site';
import { hydrateWaitlist } from './hydrate-waitlist';
import type { Hydration } from './hydration';

export type ScopeKind = 'site' | 'member' | 'gate' | 'desk';

export interface EntityReader {
  readonly entity: Entity;
  readonly hydrate: (hydration: Hydration) => Promise<Row<Entity>[]>;
}

/** Which rows each kind of scope has, and how they are read. */
export const scopeEntities: Readonly<Record<ScopeKind, readonly EntityReader[]>> = {
  site: [
    { entity: 'site', hydrate: hydrateSites },
    { entity: 'slot', hydrate: hydrateSlots },
    { entity: 'occupancy', hydrate: hydrateOccupancy },
  ],
  member: [
    { entity: 'member', hydrate: hydrateMembers },
    { entity: 'account', hydrate: hydrateAccounts },
    { entity: 'reservation', hydrate: hydrateReservations },
    { entity: 'visit', hydrate: hydrateVisits },
    { entity: 'movement', hydrate: hydrateMovements },
    { entity: 'holder_key', hydrate: hydrateHolderKeys },
    { entity: 'pass', hydrate: hydratePasses },
    { entity: 'visitor_pass', hydrate: hydrateVisitorPasses },
    { entity: 'waitlist_entry', hydrate: hydrateWaitlist },
    { entity: 'slot_lending', hydrate: hydrateSlotLending },
    { entity: 'lending_rule', hydrate: hydrateRules },
    { entity: 'slot_claim', hydrate: hydrateClaims },
    { entity: 'topup', hydrate: hydrateTopups },
    { entity: 'notice', hydrate: hydrateNotices },
    { entity: 'notice_preferences', hydrate: hydrateNoticePreferences },
  ],
  gate: [
    { entity: 'signing_key', hydrate: hydrateSigningKeys },
    { entity: 'key_bundle', hydrate: hydrateKeyBundles },
    { entity: 'status_list', hydrate: hydrateStatusLists },
    { entity: 'gate_pass', hydrate: hydrateGatePasses },
    { entity: 'scan', hydrate: hydrateScans },
    { entity: 'incident', hydrate: hydrateIncidents },
  ],
  desk: [
    { entity: 'desk_member', hydrate: hydrateDeskMembers },
    { entity: 'invitation', hydrate: hydrateInvitations },
    { entity: 'join_request', hydrate: hydrateJoinRequests },
    { entity: 'slot_lending', hydrate: hydrateDeskSlotLending },
    { entity: 'lending_rule', hydrate: hydrateDeskRules },
    { entity: 'slot_claim', hydrate: hydrateDeskClaims },
    { entity: 'topup', hydrate: hydrateDeskTopups },
  ],
};
