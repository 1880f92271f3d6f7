import type { NoticeData, NoticeDataByKind, NoticeKind } from '#shared/domain/notice-kinds';
import { formatCredits, type TimeFormat } from '../time/format';
import { findPath } from '../time/window-address';

/*
 * What a notice says and where it leads, on screens and in the service worker, which makes notifications of pushes with it: what
 * is imported here is in the worker, too. A newer server may send kinds and data that this version does not know.
 */

export interface NoticeWords {
  readonly title: string;
  /** One or two sentences; may be empty. */
  readonly body: string;
}

/** A notice as it comes: a row, or a push, which has no data where slot and time are not to stand on a locked screen. */
export interface ToldNotice {
  readonly kind: string;
  readonly data?: NoticeData | undefined;
}

export interface WordsOptions {
  readonly format: TimeFormat;
  /** ms since 1970: decides what "today" is. */
  readonly now: number;
  /** The words for the code of a refusal, where they are at hand: the service worker does without. */
  readonly reasonOf?: (code: string) => string;
}

/** Nothing of whose slot, where and when. */
const withoutData: Readonly<Record<NoticeKind, string>> = {
  confirmed: 'Your wish is booked',
  refused: 'A wish of yours could not be met',
  changed: 'Your reservation was changed',
  asked_to_move: 'An owner needs the slot',
  reminder_start: 'Your reservation begins soon',
  reminder_end: 'Your time ends soon',
  overstaying: 'Your time is over',
  waitlist_offer: 'A slot is free for you',
  waitlist_taken: 'A slot was taken for you',
  waitlist_over: 'Your place in line has ended',
  slot_reserved: 'Your slot was reserved',
  slot_freed: 'Your slot is free again',
  credits_low: 'Your credits are low',
  topup_paid: 'Your credits have arrived',
  topup_refunded: 'Credits were refunded',
  claim_decided: 'Your request for a slot was decided',
  claim_waiting: 'A request for a slot waits for you',
};

const unknown: NoticeWords = { title: 'There is news', body: 'Open the app to see it.' };

/** The words for a notice. For one of another version, or without its data, something general that is still true. */
export function noticeWords({ kind, data }: ToldNotice, options: WordsOptions): NoticeWords {
  if (!isNoticeKind(kind)) return unknown;
  const general = { title: withoutData[kind], body: 'Open the app to see more.' };
  if (data === undefined) return general;
  const say = words[kind] as (data: NoticeData, options: WordsOptions) => NoticeWords;
  try {
    return say(data, options);
  } catch (error) {
    // Data of another version: a time that is none.
    if (error instanceof RangeError || error instanceof TypeError) return general;
    throw error;
  }
}

type Say<K extends NoticeKind> = (data: NoticeDataByKind[K], options: WordsOptions) => NoticeWords;

const byWhom = {
  owner: 'Its owner did it.',
  manager: 'The manager did it.',
  site: 'The building did it.',
} as const;

