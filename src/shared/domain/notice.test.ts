import { describe, expect, it } from 'vitest';
import type { NoticeRow } from './entities';
import {
  defaultNoticePreferences,
  goodUntil,
  mailTiming,
  noticeKinds,
  quietHoursOf,
  toldKeyOf,
  wantsPush,
} from './notice-kinds';
import { codeOf, decideAs, HOUR, neighbour, NOW, resident, stateOf } from './testing';

const notice = (id: string, fields: Partial<NoticeRow> = {}): NoticeRow => ({
  ...{ id, memberId: resident.id, kind: 'credits_low', data: { balance: 2 }, toldKey: id },
  ...{ createdAt: NOW - HOUR, readAt: null },
  ...fields,
});

describe('notice.read', () => {
  it('B4 marks what is the member’s own, and leaves the first reading as it is', () => {
    const theirs = notice('theirs', { memberId: neighbour.id });
    const before = notice('before', { readAt: NOW - 1 });
    const state = stateOf({ notices: [notice('a'), theirs, before] });
    const args = { noticeIds: ['a', 'theirs', 'before', 'gone'] };
    expect(codeOf(decideAs(state, resident, { op: 'notice.read@1', args }))).toBe('applied');
    expect([...state.notices.values()].map(({ id, readAt }) => [id, readAt])).toEqual([
      ['a', NOW],
      ['theirs', null],
      ['before', NOW - 1],
    ]);
  });

  it('B4 leaves out what is not the member’s own, and does not say whether it is anybody’s', () => {
    const state = stateOf({ notices: [notice('theirs', { memberId: neighbour.id })] });
    for (const id of ['theirs', 'unknown']) {
      const args = { noticeIds: [id] };
      expect(codeOf(decideAs(state, resident, { op: 'notice.read@1', args }))).toBe('applied');
    }
    expect(state.notices.get('theirs')?.readAt).toBeNull();
  });
});

describe('preferences', () => {
  it('B4 replace what stood before', () => {
    const state = stateOf({});
    for (const push of [{ refused: false }, { confirmed: false }]) {
      const preferences = { ...defaultNoticePreferences, push };
      decideAs(state, resident, { op: 'notice.set_preferences@1', args: { preferences } });
    }
    expect(state.noticePreferences.get(resident.id)?.push).toEqual({ confirmed: false });
  });

  it('B4 every kind has a default, and an own choice goes before it', () => {
    for (const kind of noticeKinds) {
      expect(typeof wantsPush(defaultNoticePreferences, kind)).toBe('boolean');
      expect(wantsPush({ push: { [kind]: false } }, kind)).toBe(false);
      expect(mailTiming({ mail: { [kind]: 'daily' } }, kind)).toBe('daily');
    }
  });

  it('B4 quiet hours that begin when they end are none', () => {
    expect(quietHoursOf({ quietHours: { from: 60, until: 60 } })).toBeNull();
    expect(quietHoursOf(defaultNoticePreferences)).toEqual({ from: 1320, until: 420 });
  });
});

describe('what the clock tells', () => {
  const told = { reservationId: 'r', start: 1, end: 2 };
  it('B4 is told once a reservation and time', () => {
    expect(toldKeyOf('reminder_start', told)).toBe('reminder_start:r:1');
    expect(toldKeyOf('reminder_end', told)).toBe('reminder_end:r:2');
    expect(toldKeyOf('overstaying', told)).toBe('overstaying:r:2');
  });

  it('B4 is good until what it is about has come', () => {
    expect(goodUntil('reminder_start', { ...told })).toBe(1);
    expect(goodUntil('waitlist_offer', { until: 5 })).toBe(5);
    expect(goodUntil('waitlist_offer', {})).toBeNull();
    expect(goodUntil('changed', { ...told })).toBeNull();
  });
});
