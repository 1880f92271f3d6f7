import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeakPrice } from './policy';
import { dearerBy, peakOf, priceOf } from './price';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const morning: PeakPrice = { weekdays: [1, 2, 3, 4, 5], from: 7 * 60, until: 10 * 60, price: 6 };
const night: PeakPrice = { weekdays: [7], from: 22 * 60, until: 2 * 60, price: 5 };
const rules = { price: 3, peakPrices: [morning, night] };

/** A window in UTC, of so many minutes. */
function windowAt(iso: string, minutes: number) {
  const start = Date.parse(iso);
  return { start, end: start + minutes * MINUTE };
}

describe('C5 the price of a window', () => {
  it('C5 is the site’s price where no peak price holds', () => {
    expect(priceOf({ price: 3, peakPrices: [] }, 'Europe/Berlin', windowAt('2026-03-02T07:00Z', 60))).toBe(3);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-07T07:00Z', 60))).toBe(3);
  });

  it('C5 is half-open: a window that ends when the peak begins, or begins when it ends, is not in it', () => {
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-02T05:00Z', 60))).toBe(3);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-02T05:00Z', 61))).toBe(6);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-02T09:00Z', 60))).toBe(3);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-02T08:59Z', 60))).toBe(6);
  });

  it('C5 goes over midnight, and over the week’s end', () => {
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-09T00:30Z', 10))).toBe(5);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-09T01:00Z', 10))).toBe(3);
    expect(priceOf(rules, 'Europe/Berlin', windowAt('2026-03-08T20:00Z', 90))).toBe(5);
  });

  it('C5 is the highest of those that hold, whichever comes first', () => {
    const window = windowAt('2026-03-08T22:00Z', 9 * 60);
    expect(priceOf(rules, 'Europe/Berlin', window)).toBe(6);
    expect(priceOf({ ...rules, peakPrices: [night, morning] }, 'Europe/Berlin', window)).toBe(6);
    expect(peakOf([night, morning], 'Europe/Berlin', window)).toBe(morning);
  });

  it('C5 is never lower than the site’s price: one cheap minute does not make a day cheap', () => {
    const cheap = { weekdays: [1], from: 0, until: 0, price: 0 };
    expect(priceOf({ price: 3, peakPrices: [cheap] }, 'UTC', windowAt('2026-03-02T23:59Z', 1))).toBe(3);
    expect(
      priceOf({ price: 3, peakPrices: [cheap, morning] }, 'UTC', windowAt('2026-03-02T00:00Z', 600)),
    ).toBe(6);
  });

  it('C5 follows the wall clock over a change: hours that are skipped belong to no window', () => {
    const skipped = { weekdays: [7], from: 2 * 60, until: 3 * 60, price: 9 };
    const all = { price: 3, peakPrices: [skipped] };
    // 2026-03-29: 02:00 becomes 03:00 in Berlin; 2026-10-25: 03:00 becomes 02:00
    expect(priceOf(all, 'Europe/Berlin', windowAt('2026-03-28T23:00Z', 5 * 60))).toBe(3);
    expect(priceOf(all, 'Europe/Berlin', windowAt('2026-10-25T01:30Z', 10))).toBe(9);
    expect(priceOf(all, 'Europe/Berlin', windowAt('2026-10-25T02:00Z', 10))).toBe(3);
  });
});

/** Minute by minute, off the wall clock. */
function naivePrice(
  peakPrices: readonly PeakPrice[],
  timeZone: string,
  { start, end }: { start: number; end: number },
) {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  });
  const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
  const holding = new Set<number>();
  for (let at = start; at < end; at += MINUTE) {
    const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    const weekday = names.indexOf(parts['weekday'] ?? '') + 1;
    const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
    for (const peak of peakPrices) {
      const within = peak.from < peak.until;
      const today = peak.weekdays.includes(weekday);
      const yesterday = peak.weekdays.includes(weekday === 1 ? 7 : weekday - 1);
      const holds = within
        ? today && peak.from <= minute && minute < peak.until
        : (today && peak.from <= minute) || (yesterday && minute < peak.until);
      if (holds) holding.add(peak.price);
    }
  }
  return Math.max(3, ...holding);
}

describe('C5 the price against a model that looks at every minute', () => {
  const changes: Readonly<Record<string, string[]>> = {
    'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
    // Half an hour, in the south
    'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
    'Pacific/Auckland': ['2026-04-04T14:00Z', '2026-09-26T14:00Z'],
    'Asia/Kathmandu': ['2028-02-29T00:00Z'],
  };
  const peak = fc.record({
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
    from: fc.nat(1439),
    until: fc.nat(1439),
    price: fc.nat(9),
  });
  for (const [timeZone, moments] of Object.entries(changes)) {
    it(`C5 agrees around the changes of ${timeZone}`, () => {
      fc.assert(
        fc.property(
          fc.array(peak, { maxLength: 3 }),
          fc.constantFrom(...moments),
          fc.integer({ min: -30 * 60, max: 6 * 60 }),
          fc.integer({ min: 1, max: 26 * 60 }),
          (peakPrices, moment, before, minutes) => {
            const start = Date.parse(moment) + before * MINUTE;
            const window = { start, end: start + minutes * MINUTE };
            expect(priceOf({ price: 3, peakPrices }, timeZone, window)).toBe(
              naivePrice(peakPrices, timeZone, window),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it('C5 counts what is less than a minute, too', () => {
    const start = Date.parse('2026-03-02T05:59:59.999Z');
    expect(priceOf(rules, 'Europe/Berlin', { start: start - HOUR, end: start + 1 })).toBe(3);
    expect(priceOf(rules, 'Europe/Berlin', { start: start - HOUR, end: start + 2 })).toBe(6);
  });
});

describe('C5 what moves cost in all', () => {
  const MONDAY = Date.UTC(2026, 2, 2);
  const hours = fc.array(fc.nat(7 * 24 - 1), { minLength: 1, maxLength: 12 });

  it('C5 is the price of the dearest hours it was ever in, however often it went there and back', () => {
    fc.assert(
      fc.property(hours, (places) => {
        const windows = places.map((hour) => ({
          start: MONDAY + hour * HOUR,
          end: MONDAY + (hour + 1) * HOUR,
        }));
        const site = { policy: rules, timeZone: 'Europe/Berlin' };
        let price = priceOf(rules, site.timeZone, windows[0]!);
        let dearest = price;
        for (const [at, after] of windows.entries()) {
          price += dearerBy(site, { reservation: { ...windows[Math.max(0, at - 1)]!, price }, after });
          dearest = Math.max(dearest, priceOf(rules, site.timeZone, after));
          expect(price).toBe(dearest);
        }
      }),
    );
  });
});
