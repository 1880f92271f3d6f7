import type {
  Actor,
  Direction,
  JournalPlace,
  Registration,
  Role,
  ScanResult,
  SlotKind,
  VisitPayment,
  Visitor,
} from './entities';
import type { NoticePreferences } from './notice-kinds';
import type { PolicyChanges } from './policy';
import type { Change } from './state';

/** `most`: the credits that the reservation may come to, as was agreed; absent in wishes of builds from before it. */
type AgreedArgs = Record<'reservationId', string> & Partial<Record<'most', number | undefined>>;
type PlacingArgs = AgreedArgs & Record<'slotId', string> & Record<'start' | 'end', number>;

/** The args of every op, by versioned name. The wire's schemas (protocol/ops) are checked against these. */
export interface DomainArgs {
  'reservation.create@1': PlacingArgs;
  'reservation.cancel@1': { reservationId: string };
  'reservation.change@1': PlacingArgs;
  'reservation.lease@1': PlacingArgs;
  'reservation.confirm@1': AgreedArgs;
  'reservation.settle@1': { reservationId: string };
  'site.set_policy@1': { changes: PolicyChanges };
  'share.open@1': { slotId: string; start: number; end: number; again?: true | undefined };
  'share.close@1': { slotId: string; start: number; end: number };
  'scan.record@1': {
    scanId: string;
    passId: string | null;
    gate: number;
    scannedAt: number;
    result: ScanResult;
    reason: string;
    code: string;
  };
  'scan.record@2': {
    scanId: string;
    passId: string | null;
    gate: number;
    direction: Direction;
    scannedAt: number;
    result: ScanResult;
    reason: string;
    code: string;
    undoes: string | null;
    journal: JournalPlace | null;
  };
  'member.set_plate@1': { plate: string };
  'journal.open@1': { journalId: string; publicKey: string };
  'incident.close@1': { incidentId: string; note: string };
  'pass.bind@1': { holderKey: string; reservationId: string | null };
  'device.revoke@1': { clientId: string };
  'device.revoke@2': { clientId: string; keeperClientId: string | null };
  'visitor.issue@1': {
    visitorPassId: string;
    visitors: Visitor[];
    uses: 1 | 2;
    start: number;
    end: number;
    plate: string;
    amount: number;
    payment: VisitPayment;
    reference: string;
    binds: boolean;
    linkHash: string | null;
  };
  'visitor.revoke@1': { visitorPassId: string };
  'visitor.link@1': { visitorPassId: string; linkHash: string | null };
  'visitor.open@1': { visitorPassId: string; holderKey: string };
  'site.rotate_key@1': { keyId: string };
  'member.set_role@1': { memberId: string; role: Role };
  'member.remove@1': { memberId: string };
  'site.set_registration@1': { registration: Registration };
  'slot.claim@1': {
    claimId: string;
    label: string;
    level: string;
    kind: SlotKind;
    note: string;
    photo: string | null;
  };
  'slot.withdraw_claim@1': { claimId: string };
  'slot.decide_claim@1': { claimId: string; approve: boolean; slotId: string; reason: string };
  'slot.set@1': { slotId: string; label: string; level: string; kind: SlotKind; ownerId: string | null };
  'slot.place@1': { places: { slotId: string; position: { x: number; y: number } | null }[] };
  'slot.remove@1': { slotId: string };
  'rule.set@1': {
    ruleId: string;
    slotId: string;
    weekdays: number[];
    from: number;
    until: number;
    startsOn: string;
    endsOn: string | null;
    daysOff: { from: string; until: string }[];
    paused: boolean;
  };
  'rule.remove@1': { ruleId: string; slotId: string };
  'share.follow_rules@1': {
    slotId: string;
    revision: number;
    windows: { start: number; end: number }[];
    until: number;
  };
  'share.close_free@1': { slotId: string; start: number; end: number; undo?: true | undefined };
  'visit.ask_to_move@1': { reservationId: string };
  'waitlist.join@1': {
    entryId: string;
    start: number;
    end: number;
    kinds: SlotKind[];
    levels: string[];
    maxPrice: number | null;
    takeForMe: boolean;
  };
  'waitlist.leave@1': { entryId: string };
  'waitlist.accept@1': { entryId: string };
  'waitlist.decline@1': { entryId: string };
  'waitlist.offer@1': { entryId: string; slotId: string; reservationId: string; start: number; end: number };
  'waitlist.lapse@1': { entryId: string };
  'topup.sell@1': {
    topupId: string;
    memberId: string;
    credits: number;
    amount: number;
    method: 'cash' | 'transfer';
    reference: string;
  };
  'topup.begin@1': { topupId: string; credits: number };
  'topup.settle@1': { topupId: string; provider: string; providerReference: string };
  'topup.fail@1': { topupId: string };
  'topup.refund@1': { topupId: string };
  'topup.refunded@1': { topupId: string };
  'notice.read@1': { noticeIds: string[] };
  'notice.set_preferences@1': { preferences: NoticePreferences };
}

