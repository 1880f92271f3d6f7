import type { QuietHours } from './policy';

/*
 * B4: being told.
 *
 * Who makes a notice:
 * - What follows from an intent is told by the arbiter, in its transaction: `notices-of.ts` looks at the rows as they were and
 *   as a decision makes them. A rule calls nothing: it changes its rows (an entry becomes `offered`, a top-up `paid`, a
 *   reservation gets an `askedToMoveAt`), and what is to be told follows from the change.
 * - What the clock tells (`reminder_start`, `reminder_end`, `overstaying`) is inserted by server/jobs, with the data below and
 *   `toldKeyOf`, `on conflict (site_id, member_id, told_key) do nothing`.
 *
 * A row begins with `deliver_at = created_at`; who delivers decides by the member's preferences (`wantsPush`, `mailTiming`,
 * `isUrgent`) and `goodUntil`, and sets it to null when nothing is left to do. `notice.read@1` sets it to null too: what was read on
 * one device goes out to no other.
 *
 * `data` is what the words of a notice need, as it was when it was told: no names of others, times in ms since 1970. Ids name
 * rows of the member's own scopes. Readers (components/notices/notice-words) expect anything: another version may have written it.
 */

/** What a member is told of (B4). The words for each stand with the screen, the push and the mail that say it. */
export const noticeKinds = [
  /** A wish that had waited, or somebody else's for the member, was booked. */
  'confirmed',
  /** A wish that had waited was refused; its outcome has the alternatives. */
  'refused',
  /** The manager or the owner of the slot has changed or cancelled the member's reservation. */
  'changed',
  /** The owner needs the slot back. */
  'asked_to_move',
  /** 15 minutes before the start, and before the end. */
  'reminder_start',
  'reminder_end',
  /** The time is over, and the car is, as far as is known, still there. */
  'overstaying',
  /** E8: a slot is kept for the member for a while. */
  'waitlist_offer',
  'waitlist_taken',
  'waitlist_over',
  /** Somebody has reserved the member's slot, or does not come after all. */
  'slot_reserved',
  'slot_freed',
  'credits_low',
  'topup_paid',
  'topup_refunded',
  'claim_decided',
  /** For managers: a resident says that a slot is theirs. */
  'claim_waiting',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** What the words of a notice need. Times in ms since 1970; ids name rows of the member's own scopes. */
export type NoticeData = Readonly<Record<string, string | number | boolean | null>>;

/** A reservation as it stood when it was told of; `[start, end)` in ms since 1970. A type, not an interface: it is a NoticeData. */
export type ReservationTold = {
  readonly reservationId: string;
  readonly slotId: string;
  readonly slotLabel: string;
  readonly start: number;
  readonly end: number;
};

/** The data of each kind. */
export type NoticeDataByKind = {
  confirmed: ReservationTold & { readonly cost: number };
  /** What was asked for, as far as it named it; `code` is a RefusalCode, `intentId` names the wish in its device's outbox. */
  refused: {
    readonly intentId: string;
    readonly op: string;
    readonly code: string;
    readonly reservationId: string | null;
    readonly slotLabel: string | null;
    readonly start: number | null;
    readonly end: number | null;
  };
  /** As it is now, and where and when it was; `refund`: credits given back. */
  changed: ReservationTold & {
    readonly change: 'moved' | 'cancelled';
    readonly by: 'owner' | 'manager' | 'site';
    readonly formerLabel: string;
    readonly formerStart: number;
    readonly formerEnd: number;
    readonly refund: number;
  };
  asked_to_move: ReservationTold;
  reminder_start: ReservationTold;
  reminder_end: ReservationTold;
  overstaying: ReservationTold;
  /** Kept until `until`. */
  waitlist_offer: ReservationTold & {
    readonly entryId: string;
    readonly price: number;
    readonly until: number;
  };
  waitlist_taken: ReservationTold & { readonly entryId: string; readonly price: number };
  /** `lapsed`: an offer was not answered in time; `over`: nothing came free before the window. */
  waitlist_over: {
    readonly entryId: string;
    readonly start: number;
    readonly end: number;
    readonly reason: 'lapsed' | 'over';
  };
  /** The owner's: `credits` earned, or not after all. */
  slot_reserved: ReservationTold & { readonly credits: number };
  slot_freed: ReservationTold & { readonly credits: number };
  credits_low: { readonly balance: number };
  topup_paid: {
    readonly topupId: string;
    readonly credits: number;
    readonly receiptNumber: number | null;
  };
  topup_refunded: { readonly topupId: string; readonly credits: number };
  claim_decided: {
    readonly claimId: string;
    readonly slotLabel: string;
    readonly slotId: string | null;
    readonly approved: boolean;
    /** The manager's words; may be empty. */
    readonly reason: string;
  };
  claim_waiting: { readonly claimId: string; readonly slotLabel: string; readonly level: string };
};

/** The kinds that the clock tells. */
export type ClockNoticeKind = 'reminder_start' | 'reminder_end' | 'overstaying';

/**
 * Names what the clock tells, once a reservation and time: one that is moved is told of anew. The same text in SQL:
 * `kind || ':' || reservation_id || ':' || (extract(epoch from at) * 1000)::bigint`, `at` the start for `reminder_start`, else the end.
 */
export function toldKeyOf(
  kind: ClockNoticeKind,
  told: Pick<ReservationTold, 'reservationId' | 'start' | 'end'>,
): string {
  return `${kind}:${told.reservationId}:${String(kind === 'reminder_start' ? told.start : told.end)}`;
}

/** How mails about a kind go out. */
export type MailTiming = 'off' | 'at_once' | 'daily';

/** What a member wants to be told, and how. In the app everything is told. */
export interface NoticePreferences {
  readonly push: { readonly [K in NoticeKind]?: boolean };
  readonly mail: { readonly [K in NoticeKind]?: MailTiming };
  /** Local wall-clock minutes of the site's day; nothing rings then but what is urgent. Null: at any time. */
  readonly quietHours: { readonly from: number; readonly until: number } | null;
  /** Whether slot and time may stand on a locked screen. */
  readonly detailsOnLockScreen: boolean;
}

interface KindDefaults {
  readonly push: boolean;
  readonly mail: MailTiming;
  /** Rings in quiet hours, too: it is about this very hour, and the member's own car. */
  readonly urgent: boolean;
}

/** What is told how of who has not decided otherwise. Mail at once is for what costs somebody a slot or is a receipt. */
const defaults: Readonly<Record<NoticeKind, KindDefaults>> = {
  confirmed: { push: true, mail: 'off', urgent: false },
  refused: { push: true, mail: 'off', urgent: false },
  changed: { push: true, mail: 'at_once', urgent: false },
  asked_to_move: { push: true, mail: 'off', urgent: true },
  reminder_start: { push: true, mail: 'off', urgent: true },
  reminder_end: { push: true, mail: 'off', urgent: true },
  overstaying: { push: true, mail: 'off', urgent: true },
  waitlist_offer: { push: true, mail: 'at_once', urgent: false },
  waitlist_taken: { push: true, mail: 'at_once', urgent: false },
  waitlist_over: { push: true, mail: 'off', urgent: false },
  slot_reserved: { push: false, mail: 'daily', urgent: false },
  slot_freed: { push: false, mail: 'daily', urgent: false },
  credits_low: { push: false, mail: 'daily', urgent: false },
  topup_paid: { push: false, mail: 'at_once', urgent: false },
  topup_refunded: { push: false, mail: 'at_once', urgent: false },
  claim_decided: { push: true, mail: 'at_once', urgent: false },
  claim_waiting: { push: false, mail: 'daily', urgent: false },
};

/** Of who has not decided otherwise. */
export const defaultNoticePreferences: NoticePreferences = {
  push: {},
  mail: {},
  quietHours: { from: 22 * 60, until: 7 * 60 },
  detailsOnLockScreen: false,
};

/** Whether a notice of this kind goes to the member's devices. */
export function wantsPush({ push }: Pick<NoticePreferences, 'push'>, kind: NoticeKind): boolean {
  return push[kind] ?? defaults[kind].push;
}

/** How a notice of this kind goes to the member's mailbox. */
export function mailTiming({ mail }: Pick<NoticePreferences, 'mail'>, kind: NoticeKind): MailTiming {
  return mail[kind] ?? defaults[kind].mail;
}

/** Whether a notice of this kind is pushed in quiet hours, too. Mail waits for nobody: it makes no sound. */
export function isUrgent(kind: NoticeKind): boolean {
  return defaults[kind].urgent;
}

/** The member's quiet hours for `quiet-hours`' isQuiet; null where there are none. An empty span is none. */
export function quietHoursOf({ quietHours }: Pick<NoticePreferences, 'quietHours'>): QuietHours | null {
  return quietHours && quietHours.from !== quietHours.until ? quietHours : null;
}

/**
 * Until when, ms since 1970, it helps anybody to be woken by it; null at any time. What is older is shown in the app alone.
 * Takes the data as it is stored.
 */
export function goodUntil(kind: NoticeKind, data: NoticeData): number | null {
  const key = usefulUntil[kind];
  const moment = key === undefined ? null : data[key];
  return typeof moment === 'number' ? moment : null;
}

/** Overstaying has no end of its own: the car is still there. */
const usefulUntil: { readonly [K in NoticeKind]?: string } = {
  asked_to_move: 'end',
  reminder_start: 'start',
  reminder_end: 'end',
  waitlist_offer: 'until',
};
