import { expect, it } from 'vitest';
import { countdownWords, notAskedWords } from './answer-countdown';

it.each([
  [120_000, '2:00'],
  [119_001, '2:00'],
  [119_000, '1:59'],
  [9_000, '0:09'],
  [0, '0:00'],
  [-5_000, '0:00'],
])('X1 says of %d ms that %s is left', (milliseconds, words) => {
  expect(countdownWords(milliseconds)).toBe(words);
});

it('X1 says what else a code is than a guard’s question', () => {
  const all = ['UC1:AB', 'UC1C:AB', 'UC1S:AB', 'https://example.org'].map(notAskedWords);
  expect(new Set(all).size).toBe(4);
  expect(notAskedWords('UC1:AB')).toMatch(/a pass/);
});
