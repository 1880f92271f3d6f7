import type { NoticePreferences } from './notice-kinds';
import type { PolicyChanges, SitePolicy } from './policy';
import {
  isActive,
  type Account,
  type HolderKey,
  type Incident,
  type LendingRule,
  type Member,
  type Movement,
  type NoticeRow,
  type Pass,
  type Registration,
  type Reservation,
  type Scan,
  type ScanJournal,
  type SigningKey,
  type Site,
  type Slot,
  type SlotClaim,
  type Topup,
  type VisitorPass,
  type WaitlistEntry,
} from './entities';

/**
 * The rows that a rule reads, by id. The server loads them under locks; a device builds them from its copy of the
 * scopes. A row that is not here does not exist for the rule.
 */
export interface State {
  site: Site;
  readonly members: Map<string, Member>;
  readonly slots: Map<string, Slot>;
  /** Active reservations of the slots concerned, all of the acting member's, and those that an intent names. */
  readonly reservations: Map<string, Reservation>;
  readonly accounts: Map<string, Account>;
  readonly holderKeys: Map<string, HolderKey>;
  readonly passes: Map<string, Pass>;
  /** Scans that count, of the passes concerned and of the others of their reservations. */
  readonly scans: Map<string, Scan>;
  readonly visitorPasses: Map<string, VisitorPass>;
  readonly incidents: Map<string, Incident>;
  readonly journals: Map<string, ScanJournal>;
  /** X8: what was found out about the journal entries that a wish brings, by scan id; empty on a device. */
  readonly journalReadings: Map<string, JournalReading>;
  readonly signingKeys: Map<string, SigningKey>;
  readonly slotClaims: Map<string, SlotClaim>;
  readonly lendingRules: Map<string, LendingRule>;
  readonly waitlistEntries: Map<string, WaitlistEntry>;
  readonly topups: Map<string, Topup>;
  /** B8: the number of the site's next receipt; 0 where none is asked for, and on a device. */
  nextReceipt: number;
  readonly notices: Map<string, NoticeRow>;
  /** B4: by member id, of those who have decided; on a device one's own. */
  readonly noticePreferences: Map<string, NoticePreferences>;
  /** C6: when a member last made a reservation that stands on a slot of an owner, ms since 1970, by `lastUseKey`. */
  readonly lastUses: Map<string, number>;
}

/** An entry of a journal, as far as others are compared with it. Hashes as base64url, times in ms since 1970. */
export interface ChainEntry {
  readonly scanId: string;
  readonly seq: number;
  readonly hash: string;
  readonly previous: string;
  readonly scannedAt: number;
  readonly deviceTime: number;
}

/** Of one journal, what entries are compared with: those whose signature holds. Grows as scans are applied. */
export interface JournalChain {
  /** The highest seq that is stored; 0 when none is. */
  highest: number;
  /** Those at the places concerned, and before and after them. */
  readonly entries: ChainEntry[];
}

/** What is known of a journal entry that comes with a scan. The server finds it out; the rule makes incidents of it. */
export interface JournalReading {
  readonly entry: ChainEntry;
  /** Whether the signature holds by the journal's key; false also when the journal is not known, or somebody else's. */
  readonly genuine: boolean;
  /** Shared by all readings of the journal. */
  readonly chain: JournalChain;
}

/** The key of `State.lastUses`. */
export function lastUseKey(memberId: string, ownerId: string): string {
  return `${memberId} ${ownerId}`;
}

