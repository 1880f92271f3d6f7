import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import type { SlotView } from '$lib/state/views';
import { timeFormat } from '../time/format';
import { fromWall } from '../time/site-clock';
import {
  changedPrice,
  changedPriceWords,
  deedWords,
  draftWindow,
  endingNow,
  latestEnd,
  otherSlots,
  steppedEnd,
  stepWords,
} from './change-choices';

const zone = 'Europe/Warsaw';
const format = timeFormat(zone, 'en-GB');
const at = (time: string): number => fromWall(`2026-11-21T${time}`, zone)!;
const now = at('14:02');
const before = { slotId: 's1', start: at('14:00'), end: at('16:00') };
const draft = (start: string, end: string, slotId = 's1') => ({
  slotId,
  slotLabel: slotId === 's1' ? 'A-05' : 'A-06',
  start: at(start),
  end: at(end),
});
const slot = (id: string, fields: Partial<SlotView> = {}): SlotView => ({
  id,
  label: id.toUpperCase(),
  level: '-1',
  kind: 'car',
  ownerId: null,
  ownerName: null,
  mine: false,
  lent: [],
  busy: [],
  position: null,
  lendWaiting: false,
  ...fields,
});

describe('C3 the end in steps', () => {
  test('stays after now and after the start', () => {
    expect(steppedEnd(before, 30, now)).toBe(at('16:30'));
    expect(steppedEnd({ start: at('14:00'), end: at('14:31') }, -30, now)).toBeNull();
    expect(steppedEnd({ start: at('14:00'), end: at('14:33') }, -30, now)).toBe(at('14:03'));
    expect(steppedEnd({ start: at('18:00'), end: at('18:30') }, -30, now)).toBeNull();
    expect([-30, 30, 60].map(stepWords)).toEqual(['−30 min', '+30 min', '+1 hour']);
  });

  test('"End now" leaves the wish 15 to 75 s to arrive', () => {
    expect(endingNow(now)).toBe(at('14:03'));
    expect(endingNow(now + 44_999)).toBe(at('14:03'));
    expect(endingNow(now + 45_000)).toBe(at('14:04'));
  });

  test('what reads as it was stays what it was, to the second', () => {
    const exact = { start: before.start + 7_000, end: before.end + 9_000 };
    expect(draftWindow({ start: before.start, end: at('17:00') }, exact)).toEqual({
      start: exact.start,
      end: at('17:00'),
    });
    expect(draftWindow(before, exact)).toEqual(exact);
  });
});

test.each([
  [draft('14:00', '16:00'), null],
  [draft('14:00', '16:30'), 'Extend to 16:30'],
  [draft('14:00', '15:00'), 'End at 15:00'],
  [draft('17:00', '19:00'), 'Move to today, 17:00 – 19:00'],
  [draft('14:00', '16:00', 's2'), 'Move to A-06'],
])('C3 the button says the deed: %#', (wanted, words) => {
  expect(deedWords(before, wanted, now, format)).toBe(words);
});

test('C3 before it begins an earlier end shortens it', () => {
  expect(deedWords(before, draft('14:00', '15:00'), at('13:00'), format)).toBe('Shorten to 15:00');
});

describe('C3 how far it can be extended', () => {
  const policy = { ...defaultPolicy, maximumLength: 4 * 3_600_000 };
  const own = { start: before.start, end: before.end };

  test('is to the next reservation, the end of what is lent, or the longest allowed', () => {
    const next = { start: at('17:15'), end: at('18:00') };
    expect(latestEnd(slot('s1', { busy: [own, next] }), before, policy, now)).toBe(at('17:15'));
    expect(latestEnd(slot('s1', { busy: [own] }), before, policy, now)).toBe(at('18:00'));
    const lent = [{ start: at('08:00'), end: at('16:45') }];
    expect(latestEnd(slot('s1', { ownerId: 'o', lent, busy: [own] }), before, policy, now)).toBe(at('16:45'));
  });

  test('is not at all when somebody comes right after, or it is as long as it may be', () => {
    const next = { start: at('16:00'), end: at('18:00') };
    expect(latestEnd(slot('s1', { busy: [own, next] }), before, policy, now)).toBeNull();
    expect(
      latestEnd(slot('s1', { busy: [own] }), before, { ...policy, maximumLength: 2 * 3_600_000 }, now),
    ).toBeNull();
  });
});

test('A3 other slots are free ones, the nearest first, never the member’s own or the one it has', () => {
  const from = slot('s1', { level: '-2' });
  const slots = [
    slot('s2'),
    slot('s3', { level: '-2' }),
    slot('s4', { busy: [before] }),
    slot('s5', { mine: true }),
    from,
  ];
  expect(otherSlots(slots, from, before).map(({ id }) => id)).toEqual(['s3', 's2']);
});

describe('C5 the price of a change', () => {
  const agreed = { cost: 2, receiverName: null };
  const owned = slot('s2', { ownerId: 'omar', ownerName: 'Omar Haddad' });

  test('stays as agreed with the same receiver', () => {
    const after = changedPrice(agreed, slot('s1'), slot('s3'), { price: 3, dearer: 0 });
    expect(after).toMatchObject({ cost: 2, paysElse: false, more: 0 });
    expect(changedPriceWords(agreed, after)).toBe('2 credits to the building, as agreed');
  });

  test('is more in dearer hours, and says how much', () => {
    const after = changedPrice(agreed, slot('s1'), slot('s1'), { price: 7, dearer: 4 });
    expect(after).toMatchObject({ cost: 6, paysElse: false, more: 4 });
    expect(changedPriceWords(agreed, after)).toBe('6 credits to the building, 4 credits more at these hours');
  });

  test('is today’s to another owner, and says who is paid instead of whom', () => {
    const after = changedPrice(agreed, slot('s1'), owned, { price: 3, dearer: 0 });
    expect(after).toEqual({ cost: 3, receiverName: 'Omar Haddad', paysElse: true, more: 1 });
    expect(changedPriceWords(agreed, after)).toBe(
      '3 credits to Omar Haddad instead of 2 credits to the building',
    );
  });
});
