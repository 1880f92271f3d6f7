import { expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { opSchemas } from '#shared/protocol/ops';
import { waitInstead } from './wait-instead';
import {
  answeredWords,
  choicesOf,
  conditionWords,
  countdownWords,
  isMaxPrice,
  servedWords,
  takingWords,
} from './waitlist-words';

const any = { kinds: [], levels: [], maxPrice: null } as const;

test('E8 what is waited for is said in one line', () => {
  expect(conditionWords(any)).toBe('Any slot');
  expect(conditionWords({ ...any, maxPrice: 1 })).toBe('Any slot, at most 1 credit');
  expect(conditionWords({ kinds: ['charger'], levels: ['-1', '-2'], maxPrice: 3 })).toBe(
    'Level -1 or -2, with charger, at most 3 credits',
  );
  expect(conditionWords({ ...any, kinds: ['car', 'small', 'accessible'] })).toBe(
    'Car, small car or accessible',
  );
});

test('E8 a typed price is taken exactly where the wire takes it', () => {
  const join = { entryId: crypto.randomUUID(), start: 0, end: 1, kinds: [], levels: [], takeForMe: false };
  for (const maxPrice of [-5, 0, 2.5, 10_000, 10_001, 99_999, NaN]) {
    const wire = opSchemas['waitlist.join@1'].safeParse({ ...join, maxPrice });
    expect([maxPrice, isMaxPrice(maxPrice)]).toEqual([maxPrice, wire.success]);
  }
});

test('E8 what happens when one gets free: the site’s time for offers is said', () => {
  expect(takingWords(false, { offerTime: 600_000 })).toContain('kept for you for 10 minutes');
  expect(takingWords(true, { offerTime: 600_000 })).toContain('at once');
});

test('E8 an offer counts down, and never below nothing', () => {
  expect(countdownWords(9 * 60_000 + 5_999)).toBe('9:05');
  expect(countdownWords(999)).toBe('0:00');
  expect(countdownWords(3_600_000 - 1)).toBe('59:59');
  expect(countdownWords(3_600_000)).toBe('1 hour');
  expect(countdownWords(2 * 3_600_000 - 1)).toBe('1 hour');
  expect(countdownWords(-5)).toBe('0:00');
  expect(countdownWords(2 * 3_600_000)).toBe('2 hours');
});

test('E8 X7 an answer to an offer is not called done before the server has it', () => {
  const at = (isOnline: boolean) => ({ slotLabel: 'A-10', isOnline });
  expect(answeredWords('take', at(true))).toBe('Asked for A-10.');
  expect(answeredWords('take', at(false))).toBe('Taking A-10 waits to be sent.');
  expect(answeredWords('pass', at(false))).toBe('Letting A-10 pass waits to be sent.');
  expect(answeredWords('pass', at(true))).toBe('A-10 goes to the next in line.');
});

test('E8 only what a building has more than one of is a condition', () => {
  expect(choicesOf([{ level: '-1', kind: 'car' }])).toEqual({ levels: [], kinds: [] });
  const slots = [
    { level: '-2', kind: 'charger' },
    { level: '-10', kind: 'car' },
    { level: '', kind: 'car' },
  ] as const;
  expect(choicesOf(slots)).toEqual({ levels: ['-2', '-10'], kinds: ['car', 'charger'] });
});

test('E8 the loser of a conflict can wait for the same time, for the same kind where it was a special one', () => {
  const window = { start: 1000, end: 3_600_000 };
  const wish = { op: 'reservation.create@1', args: { slotId: 'car', ...window } } as const;
  const special = { ...wish, args: { ...wish.args, slotId: 'charger' } };
  const slots = (['car', 'charger', 'small'] as const).map((kind) => ({ id: kind, kind }));
  const at = (now: number) => ({ policy: defaultPolicy, slots, now });
  const taken = { code: 'slot_taken', alternatives: [] };
  const instead = (slotId: string) => ({
    ...taken,
    alternatives: [{ slotId, label: slotId, cost: 3, ...window }],
  });
  expect(waitInstead(wish, taken, at(0))).toEqual({ window, kinds: [] });
  expect(waitInstead(special, taken, at(0))).toEqual({ window, kinds: ['charger'] });
  expect(
    waitInstead({ ...wish, op: 'reservation.lease@1' }, { ...taken, code: 'slot_not_lent' }, at(0)),
  ).toEqual({
    window,
    kinds: [],
  });
  // As good a slot is free: one tap takes it.
  expect(waitInstead(wish, instead('small'), at(0))).toBeNull();
  expect(waitInstead(special, instead('charger'), at(0))).toBeNull();
  expect(waitInstead(special, instead('car'), at(0))).toEqual({ window, kinds: ['charger'] });
  expect(waitInstead(wish, { ...taken, code: 'credits_short' }, at(0))).toBeNull();
  expect(waitInstead(wish, taken, at(window.end - 15 * 60_000))).toBeNull();
  expect(waitInstead({ ...wish, op: 'reservation.change@1' }, taken, at(0))).toBeNull();
  expect(waitInstead(null, taken, at(0))).toBeNull();
});

test('E8 who has booked a part of the time is told to wait again for the rest', () => {
  expect(servedWords({ isWhole: false })).toContain('Wait again for the rest');
  expect(servedWords({ isWhole: true })).not.toContain('rest');
});