export type Op = keyof DomainArgs;

/** A wish to change something, its args parsed: `op` tells the type of `args`. */
export type Intent = { [O in Op]: { readonly op: O; readonly args: DomainArgs[O] } }[Op];

/** Who asks, when, and where new ids come from: all that a rule may know beside the state. */
export interface DecisionContext {
  /** Milliseconds since 1970: the server's clock; on a device its best estimate of it. */
  readonly now: number;
  readonly actor: Actor;
  readonly clientId: string;
  /** When the person last proved who they are by passkey or password in this session, ms since 1970; null never. */
  readonly verifiedAt: number | null;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/** Why a rule says no. Words for a person stand in protocol/errors. */
export type RefusalCode =
  | 'slot_taken'
  | 'slot_not_lent'
  | 'slot_not_found'
  | 'own_slot'
  | 'window_invalid'
  | 'window_past'
  | 'window_too_short'
  | 'window_too_long'
  | 'window_too_far'
  | 'window_too_soon'
  | 'window_quiet'
  | 'too_many_reservations'
  | 'credits_short'
  | 'price_changed'
  | 'reservation_exists'
  | 'reservation_not_found'
  | 'reservation_forbidden'
  | 'reservation_started'
  | 'reservation_ended'
  | 'reservation_begun'
  | 'reservation_late'
  | 'reservation_running'
  | 'leases_off'
  | 'lease_too_far'
  | 'too_many_leases'
  | 'lease_held'
  | 'lease_not_booked'
  | 'mutual_cooling_off'
  | 'slot_forbidden'
  | 'slot_without_owner'
  | 'window_reserved'
  | 'window_not_lent'
  | 'too_many_windows'
  | 'pass_used'
  | 'role_forbidden'
  | 'scan_exists'
  | 'undo_late'
  | 'journal_taken'
  | 'incident_not_found'
  | 'incident_closed'
  | 'verification_needed'
  | 'device_not_found'
  | 'device_revoked'
  | 'visitor_exists'
  | 'visitor_expected'
  | 'visitor_window_too_long'
  | 'visitor_limit'
  | 'visitor_payment_incomplete'
  | 'visitor_pass_not_found'
  | 'visitor_pass_forbidden'
  | 'visitor_pass_over'
  | 'visitor_pass_bound'
  | 'key_waiting'
  | 'member_not_found'
  | 'member_left'
  | 'last_manager'
  | 'slot_label_taken'
  | 'slot_reserved'
  | 'claim_not_found'
  | 'claim_decided'
  | 'claim_exists'
  | 'too_many_claims'
  | 'rule_not_found'
  | 'rule_exists'
  | 'rule_empty'
  | 'too_many_rules'
  | 'rules_changed'
  | 'asked_already'
  | 'nobody_parked'
  | 'waitlist_exists'
  | 'waitlist_not_found'
  | 'waitlist_ended'
  | 'waitlist_full'
  | 'waitlist_served'
  | 'waitlist_unwanted'
  | 'offer_over'
  | 'offer_running'
  | 'offer_unaccepted'
  | 'topup_exists'
  | 'topup_not_found'
  | 'topup_ended'
  | 'topups_off'
  | 'topup_spent'
  | 'too_many_topups'
  | 'topup_too_large';

export type DecisionData = Readonly<Record<string, unknown>>;

/** What a rule decided. Applied changes are already consistent with each other; a refusal changes nothing. */
export type Decision =
  { readonly status: 'applied'; readonly changes: readonly Change[]; readonly data: DecisionData } | Refused;

export interface Refused {
  readonly status: 'refused';
  readonly code: RefusalCode;
  readonly data: DecisionData;
}

/**
 * The rows a rule reads, by key; the acting member, its account and its holder key are always read.
 * Accounts follow from the rows: a reservation's receiver, a slot's owner.
 */
export interface Needs {
  readonly slotIds: readonly string[];
  /** Reservations named by id, with their slot, receiver's account and valid passes. */
  readonly reservationIds: readonly string[];
  readonly passIds: readonly string[];
  readonly scanIds: readonly string[];
  readonly visitorPassIds: readonly string[];
  /** D2: the people (`personKey`) whose other visits in `window` matter, and whether those issued by the actor lately do. */
  readonly visitors: readonly string[];
  readonly ownVisitorPasses: boolean;
  readonly incidentIds: readonly string[];
  /** Journals named by id alone; those of `journalEntries` are read with them. */
  readonly journalIds: readonly string[];
  /** X8: the entry of a journal that is to be checked with its neighbours; the op's own args. */
  readonly journalEntries: readonly (JournalPlace & { readonly scanId: string })[];
  /** The site's signing keys. */
  readonly signingKeys: boolean;
  /** C1: slots of these labels. */
  readonly slotLabels: readonly string[];
  /** C1: claims, by id; `ownClaims`: those of the actor that wait. */
  readonly claimIds: readonly string[];
  readonly ownClaims: boolean;
  /** C1: weekly rules by id, and all of these slots. */
  readonly ruleIds: readonly string[];
  readonly rulesOfSlotIds: readonly string[];
  /** E8: entries by id, with all that making a reservation for their members reads; `ownEntries`: the actor's that are not over. */
  readonly waitlistEntryIds: readonly string[];
  readonly ownEntries: boolean;
  /** B8: by id, with their member's account; `nextReceipt`: the number that the site's next receipt gets, under its lock. */
  readonly topupIds: readonly string[];
  readonly nextReceipt: boolean;
  /** B8: the actor's purchases that nobody has paid. */
  readonly ownTopups: boolean;
  /** B4: the actor's own, by id. */
  readonly noticeIds: readonly string[];
  /** Other members, by id. */
  readonly memberIds: readonly string[];
  /** B6: whether all managers of the site are read, and one who is none, if there is one. */
  readonly managers: boolean;
  /**
   * B6: the members of whom all is read that ends with their membership: reservations that have not ended, with their passes;
   * devices; own slots; visitor passes that are not over, with theirs.
   */
  readonly leavingIds: readonly string[];
  /** Whether all devices of the acting member that have a key are read; otherwise the asking one alone. */
  readonly ownDevices: boolean;
  /** All reservations of the acting member that have not ended, with their slots and valid passes. */
  readonly ownReservations: boolean;
  /**
   * Whether, with the passes that are read, everything is read that uses them up: the scans that count against any pass
   * of their reservations, and those passes.
   */
  readonly uses: boolean;
  /** C6: whether it matters when the owners of `slotIds` last used a slot of the acting member. */
  readonly lastUses: boolean;
  /** The window in which other reservations of `slotIds` matter; null for those named by id alone. */
  readonly window: { readonly start: number; readonly end: number } | null;
}

/** A refusal: nothing changes. */
export function refused(code: RefusalCode, data: DecisionData): Refused {
  return { status: 'refused', code, data };
}
