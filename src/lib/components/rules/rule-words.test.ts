import { expect, test } from 'vitest';
import { defaultPolicy, type SitePolicy } from '#shared/domain/policy';
import { ruleSentences } from './rule-words';

const HOUR = 3_600_000;
const told = (topic: string, changes: Partial<SitePolicy> = {}): string | undefined =>
  ruleSentences({ ...defaultPolicy, ...changes }).find((rule) => rule.topic === topic)?.sentence;

test('C3 C6 every part of the policy is told, each in one place', () => {
  const from = ruleSentences(defaultPolicy).flatMap((rule) => rule.from);
  expect(from.toSorted()).toEqual(Object.keys(defaultPolicy).toSorted());
});

test.each([
  [
    'Price',
    {},
    'A reservation costs 3 credits. The slot’s owner gets them, or the building for its own slots.',
  ],
  ['Price', { price: 0 }, 'Reserving a slot costs nothing.'],
  ['How long', {}, 'A reservation lasts 24 hours at most.'],
  ['How far ahead', {}, 'It ends at most 30 days from now.'],
  [
    'How early to ask',
    { leadTime: HOUR / 2 },
    'A slot must be reserved at least 30 minutes before it is used.',
  ],
  ['How many', {}, 'You can have one reservation at a time. A slot kept for later counts too.'],
  [
    'How many',
    { reservationsAtATime: 3 },
    'You can have 3 reservations at a time. A slot kept for later counts too.',
  ],
  [
    'Quiet hours',
    { quietHours: { from: 22 * 60, until: 6 * 60 } },
    '22:00 – 06:00: no car comes or goes, so no reservation starts or ends then.',
  ],
  [
    'Between neighbours',
    { coolingOff: 4 * HOUR },
    'After a neighbour reserved your slot, you can reserve theirs only 4 hours later.',
  ],
  ['Cancelling', {}, 'You can cancel until the start and get everything back.'],
  [
    'Cancelling',
    { cancelCutOff: 2 * HOUR, lateCancelCharge: 9 },
    'You can cancel until 2 hours before the start and get everything back. Later, until the start, 3 credits are kept.',
  ],
  ['Cancelling', { cancelCutOff: 2 * HOUR }, 'You can cancel until the start and get everything back.'],
  ['Not coming', {}, 'Nobody checks whether you used your reservation.'],
  [
    'Not coming',
    { tracksNoShows: true, noShowCharge: 1 },
    'A reservation whose pass was never shown at the gate counts as not used and costs 1 credit more.',
  ],
  [
    'Keeping a slot',
    {},
    'You can keep one slot for a time that ends within 12 hours and book later, also without signal. What you do not book costs 1 credit.',
  ],
  ['Keeping a slot', { leaseTime: 0 }, 'Slots are not kept for later here.'],
  [
    'Visitors',
    {},
    'You can make 5 visitor passes in seven days; one that you take back unused does not count. What visitors pay is noted in EUR.',
  ],
  [
    'Visitors',
    { visitorPassesPerWeek: 0, currency: 'PLN' },
    'Visitor passes are made by guards and managers alone. What visitors pay is noted in PLN.',
  ],
  ['New residents', {}, 'Everybody new starts with 50 credits.'],
] as const)('C3 C6 %s %j', (topic, changes, sentence) => {
  expect(told(topic, changes)).toBe(sentence);
});
