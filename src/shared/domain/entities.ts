import type { NoticeData, NoticeKind } from './notice-kinds';
import type { SitePolicy } from './policy';
import type { TimeRange } from './time-range';

/** What a member may do at a site. */
export type Role = 'resident' | 'guard' | 'manager';

/** How people come in: whoever finds the site; who asks and is let in by a manager; only who is invited. */
export type Registration = 'open' | 'request' | 'invited';

/** Who may ask for something: a member, or the site itself, for what happens without anyone's tap. */
export interface Actor {
  /** The member's id; the site's own for `system`. */
  readonly id: string;
  readonly role: Role | 'system';
  readonly name: string;
}

/** A building or operator: the tenant. Credits of the site's own slots go to the account with the site's id. */
export interface Site {
  readonly id: string;
  readonly name: string;
  /** IANA name, for showing times on screens; no rule depends on it. */
  readonly timeZone: string;
  readonly policy: SitePolicy;
  /** The account credits are created from; may be negative, is never read by a rule. */
  readonly issuanceAccountId: string;
  readonly registration: Registration;
}

/** A user in a site. */
export interface Member {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  /** Of the member's car, for passes to carry; empty when none is known. */
  readonly plate: string;
  /** When the member left or was removed, ms since 1970: the row stays for what was booked and paid. */
  readonly leftAt: number | null;
  /** When a manager has ended the membership, ms since 1970. No rule reads it: it is written, and kept for who comes back. */
  readonly removedAt?: number;
}

export type SlotKind = 'car' | 'small' | 'motorcycle' | 'charger' | 'accessible';

/** One reservable place. */
export interface Slot {
  readonly id: string;
  readonly label: string;
  readonly level: string;
  readonly kind: SlotKind;
  /** The member who lends it; null for the site's own slot, which is always on offer. */
  readonly ownerId: string | null;
  readonly ownerName: string | null;
  /** Windows in which the owner lends it, normalized: made of the next two, weekly rules, and what is reserved. */
  readonly lent: readonly TimeRange[];
  /** C1: opened by hand, and taken back by hand. */
  readonly opened: readonly TimeRange[];
  readonly closed: readonly TimeRange[];
  /** C1: counts up with every change of the slot's weekly rules. */
  readonly rulesRevision: number;
  /** C1: the revision that `lent` follows, and up to when, ms since 1970; null never yet. */
  readonly followedRevision: number;
  readonly followedUntil: number | null;
  /** C4: on its level's map, 0 to 1000 of the map's width and height. */
  readonly position: SlotPosition | null;
  /** When it ceased to be, ms since 1970. No rule reads it, for no rule sees such a slot: it is written. */
  readonly removedAt?: number;
}

/** Where a slot lies on its level's map: thousandths of the map's width and height. */
export interface SlotPosition {
  readonly x: number;
  readonly y: number;
}

/** C1: a weekly rule by which an owner lends a slot, in the site's local wall-clock time. */
export interface LendingRule {
  readonly id: string;
  readonly slotId: string;
  /** 1 Monday … 7 Sunday, ascending, none twice. */
  readonly weekdays: readonly number[];
  /** Minutes of the day, 0 to 1439; `until` at or before `from` ends on the next day. */
  readonly from: number;
  readonly until: number;
  /** `YYYY-MM-DD`; the last day is included, null without an end. */
  readonly startsOn: string;
  readonly endsOn: string | null;
  readonly daysOff: readonly DaysOff[];
  /** Lends nothing until it goes on. */
  readonly paused: boolean;
  readonly createdAt: number;
  readonly removedAt: number | null;
}

/** Days without lending, half-open: `until` is the first day that is lent again. `YYYY-MM-DD`. */
export interface DaysOff {
  readonly from: string;
  readonly until: string;
}

/** C1: a resident says that a slot is theirs. */
export interface SlotClaim {
  readonly id: string;
  readonly memberId: string;
  readonly label: string;
  readonly level: string;
  readonly kind: SlotKind;
  readonly note: string;
  /** base64url of a JPEG; null without one. */
  readonly photo: string | null;
  readonly state: 'waiting' | 'approved' | 'refused' | 'withdrawn';
  readonly slotId: string | null;
  readonly createdAt: number;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
  /** Why it was refused. */
  readonly reason: string;
}

/** E8: somebody waits for a slot in `[start, end)`. */
export interface WaitlistEntry extends TimeRange {
  readonly id: string;
  readonly memberId: string;
  /** Conditions; empty: any. */
  readonly kinds: readonly SlotKind[];
  readonly levels: readonly string[];
  /** Credits; null whatever it costs. */
  readonly maxPrice: number | null;
  /** Whether a slot is booked at once instead of offered. */
  readonly takeForMe: boolean;
  readonly createdAt: number;
  readonly state: 'waiting' | 'offered' | 'taken' | 'served' | 'declined' | 'lapsed' | 'left' | 'over';
  /** What is or was offered, or was taken; of one that is served, what the member has booked otherwise. */
  readonly reservationId: string | null;
  /** Until when the offer can be accepted; only while `offered`. */
  readonly offerExpiresAt: number | null;
  /** Until when nothing is offered, ms since 1970: the member slept through an offer, or let one go a moment before. Of no use on a device, which makes none. */
  readonly restsUntil: number | null;
  readonly endedAt: number | null;
}