const words: { readonly [K in NoticeKind]: Say<K> } = {
  confirmed: (data, { format, now }) => ({
    title: `${data.slotLabel} is booked`,
    body: `${format.window(data, now)}. Your wish had waited and has come through.`,
  }),
  refused: ({ op, code, slotLabel, start, end }, { format, now, reasonOf }) => ({
    title: refusedTitle(op, slotLabel),
    body: sentences(
      start === null || end === null ? '' : `${format.window({ start, end }, now)}.`,
      reasonOf?.(code) ?? 'Open the app to see why, and what is free instead.',
    ),
  }),
  changed: (data, { format, now }) => {
    const former = format.window({ start: data.formerStart, end: data.formerEnd }, now);
    if (data.change === 'cancelled') {
      const refund = data.refund > 0 ? `${formatCredits(data.refund)} came back to you.` : '';
      return {
        title: `${data.formerLabel} was cancelled`,
        body: sentences(`${former}.`, byWhom[data.by], refund),
      };
    }
    return {
      title: `Moved to ${data.slotLabel}`,
      body: sentences(
        `Now ${data.slotLabel}: ${format.window(data, now)}.`,
        `It was ${data.formerLabel}: ${former}.`,
        byWhom[data.by],
      ),
    };
  },
  asked_to_move: ({ slotLabel, end }, { format, now }) => ({
    title: `The owner needs ${slotLabel}`,
    body: `Please leave it free if you can. It is yours until ${format.moment(end, now)}.`,
  }),
  reminder_start: ({ slotLabel, start, end }, { format, now }) => ({
    title: `${slotLabel} is yours from ${format.moment(start, now)}`,
    body: `Until ${format.moment(end, now)}. Your pass is in the app, with no signal too.`,
  }),
  reminder_end: ({ slotLabel, end }, { format, now }) => ({
    title: `Your time on ${slotLabel} ends at ${format.moment(end, now)}`,
    body: 'Stay longer with “Change”, if it is free.',
  }),
  overstaying: ({ slotLabel, end }, { format, now }) => ({
    title: 'Your time is over',
    body: `${slotLabel} was yours until ${format.moment(end, now)}. Somebody may be waiting for it.`,
  }),
  waitlist_offer: (data, { format, now }) => ({
    title: `${data.slotLabel} is free for you`,
    body: `${format.window(data, now)}, ${formatCredits(data.price)}. Kept for you until ${format.moment(data.until, now)}.`,
  }),
  waitlist_taken: (data, { format, now }) => ({
    title: `${data.slotLabel} was taken for you`,
    body: `${format.window(data, now)}, ${formatCredits(data.price)}.`,
  }),
  waitlist_over: ({ start, end, reason }, { format, now }) =>
    reason === 'lapsed'
      ? {
          title: 'The offer has passed on',
          body: `You had not answered in time: ${format.window({ start, end }, now)}.`,
        }
      : { title: 'No slot came free', body: `${format.window({ start, end }, now)}.` },
  slot_reserved: (data, { format, now }) => ({
    title: `Your ${data.slotLabel} was reserved`,
    body: sentences(
      `${format.window(data, now)}.`,
      data.credits > 0 ? `You earn ${formatCredits(data.credits)}.` : '',
    ),
  }),
  slot_freed: (data, { format, now }) => ({
    title: `Your ${data.slotLabel} is free again`,
    body: `${format.window(data, now)}. Whoever had reserved it does not come.`,
  }),
  credits_low: ({ balance }) => ({
    title: `You have ${formatCredits(balance)} left`,
    body: 'See how to get more.',
  }),
  topup_paid: ({ credits, receiptNumber }) => ({
    title: `You have bought ${formatCredits(credits)}`,
    body: receiptNumber === null ? '' : `Receipt ${String(receiptNumber)}.`,
  }),
  topup_refunded: ({ credits }) => ({
    title: `${formatCredits(credits)} ${credits === 1 ? 'was' : 'were'} refunded`,
    body: 'You get your money back the way you paid.',
  }),
  claim_decided: ({ slotLabel, approved, reason }) => ({
    title: approved ? `${slotLabel} is your slot now` : `Your request for ${slotLabel} was refused`,
    body: sentences(reason, approved ? 'You can lend it.' : ''),
  }),
  claim_waiting: ({ slotLabel, level }) => ({
    title: `Somebody says ${slotLabel} is theirs`,
    body: level === '' ? 'It waits for your decision.' : `Level ${level}. It waits for your decision.`,
  }),
};

function refusedTitle(op: string, label: string | null): string {
  const slot = label ?? 'a slot';
  if (op.startsWith('reservation.create') || op.startsWith('reservation.lease'))
    return `${slot} was not booked`;
  if (op.startsWith('reservation.cancel')) return `${slot} was not cancelled`;
  if (op.startsWith('reservation.')) return `${slot} was not changed`;
  if (op.startsWith('share.open')) return `${slot} was not lent`;
  if (op.startsWith('share.')) return `${slot} was not taken back`;
  if (op.startsWith('waitlist.')) return 'You are not in line';
  if (op.startsWith('visitor.')) return 'The visitor’s pass was not made';
  return withoutData.refused;
}

/** Whether this version knows the kind. */
export function isNoticeKind(kind: string): kind is NoticeKind {
  return Object.hasOwn(withoutData, kind);
}

/**
 * Where a notice leads: what it tells of, else where its kind belongs. A path of this app. `ownWish`: whether the refused wish is
 * still in this device's outbox, where it stands with what is free instead.
 */
export function noticePath({ kind, data = {} }: ToldNotice, ownWish = true): string {
  const id = data['reservationId'];
  const reservation = typeof id === 'string' ? `/reservations/${encodeURIComponent(id)}` : '/reservations';
  switch (isNoticeKind(kind) ? kind : null) {
    case 'confirmed':
    case 'changed':
    case 'asked_to_move':
    case 'reminder_end':
    case 'overstaying':
    case 'waitlist_taken':
      return reservation;
    case 'reminder_start':
      return typeof id === 'string' ? `${reservation}/pass` : '/pass';
    case 'refused':
      return ownWish ? '/' : freePath(data);
    case 'waitlist_offer':
      return '/';
    case 'waitlist_over':
      return freePath(data);
    case 'slot_reserved':
    case 'slot_freed':
    case 'claim_decided':
      return '/slots';
    case 'credits_low':
    case 'topup_paid':
    case 'topup_refunded':
      return '/credits';
    case 'claim_waiting':
      return '/building/slots';
    case null:
      return '/notices';
  }
}

/** To what is free in the window that was told of; without it to Find. */
function freePath({ start, end }: NoticeData): string {
  return typeof start === 'number' && typeof end === 'number' ? findPath({ start, end }) : '/find';
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
