import { describe, expect, it } from 'vitest';
import { defaultNoticePreferences } from '#shared/domain/notice-kinds';
import { PUSHED_WITHIN, retryIn, waysOf, type ToDeliver } from './delivery';

// 2026-03-02, a Monday, 22:30 in Berlin.
const NIGHT = Date.UTC(2026, 2, 2, 21, 30);
const MORNING = Date.UTC(2026, 2, 3, 6);
const MINUTE = 60_000;

const notice = (fields: Partial<ToDeliver>): ToDeliver => ({
  ...{ kind: 'changed', data: {}, createdAt: NIGHT, timeZone: 'Europe/Berlin' },
  preferences: defaultNoticePreferences,
  done: { push: false, mail: false },
  ...fields,
});

describe('waysOf', () => {
  it('B4 by default wakes nobody at night but for what is urgent, and mails at once', () => {
    expect(waysOf(notice({}), NIGHT)).toEqual({ pushAt: MORNING, mailAt: NIGHT });
    const end = NIGHT + 15 * MINUTE;
    expect(waysOf(notice({ kind: 'reminder_end', data: { end } }), NIGHT)).toEqual({
      pushAt: NIGHT,
      mailAt: null,
    });
    expect(waysOf(notice({ kind: 'credits_low' }), NIGHT)).toEqual({ pushAt: null, mailAt: MORNING });
  });

  it('B4 an offer that is over before the morning is not pushed in the morning', () => {
    const offer = notice({ kind: 'waitlist_offer', data: { until: NIGHT + 10 * MINUTE } });
    expect(waysOf(offer, NIGHT)).toEqual({ pushAt: null, mailAt: NIGHT });
    expect(waysOf(offer, NIGHT + 10 * MINUTE)).toEqual({ pushAt: null, mailAt: null });
  });

  it('B4 sees to nothing twice, and wakes nobody with yesterday’s news', () => {
    expect(waysOf(notice({ done: { push: true, mail: true } }), NIGHT)).toEqual({
      pushAt: null,
      mailAt: null,
    });
    expect(waysOf(notice({}), NIGHT + PUSHED_WITHIN).pushAt).toBeNull();
  });
});

describe('retryIn', () => {
  it('B4 waits longer each time, and as long as it is asked to', () => {
    expect([1, 2, 3, 20].map((attempt) => retryIn(attempt, null))).toEqual([
      30_000,
      60_000,
      120_000,
      4 * 60 * MINUTE,
    ]);
    expect(retryIn(1, 5 * MINUTE)).toBe(5 * MINUTE);
    expect(retryIn(5, 1000)).toBe(480_000);
  });
});