/** B8: credits that somebody buys. */
export interface Topup {
  readonly id: string;
  readonly memberId: string;
  readonly credits: number;
  /** Minor units (cents). */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly method: 'cash' | 'transfer' | 'online';
  /** Online: which provider, and its own name for the payment, once it has one. */
  readonly provider: string | null;
  readonly providerReference: string | null;
  /** At the desk: what the manager wrote down. */
  readonly reference: string;
  readonly state: 'pending' | 'paid' | 'refunding' | 'refunded' | 'failed';
  /** Counts up by one in a site; given when it is paid. */
  readonly receiptNumber: number | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly paidAt: number | null;
  readonly endedAt: number | null;
}

/** B4: something a member is told. */
export interface NoticeRow {
  readonly id: string;
  readonly memberId: string;
  readonly kind: NoticeKind;
  /** What its words need; no names of others. */
  readonly data: NoticeData;
  /** Names what it tells of: the same is told once. */
  readonly toldKey: string;
  readonly createdAt: number;
  readonly readAt: number | null;
}

export type ReservationState = 'held' | 'confirmed' | 'cancelled' | 'completed' | 'expired' | 'no_show';

/** A slot for a half-open time range. */
export interface Reservation extends TimeRange {
  readonly id: string;
  readonly slotId: string;
  /** null on a device, when it is somebody else's: occupancy carries no names. */
  readonly memberId: string | null;
  readonly state: ReservationState;
  /** Milliseconds since 1970, only while `held`. */
  readonly holdExpiresAt: number | null;
  /** Credits that were agreed when it came to its slot. */
  readonly price: number;
  /** Credits it costs its holder; once cancelled or expired, what was not given back. */
  readonly cost: number;
  /** Credits its holder paid beside the cost, for not coming. */
  readonly charge: number;
  readonly receiverAccountId: string;
  readonly createdAt: number;
  /** When it was cancelled, completed, …; null while it is active. */
  readonly endedAt: number | null;
  /** E8: a hold for somebody who waits in line; nothing is paid before it is accepted. A lease is held, too, and paid. */
  readonly offered: boolean;
  /** C1: when the owner of the slot last asked for it back, ms since 1970. */
  readonly askedToMoveAt: number | null;
}

/** Held or confirmed: the states in which a reservation occupies its slot. */
export function isActive(reservation: Pick<Reservation, 'state'>): boolean {
  return reservation.state === 'held' || reservation.state === 'confirmed';
}

/** A balance in credits. A member's account has the member's id, the site's own the site's id. */
export interface Account {
  readonly id: string;
  readonly balance: number;
}

export interface Entry {
  readonly accountId: string;
  /** Credits, positive into the account; the entries of a movement sum to zero. */
  readonly amount: number;
}

/** Double entry: credits that go from account to account at one moment. */
export interface Movement {
  readonly id: string;
  readonly kind: 'grant' | 'reservation' | 'refund' | 'charge' | 'topup' | 'topup_refund';
  readonly reservationId: string | null;
  /** B8: the credits bought or given back for money. */
  readonly topupId: string | null;
  /** Of the slot it was about, as it was called then; a reservation may move. */
  readonly slotLabel: string | null;
  readonly createdAt: number;
  readonly entries: readonly Entry[];
}

/** The key of a device that can prove it holds a pass. */
export interface HolderKey {
  readonly clientId: string;
  readonly memberId: string;
  /** base64url of the compressed P-256 point (33 bytes). */
  readonly key: string;
  /** B5: its member has given the device up; it never holds a pass again. */
  readonly revokedAt: number | null;
}

export type PassStatus = 'valid' | 'revoked' | 'suspended';

/** A right to enter, before it is signed: for a reservation, or for visitors. */
export interface Pass {
  /** The `cti`. */
  readonly id: string;
  /** Who answers for it: the reservation's member, the visitor pass's issuer. */
  readonly memberId: string;
  /** Exactly one of these two is null. */
  readonly reservationId: string | null;
  readonly visitorPassId: string | null;
  /** Empty on a visitor's, who comes to no slot of ours. */
  readonly slotLabel: string;
  /** Empty when none is known. */
  readonly plate: string;
  /** The member's device it is bound to; null on a static pass, and on a visitor's phone, which is no device of a member. */
  readonly clientId: string | null;
  /** base64url of the compressed point that the pass is bound to; null on a static pass. */
  readonly holderKey: string | null;
  /** 0 resident, 1 visitor single, 2 visitor double, 3 staff (pass-format.md). */
  readonly kind: 0 | 1 | 2 | 3;
  /** Milliseconds since 1970, whole seconds: the pass itself carries seconds. */
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly status: PassStatus;
}

