import { expect, it } from 'vitest';
import { createSettableClock } from '../platform/clock';
import { createOfferPauses } from './offer-pauses';

const MINUTE = 60_000;
const pair = { entryId: 'e', slotId: 's' };

it.each([
  ['own_slot', MINUTE, false],
  ['slot_taken', 1000, false],
  ['window_quiet', MINUTE, true],
  ['credits_short', MINUTE, true],
  ['waitlist_ended', 1000, true],
])('E8 %s rests for %i ms; the whole entry: %s', (code, length, isWhole) => {
  const clock = createSettableClock(0);
  const pauses = createOfferPauses(clock);
  pauses.note(pair, code);
  expect([pauses.has('e', 's'), pauses.has('e', 'other')]).toEqual([true, isWhole]);
  clock.advance(length);
  expect(pauses.has('e', 's')).toBe(false);
});

it('E8 what is refused again rests for twice as long, an hour at most; races do not add up', () => {
  const clock = createSettableClock(0);
  const pauses = createOfferPauses(clock);
  const lengthOf = (code: string) => {
    pauses.tidy();
    pauses.note(pair, code);
    let length = 0;
    for (; pauses.has('e', 's'); length += 1000) clock.advance(1000);
    return length;
  };
  expect(Array.from({ length: 8 }, () => lengthOf('own_slot') / MINUTE)).toEqual([
    1, 2, 4, 8, 16, 32, 60, 60,
  ]);
  expect([lengthOf('slot_taken'), lengthOf('slot_taken')]).toEqual([1000, 1000]);
});
