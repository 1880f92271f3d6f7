import type {
  Account,
  Actor,
  HolderKey,
  Incident,
  LendingRule,
  Member,
  NoticeRow,
  Pass,
  Reservation,
  Scan,
  ScanJournal,
  SigningKey,
  Site,
  Slot,
  SlotClaim,
  Topup,
  VisitorPass,
  WaitlistEntry,
} from './entities';
import type { Decision, DecisionContext, Intent, RefusalCode } from './intent';
import { decide } from './decide';
import { defaultPolicy, type SitePolicy } from './policy';
import { applyChanges, type State } from './state';

/** A fixed moment for tests of rules: 2026-03-02T10:00:00Z. */
export const NOW = Date.UTC(2026, 2, 2, 10);
export const HOUR = 3_600_000;

export const SITE_ID = 'site';
export const resident: Member = { id: 'resident', role: 'resident', name: 'Mara', plate: '', leftAt: null };
export const neighbour: Member = { id: 'neighbour', role: 'resident', name: 'Ivo', plate: '', leftAt: null };
export const guard: Member = { id: 'guard', role: 'guard', name: 'Petra', plate: '', leftAt: null };
/** The site itself. */
export const system: Actor = { id: SITE_ID, role: 'system', name: 'Undercroft' };
export const manager: Member = { id: 'manager', role: 'manager', name: 'Sol', plate: '', leftAt: null };

interface Rows {
  members?: Member[];
  policy?: Partial<SitePolicy>;
  slots?: Slot[];
  reservations?: Reservation[];
  accounts?: Account[];
  holderKeys?: HolderKey[];
  passes?: Pass[];
  scans?: Scan[];
  visitorPasses?: VisitorPass[];
  incidents?: Incident[];
  journals?: ScanJournal[];
  signingKeys?: SigningKey[];
  slotClaims?: SlotClaim[];
  lendingRules?: LendingRule[];
  waitlistEntries?: WaitlistEntry[];
  topups?: Topup[];
  nextReceipt?: number;
  notices?: NoticeRow[];
}

/** A slot of the site's own unless the fields say otherwise. */
export function slot(fields: Partial<Slot> & { id: string }): Slot {
  return {
    label: fields.id,
    level: '',
    kind: 'car',
    ownerId: null,
    ownerName: null,
    lent: [],
    opened: fields.lent ?? [],
    closed: [],
    rulesRevision: 0,
    followedRevision: 0,
    followedUntil: null,
    position: null,
    ...fields,
  };
}

/** A confirmed reservation of `resident`, from one to two hours from NOW, unless the fields say otherwise. */
export function reservation(fields: Partial<Reservation> & { id: string; slotId: string }): Reservation {
  return {
    memberId: resident.id,
    start: NOW + HOUR,
    end: NOW + 2 * HOUR,
    state: 'confirmed',
    holdExpiresAt: null,
    price: 3,
    cost: 3,
    charge: 0,
    receiverAccountId: SITE_ID,
    createdAt: NOW - HOUR,
    endedAt: null,
    offered: false,
    askedToMoveAt: null,
    ...fields,
  };
}

/** A state of these rows; everybody has 50 credits unless the accounts say otherwise. */
export function stateOf(rows: Rows): State {
  const site: Site = {
    id: SITE_ID,
    name: 'Test site',
    timeZone: 'Europe/Berlin',
    policy: { ...defaultPolicy, ...rows.policy },
    issuanceAccountId: 'issuance',
    registration: 'invited',
  };
  const accounts = rows.accounts ?? [
    ...[resident, neighbour, manager].map(({ id }) => ({ id, balance: 50 })),
    { id: SITE_ID, balance: 0 },
  ];
  const byId = <R extends { id: string }>(list: R[] = []) => new Map(list.map((row) => [row.id, row]));
  return {
    site,
    members: byId([resident, neighbour, guard, manager, ...(rows.members ?? [])]),
    slots: byId(rows.slots),
    reservations: byId(rows.reservations),
    accounts: byId(accounts),
    holderKeys: new Map((rows.holderKeys ?? []).map((key) => [key.clientId, key])),
    passes: byId(rows.passes),
    scans: byId(rows.scans),
    visitorPasses: byId(rows.visitorPasses),
    incidents: byId(rows.incidents),
    journals: byId(rows.journals),
    journalReadings: new Map(),
    signingKeys: byId(rows.signingKeys),
    slotClaims: byId(rows.slotClaims),
    lendingRules: byId(rows.lendingRules),
    waitlistEntries: byId(rows.waitlistEntries),
    topups: byId(rows.topups),
    nextReceipt: rows.nextReceipt ?? 1,
    notices: byId(rows.notices),
    noticePreferences: new Map(),
    lastUses: new Map(),
  };
}

/** Decides as `actor` at `now` and applies what was accepted, with ids that count up. */
export function decideAs(
  state: State,
  actor: Actor,
  intent: Intent,
  now = NOW,
  clientId = 'client',
): Decision {
  let count = 0;
  const context: DecisionContext = {
    now,
    actor,
    clientId,
    verifiedAt: now,
    newId: () => `new-${String(state.passes.size)}-${String(state.reservations.size)}-${String(count++)}`,
  };
  const decision = decide(state, intent, context);
  if (decision.status === 'applied') applyChanges(state, decision.changes);
  return decision;
}

/** The code of a refusal, or `applied`. */
export function codeOf(decision: Decision): RefusalCode | 'applied' {
  return decision.status === 'refused' ? decision.code : 'applied';
}
