import { describe, expect, it } from 'vitest';
import { noticeKinds, type NoticeDataByKind, type NoticeKind } from '#shared/domain/notice-kinds';
import { timeFormat } from '../time/format';
import { noticePath, noticeWords } from './notice-words';

// Midday of a winter's day, Warsaw.
const NOW = Date.UTC(2026, 1, 2, 11);
const HOUR = 3_600_000;
const options = { format: timeFormat('Europe/Warsaw', 'en-GB'), now: NOW };
const told = {
  ...{ reservationId: 'r-1', slotId: 's', slotLabel: 'A-12' },
  ...{ start: NOW + HOUR, end: NOW + 3 * HOUR },
};
const former = { formerLabel: 'B-1', formerStart: NOW + HOUR, formerEnd: NOW + 2 * HOUR };

const examples: { [K in NoticeKind]: NoticeDataByKind[K] } = {
  confirmed: { ...told, cost: 3 },
  refused: { intentId: 'i', op: 'reservation.create@1', code: 'slot_taken', ...told },
  changed: { ...told, ...former, change: 'moved', by: 'manager', refund: 0 },
  asked_to_move: told,
  reminder_start: told,
  reminder_end: told,
  overstaying: told,
  waitlist_offer: { ...told, entryId: 'e', price: 3, until: NOW + 600_000 },
  waitlist_taken: { ...told, entryId: 'e', price: 1 },
  waitlist_over: { entryId: 'e', start: told.start, end: told.end, reason: 'lapsed' },
  slot_reserved: { ...told, credits: 3 },
  slot_freed: { ...told, credits: 0 },
  credits_low: { balance: 1 },
  topup_paid: { topupId: 't', credits: 10, receiptNumber: 7 },
  topup_refunded: { topupId: 't', credits: 10 },
  claim_decided: { claimId: 'c', slotLabel: 'A-12', slotId: null, approved: false, reason: 'Not yours.' },
  claim_waiting: { claimId: 'c', slotLabel: 'A-12', level: 'B2' },
};

describe('the words of a notice', () => {
  it.each(noticeKinds)('B4 say what %s tells of, in the site’s time', (kind) => {
    const { title, body } = noticeWords({ kind, data: examples[kind] }, options);
    expect(`${title} ${body}`).not.toMatch(/undefined|NaN|null|\[object/);
    expect(title.length).toBeLessThan(60);
  });

  it('B4 name slot and time, and who did it', () => {
    expect(noticeWords({ kind: 'changed', data: examples.changed }, options)).toEqual({
      title: 'Moved to A-12',
      body: 'Now A-12: Today, 13:00 – 15:00. It was B-1: Today, 13:00 – 14:00. The manager did it.',
    });
    expect(noticeWords({ kind: 'waitlist_offer', data: examples.waitlist_offer }, options).body).toBe(
      'Today, 13:00 – 15:00, 3 credits. Kept for you until 12:10.',
    );
  });

  it('B4 a refusal says why where that is known', () => {
    const reasonOf = (code: string) => `(${code})`;
    const { title, body } = noticeWords(
      { kind: 'refused', data: examples.refused },
      { ...options, reasonOf },
    );
    expect([title, body]).toEqual(['A-12 was not booked', 'Today, 13:00 – 15:00. (slot_taken)']);
  });

  it.each(noticeKinds)('B4 say nothing of slot and time of %s on a locked screen', (kind) => {
    const { title, body } = noticeWords({ kind }, options);
    expect(`${title} ${body}`).not.toMatch(/A-12|\d/);
  });

  it('B4 of another version are general, and never fail', () => {
    expect(noticeWords({ kind: 'of_tomorrow', data: {} }, options).title).toBe('There is news');
    expect(noticeWords({ kind: 'reminder_end', data: { end: 'soon' } }, options).title).toBe(
      'Your time ends soon',
    );
  });
});

describe('where a notice leads', () => {
  it.each([
    ['confirmed', '/reservations/r-1'],
    ['reminder_start', '/reservations/r-1/pass'],
    ['waitlist_offer', '/'],
    ['slot_reserved', '/slots'],
    ['claim_waiting', '/building/slots'],
    ['of_tomorrow', '/notices'],
  ])('B4 %s: to %s', (kind, path) => expect(noticePath({ kind, data: told })).toBe(path));

  it('B4 without data to where its kind belongs', () => {
    expect(noticePath({ kind: 'confirmed' })).toBe('/reservations');
    expect(noticePath({ kind: 'reminder_start' })).toBe('/pass');
  });

  it('B4 C4 a refusal to its wish where that is, else to what is free then', () => {
    const path = `/find?from=${String(told.start)}&until=${String(told.end)}`;
    expect(noticePath({ kind: 'refused', data: examples.refused }, false)).toBe(path);
    expect(noticePath({ kind: 'refused', data: examples.refused })).toBe('/');
    expect(noticePath({ kind: 'waitlist_over', data: examples.waitlist_over })).toBe(path);
    expect(noticePath({ kind: 'refused', data: { start: null, end: null } }, false)).toBe('/find');
  });
});
