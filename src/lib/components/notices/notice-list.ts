import type { NoticeRow } from '#shared/domain/entities';
import type { NoticeKind } from '#shared/domain/notice-kinds';
import type { IconName } from '../shared/icon-paths';
import type { TimeFormat } from '../time/format';
import { isNoticeKind } from './notice-words';

/** Notices under one heading. */
export interface NoticeGroup {
  readonly title: string;
  readonly notices: readonly NoticeRow[];
}

/** What is unread first, then the rest by the site's days; each newest first, as `notices` are. At most `limit` of them. */
export function noticeGroups(
  notices: readonly NoticeRow[],
  { format, now, limit }: { format: TimeFormat; now: number; limit: number },
): NoticeGroup[] {
  const unread = notices.filter(({ readAt }) => readAt === null).slice(0, limit);
  const read = notices.filter(({ readAt }) => readAt !== null).slice(0, limit - unread.length);
  const days = new Map<string, NoticeRow[]>();
  for (const notice of read) {
    const day = format.day(notice.createdAt, now);
    days.set(day, [...(days.get(day) ?? []), notice]);
  }
  return [
    ...(unread.length > 0 ? [{ title: 'Unread', notices: unread }] : []),
    ...[...days].map(([title, ofDay]) => ({ title, notices: ofDay })),
  ];
}

const icons: Readonly<Record<NoticeKind, IconName>> = {
  confirmed: 'confirmed',
  refused: 'refused',
  changed: 'edit',
  asked_to_move: 'car',
  reminder_start: 'clock',
  reminder_end: 'clock',
  overstaying: 'warning',
  waitlist_offer: 'find',
  waitlist_taken: 'confirmed',
  waitlist_over: 'clock',
  slot_reserved: 'slot',
  slot_freed: 'slot',
  credits_low: 'credits',
  topup_paid: 'credits',
  topup_refunded: 'credits',
  claim_decided: 'slot',
  claim_waiting: 'slot',
};

/** The picture beside it; a bell for what only a newer version knows. */
export function noticeIcon(kind: string): IconName {
  return isNoticeKind(kind) ? icons[kind] : 'bell';
}