/** One row as it is to be after a decision; movements and scans are only ever added. */
export type Change =
  | { readonly table: 'policies'; readonly row: { readonly siteId: string; readonly changes: PolicyChanges } }
  | {
      readonly table: 'registrations';
      readonly row: { readonly siteId: string; readonly registration: Registration };
    }
  | { readonly table: 'slots'; readonly row: Slot }
  | { readonly table: 'reservations'; readonly row: Reservation }
  | { readonly table: 'movements'; readonly row: Movement }
  | { readonly table: 'holderKeys'; readonly row: HolderKey }
  | { readonly table: 'passes'; readonly row: Pass }
  | { readonly table: 'members'; readonly row: Member }
  | { readonly table: 'scans'; readonly row: Scan }
  | { readonly table: 'visitorPasses'; readonly row: VisitorPass }
  | { readonly table: 'incidents'; readonly row: Incident }
  | { readonly table: 'journals'; readonly row: ScanJournal }
  | { readonly table: 'signingKeys'; readonly row: SigningKey }
  | { readonly table: 'slotClaims'; readonly row: SlotClaim }
  | { readonly table: 'lendingRules'; readonly row: LendingRule }
  | { readonly table: 'waitlistEntries'; readonly row: WaitlistEntry }
  | { readonly table: 'topups'; readonly row: Topup }
  | { readonly table: 'notices'; readonly row: NoticeRow }
  | {
      readonly table: 'noticePreferences';
      readonly row: { readonly memberId: string; readonly preferences: NoticePreferences };
    };

/** Makes the changes part of the state, so that the next intent sees them. A movement moves the balances. */
export function applyChanges(state: State, changes: readonly Change[]): void {
  for (const change of changes) {
    switch (change.table) {
      case 'policies':
        state.site = { ...state.site, policy: mergePolicy(state.site.policy, change.row.changes) };
        break;
      case 'registrations':
        state.site = { ...state.site, registration: change.row.registration };
        break;
      case 'slots':
        if (change.row.removedAt === undefined) state.slots.set(change.row.id, change.row);
        else state.slots.delete(change.row.id);
        break;
      case 'reservations':
        noteUse(state, change.row);
        state.reservations.set(change.row.id, change.row);
        break;
      case 'movements':
        applyMovement(state, change.row);
        break;
      case 'holderKeys':
        state.holderKeys.set(change.row.clientId, change.row);
        break;
      case 'passes':
        state.passes.set(change.row.id, change.row);
        break;
      case 'scans':
        state.scans.set(change.row.id, change.row);
        noteEntry(state, change.row.id);
        break;
      case 'members':
        state.members.set(change.row.id, change.row);
        break;
      case 'visitorPasses':
        state.visitorPasses.set(change.row.id, change.row);
        break;
      case 'incidents':
        state.incidents.set(change.row.id, change.row);
        break;
      case 'journals':
        state.journals.set(change.row.id, change.row);
        break;
      case 'signingKeys':
        state.signingKeys.set(change.row.id, change.row);
        break;
      case 'slotClaims':
        state.slotClaims.set(change.row.id, change.row);
        break;
      case 'lendingRules':
        state.lendingRules.set(change.row.id, change.row);
        break;
      case 'waitlistEntries':
        state.waitlistEntries.set(change.row.id, change.row);
        break;
      case 'topups':
        // A receipt's number is given once.
        if (change.row.receiptNumber === state.nextReceipt) state.nextReceipt++;
        state.topups.set(change.row.id, change.row);
        break;
      case 'notices':
        state.notices.set(change.row.id, change.row);
        break;
      case 'noticePreferences':
        state.noticePreferences.set(change.row.memberId, change.row.preferences);
        break;
    }
  }
}

function mergePolicy(policy: SitePolicy, changes: PolicyChanges): SitePolicy {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...policy, ...(Object.fromEntries(given) as Partial<SitePolicy>) };
}

function noteUse(state: State, reservation: Reservation): void {
  const ownerId = state.slots.get(reservation.slotId)?.ownerId;
  if (ownerId && reservation.memberId !== null && isActive(reservation)) {
    const key = lastUseKey(reservation.memberId, ownerId);
    state.lastUses.set(key, Math.max(state.lastUses.get(key) ?? 0, reservation.createdAt));
  }
}

/** X8: so that the next entry of the journal is compared with this one. */
function noteEntry(state: State, scanId: string): void {
  const reading = state.journalReadings.get(scanId);
  if (!reading?.genuine) return;
  const { chain, entry } = reading;
  chain.entries.push(entry);
  chain.highest = Math.max(chain.highest, entry.seq);
}

function applyMovement(state: State, movement: Movement): void {
  for (const entry of movement.entries) {
    const account = state.accounts.get(entry.accountId);
    // Accounts that no rule reads (issuance; on a device, everybody else's) are not loaded.
    if (account) state.accounts.set(account.id, { ...account, balance: account.balance + entry.amount });
  }
}