/** What a guard's device decided about what it read (pass-format.md, "What a guard's device decides"). */
export type ScanResult =
  | 'malformed'
  | 'unknown_key'
  | 'forged'
  | 'wrong_site'
  | 'wrong_entrance'
  | 'too_early'
  | 'expired'
  | 'revoked'
  | 'suspended'
  | 'static_copy'
  | 'copied'
  | 'clock_differs'
  | 'replay_or_clock'
  | 'replay'
  | 'clone_suspect'
  | 'already_used'
  | 'valid'
  | 'valid_provisional'
  | 'override'
  /** A typed code that no pass of this gate's list has. */
  | 'not_found'
  /** No reading: the guard took an earlier decision back within seconds. */
  | 'undone';

/** Which way the car was going. */
export type Direction = 'entry' | 'exit';

/** X8: where a scan stands in its device's journal. Bytes as base64url without padding. */
export interface JournalPlace {
  readonly journalId: string;
  /** Counts up by one, from 1. */
  readonly seq: number;
  /** SHA-256 of the entry before; 32 zero bytes before the first. */
  readonly previous: string;
  /** The device's own clock, uncorrected, milliseconds since 1970. */
  readonly deviceTime: number;
  /** ES256 by the journal's key over the entry (shared/journal). */
  readonly signature: string;
}

/** X8: a guard's device's chain of scans, and the key that signs it. */
export interface ScanJournal {
  readonly id: string;
  readonly memberId: string;
  readonly clientId: string;
  /** base64url of the compressed P-256 point (33 bytes). */
  readonly publicKey: string;
  readonly openedAt: number;
}

export type IncidentKind = 'double_use' | 'journal_gap' | 'journal_fork' | 'journal_forged' | 'clock_jump';

/** X8, D4: something that guards and the manager have to look into. It rewrites no scan. */
export interface Incident {
  readonly id: string;
  readonly kind: IncidentKind;
  /** The scans it is about, the one that showed it last. */
  readonly scanIds: readonly string[];
  readonly passId: string | null;
  readonly journalId: string | null;
  /** What a screen says about it: numbers and times by name. */
  readonly detail: Readonly<Record<string, string | number | null>>;
  readonly raisedAt: number;
  /** When a manager closed it, or a missing part arrived; null while it is open. */
  readonly closedAt: number | null;
  /** null when it closed by itself. */
  readonly closedBy: string | null;
  readonly note: string;
}

/** A guard's reading of a pass. */
export interface Scan {
  readonly id: string;
  readonly passId: string | null;
  readonly guardId: string;
  readonly clientId: string;
  readonly gate: number;
  readonly direction: Direction;
  /** By the guard's device's clock, milliseconds since 1970: recorded, never used to order anything. */
  readonly scannedAt: number;
  readonly recordedAt: number;
  readonly result: ScanResult;
  /** Whether it let somebody in and so uses up the pass. */
  readonly counts: boolean;
  readonly reason: string;
  /** What the camera read or the guard typed, as read. */
  readonly code: string;
  /** The scan that this one takes back; that one stays as it is. */
  readonly undoes: string | null;
  /** null for a scan of a build without a journal. */
  readonly journal: JournalPlace | null;
}

/** A person who is expected. */
export interface Visitor {
  readonly name: string;
  readonly phone: string;
}

export type VisitPayment = 'none' | 'cash' | 'online';

/** D2: a pass that a member or a guard gives to one or two visitors, good in [start, end). */
export interface VisitorPass extends TimeRange {
  readonly id: string;
  readonly issuedBy: string;
  readonly visitors: readonly Visitor[];
  /** How often it lets somebody in: single or double. */
  readonly uses: 1 | 2;
  /** Empty when none is known. */
  readonly plate: string;
  /** Minor units (cents) of the site's currency. */
  readonly amount: number;
  readonly payment: VisitPayment;
  readonly reference: string;
  /** Whether the code is made only on the phone that opens the link first, and bound to it. */
  readonly binds: boolean;
  /** base64url of the SHA-256 of the link's secret; null without a link. */
  readonly linkHash: string | null;
  /** When its link was first opened on the phone it is bound to; null before, and when it does not bind. */
  readonly openedAt: number | null;
  readonly revokedAt: number | null;
  readonly createdAt: number;
}

/** A site's signing key as the rules see it. Milliseconds since 1970. */
export interface SigningKey {
  readonly id: string;
  /** What it signs begins in [validFrom, validUntil). */
  readonly validFrom: number;
  readonly validUntil: number;
  /** From when on it signs, until the next one does. */
  readonly usedFrom: number;
}
