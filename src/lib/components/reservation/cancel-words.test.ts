import { expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { refundWords } from './cancel-words';
import { chargeWords } from './charge-words';

const HOUR = 3_600_000;
const start = 100 * HOUR;
const confirmed = { state: 'confirmed', start, cost: 3 } as const;
const strict = { ...defaultPolicy, cancelCutOff: 2 * HOUR, lateCancelCharge: 1 };

test.each([
  [confirmed, start - 3 * HOUR, 'You get 3 credits back.'],
  [confirmed, start - HOUR, 'You get 2 of 3 credits back: cancelling this late costs 1 credit.'],
  [{ ...confirmed, cost: 1 }, start - HOUR, 'You get nothing back: cancelling this late costs 1 credit.'],
  [{ ...confirmed, cost: 0 }, start - HOUR, 'It cost nothing.'],
  [
    { ...confirmed, state: 'held' } as const,
    start,
    'You get 2 of 3 credits back: keeping the slot for you costs 1 credit.',
  ],
])('C3 X3 cancelling tells what comes back: %#', (reservation, now, words) => {
  expect(refundWords(strict, reservation, now)).toBe(words);
});

test('C3 a charge says what for', () => {
  expect(chargeWords(3)).toBe('3 credits more, because nobody came');
  expect(chargeWords(0)).toBeNull();
});
