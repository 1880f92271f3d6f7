import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeFormat } from '../time/format';
import { fromWall } from '../time/site-clock';
import { costWords, freeWords, notFreeWords, placeWords, timelineWords } from './offer-words';
import { dayOf, endOfFree, offersFor, type OfferedSlot } from './offers';

const zone = 'Europe/Warsaw';
const format = timeFormat(zone, 'en-GB');
const at = (time: string, day = '21'): number => fromWall(`2026-11-${day}T${time}`, zone)!;
const range = (start: string, end: string) => ({ start: at(start), end: at(end) });
const now = at('14:00');

function slot(fields: Partial<OfferedSlot> & { label: string }): OfferedSlot {
  return { id: fields.label, ownerId: null, ownerName: null, lent: [], busy: [], mine: false, ...fields };
}
const mara = { ownerId: 'mara', ownerName: 'Mara' };

describe('offers', () => {
  const slots = [
    slot({ label: 'A-01' }),
    slot({ label: 'A-02', busy: [range('17:00', '19:00')] }),
    slot({ label: 'A-03', ...mara, lent: [range('08:00', '18:00')] }),
    slot({ label: 'A-04', busy: [range('13:00', '15:30')] }),
    slot({ label: 'A-05', ownerId: 'me', mine: true, lent: [range('08:00', '20:00')] }),
    slot({ label: 'A-06', ...mara, lent: [] }),
    slot({ label: 'A-07', busy: [range('15:00', '15:15')] }),
  ];

  test('A3 tells free slots from others and leaves out the own ones', () => {
    const { free, others } = offersFor(slots, range('14:00', '16:00'), now);
    expect(free.map((offer) => offer.slot.label)).toEqual(['A-01', 'A-02', 'A-03']);
    // Those that get free soonest come first, those that never do last.
    expect(others.map((offer) => offer.slot.label)).toEqual(['A-07', 'A-04', 'A-06']);
  });

  test('C4 says until when, and why', () => {
    const { free, others } = offersFor(slots, range('14:00', '16:00'), now);
    expect(free.map((offer) => freeWords(offer.end, now, now, format))).toEqual([
      'Free all day from now',
      'Free now, reserved from 17:00',
      'Free until 18:00',
    ]);
    expect(others.map((offer) => notFreeWords(offer, range('14:00', '16:00'), now, format))).toEqual([
      'Free now, reserved from 15:00',
      'Free again from 15:30',
      'Not free for this long within a day',
    ]);
  });

  test('C4 speaks of the window’s start when that is later', () => {
    const end = endOfFree(slots[1]!, at('16:00'))!;
    expect(freeWords(end, at('16:00'), now, format)).toBe('Free from 16:00, reserved from 17:00');
    expect(freeWords({ reason: 'lent_until', at: at('18:00') }, at('16:00'), now, format)).toBe(
      'Free from 16:00 until 18:00',
    );
    expect(freeWords({ reason: 'open', at: null }, at('10:00', '22'), now, format)).toBe(
      'Free from tomorrow 10:00 for at least a day',
    );
  });

  test('what is offered next is really free and as long as asked for', () => {
    const time = fc.integer({ min: 0, max: 48 }).map((quarter) => now + (quarter - 8) * 900_000);
    const ranges = fc.array(
      fc
        .tuple(time, fc.integer({ min: 1, max: 12 }))
        .map(([start, n]) => ({ start, end: start + n * 900_000 })),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(ranges, ranges, fc.boolean(), (lent, busy, owned) => {
        const subject = slot({ label: 'A-01', ...(owned ? { ...mara, lent } : {}), busy });
        const window = { start: now, end: now + 3_600_000 };
        const { free, others } = offersFor([subject], window, now);
        expect(free.length + others.length).toBe(1);
        const next = others[0]?.next;
        if (!next) return;
        expect(next.end - next.start).toBe(3_600_000);
        expect(busy.some((taken) => taken.start < next.end && next.start < taken.end)).toBe(false);
      }),
    );
  });
});

test('a day in words', () => {
  const day = dayOf(slot({ label: 'A-02', busy: [range('17:00', '19:00')] }), range('14:00', '22:00'));
  expect(timelineWords(day, format)).toBe('Free 14:00 – 17:00 and 19:00 – 22:00. Reserved 17:00 – 19:00.');
  expect(timelineWords({ free: [], reserved: [] }, format)).toBe('Not free.');
});

test('C5 names the cost and who receives it', () => {
  expect(costWords(3, 'Mara Lindqvist')).toBe('3 credits to Mara Lindqvist');
  expect(costWords(1, null)).toBe('1 credit to the building');
  expect(costWords(0, null)).toBe('No credits');
});

test('a place in words', () => {
  expect(placeWords({ level: '-1', kind: 'charger' })).toBe('Level -1 · With charger');
  expect(placeWords({ level: '', kind: 'car' })).toBe('Car');
});
