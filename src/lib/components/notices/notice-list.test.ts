import { describe, expect, it } from 'vitest';
import type { NoticeRow } from '#shared/domain/entities';
import { defaultNoticePreferences, noticeKinds } from '#shared/domain/notice-kinds';
import { timeFormat } from '../time/format';
import { noticeGroups, noticeIcon } from './notice-list';
import { isSame, preferenceGroups } from './preference-form';

const HOUR = 3_600_000;
// 23:30 in Warsaw: an hour ago was today, the same in UTC as half an hour from now, which is tomorrow.
const NOW = Date.UTC(2026, 1, 2, 22, 30);
const options = { format: timeFormat('Europe/Warsaw', 'en-GB'), now: NOW, limit: 50 };

function notice(id: string, hoursAgo: number, isRead: boolean): NoticeRow {
  const createdAt = NOW - hoursAgo * HOUR;
  return {
    ...{ id, memberId: 'm', kind: 'credits_low', data: {}, toldKey: id, createdAt },
    readAt: isRead ? createdAt : null,
  };
}

describe('the list of notices', () => {
  const notices = [
    ...[notice('a', 1, true), notice('b', 2, false), notice('c', 22, true), notice('d', 25, true)],
    ...[notice('e', 60, false)],
  ];
  const shape = (limit: number) =>
    noticeGroups(notices, { ...options, limit }).map(({ title, notices: list }) => [
      title,
      list.map(({ id }) => id).join(''),
    ]);

  it('B4 has what is unread first, then the days of the site', () => {
    expect(shape(50)).toEqual([
      ['Unread', 'be'],
      ['Today', 'ac'],
      ['Yesterday', 'd'],
    ]);
  });

  it('B4 is shown as far as asked for', () => {
    expect(shape(3)).toEqual([
      ['Unread', 'be'],
      ['Today', 'a'],
    ]);
    expect(shape(1)).toEqual([['Unread', 'b']]);
    expect(noticeGroups([], options)).toEqual([]);
  });

  it('B4 shows a bell for what it does not know', () => expect(noticeIcon('of_tomorrow')).toBe('bell'));
});

describe('what one can choose to be told', () => {
  it('B4 is every kind, each once; what is for managers is theirs alone', () => {
    const kinds = (role: 'manager' | 'resident') =>
      preferenceGroups(defaultNoticePreferences, role).flatMap(({ lines }) => lines.map(({ kind }) => kind));
    expect(kinds('manager').toSorted()).toEqual([...noticeKinds].toSorted());
    expect(kinds('resident')).not.toContain('claim_waiting');
  });

  it('B4 an own choice that is the default is no change, another is', () => {
    const chosen = (push: boolean) => ({ ...defaultNoticePreferences, push: { slot_reserved: push } });
    expect(isSame(defaultNoticePreferences, chosen(false))).toBe(true);
    expect(isSame(defaultNoticePreferences, chosen(true))).toBe(false);
    expect(isSame(defaultNoticePreferences, { ...defaultNoticePreferences, quietHours: null })).toBe(false);
  });
});
