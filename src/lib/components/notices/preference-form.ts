import type { Role } from '#shared/domain/entities';
import {
  mailTiming,
  noticeKinds,
  wantsPush,
  type MailTiming,
  type NoticeKind,
  type NoticePreferences,
} from '#shared/domain/notice-kinds';
import { quietHoursFrom } from '../rules/rule-form';
import { minuteText } from '../time/clock-text';

/** What is asked about on the screen, by group, in words that fit "Tell me about …". */
const groups: readonly {
  readonly title: string;
  readonly forManagers?: true;
  readonly kinds: readonly (readonly [NoticeKind, string])[];
}[] = [
  {
    title: 'Your reservations',
    kinds: [
      ['reminder_start', '15 minutes before it begins'],
      ['reminder_end', '15 minutes before it ends'],
      ['overstaying', 'Your time is over'],
      ['asked_to_move', 'The owner needs the slot'],
      ['changed', 'Somebody else changed it'],
      ['confirmed', 'A wish that had waited is booked'],
      ['refused', 'A wish that had waited was refused'],
    ],
  },
  {
    title: 'Waiting in line',
    kinds: [
      ['waitlist_offer', 'A slot is free for you'],
      ['waitlist_taken', 'A slot was taken for you'],
      ['waitlist_over', 'Nothing came free, or an offer passed on'],
    ],
  },
  {
    title: 'Your slot',
    kinds: [
      ['slot_reserved', 'Somebody reserved it'],
      ['slot_freed', 'Somebody does not come after all'],
      ['claim_decided', 'The manager decided your request for a slot'],
    ],
  },
  {
    title: 'Credits',
    kinds: [
      ['credits_low', 'Few are left'],
      ['topup_paid', 'You bought some'],
      ['topup_refunded', 'Bought ones were refunded'],
    ],
  },
  {
    title: 'The building',
    forManagers: true,
    kinds: [['claim_waiting', 'Somebody requests a slot as theirs']],
  },
];

/** One line of the form. */
export interface PreferenceLine {
  readonly kind: NoticeKind;
  readonly label: string;
  readonly push: boolean;
  readonly mail: MailTiming;
}

/** What somebody of this role can be told, with what holds by these preferences. */
export function preferenceGroups(
  preferences: NoticePreferences,
  role: Role,
): { readonly title: string; readonly lines: readonly PreferenceLine[] }[] {
  return groups
    .filter(({ forManagers }) => !forManagers || role === 'manager')
    .map(({ title, kinds }) => ({
      title,
      lines: kinds.map(([kind, label]) => ({
        ...{ kind, label },
        push: wantsPush(preferences, kind),
        mail: mailTiming(preferences, kind),
      })),
    }));
}

export const mailTimings: readonly { readonly value: MailTiming; readonly label: string }[] = [
  { value: 'off', label: 'No mail' },
  { value: 'at_once', label: 'Mail at once' },
  { value: 'daily', label: 'Daily mail' },
];

/** What somebody has changed on the screen and not saved. */
export type TouchedPreferences = Partial<NoticePreferences>;

/**
 * What is saved: what holds, with only what was touched here over it, so that nothing that another device has changed meanwhile is
 * undone. Quiet hours are one thing.
 */
export function withTouched(held: NoticePreferences, touched: TouchedPreferences): NoticePreferences {
  return {
    ...{ ...held, ...touched },
    push: { ...held.push, ...touched.push },
    mail: { ...held.mail, ...touched.mail },
  };
}

/** Quiet hours as they are entered: times as `22:00`, empty while one is not whole. */
export interface QuietEntry {
  readonly on: 'yes' | 'no';
  readonly from: string;
  readonly until: string;
}

/** How quiet hours that hold are entered; without any, those that most people would take. */
export function quietEntryOf(hours: NoticePreferences['quietHours']): QuietEntry {
  const { from, until } = hours ?? { from: 22 * 60, until: 7 * 60 };
  return { on: hours === null ? 'no' : 'yes', from: minuteText(from), until: minuteText(until) };
}

/** The quiet hours that were entered; `problem`: why they are none, and how to mend it. */
export function quietHoursIn({ on, from, until }: QuietEntry): {
  readonly hours: NoticePreferences['quietHours'];
  readonly problem?: string;
} {
  if (on === 'no') return { hours: null };
  const hours = quietHoursFrom(from, until);
  if (hours === null) return { hours, problem: 'Give both times.' };
  return hours.from === hours.until ? { hours, problem: 'Give two different times.' } : { hours };
}

/** Whether both say the same of every kind: what is left out says its default. */
export function isSame(one: NoticePreferences, other: NoticePreferences): boolean {
  return (
    one.detailsOnLockScreen === other.detailsOnLockScreen &&
    one.quietHours?.from === other.quietHours?.from &&
    one.quietHours?.until === other.quietHours?.until &&
    noticeKinds.every(
      (kind) =>
        wantsPush(one, kind) === wantsPush(other, kind) && mailTiming(one, kind) === mailTiming(other, kind),
    )
  );
}
