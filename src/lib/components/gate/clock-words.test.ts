import { describe, expect, it } from 'vitest';
import { scanResultSchema } from '#shared/protocol/ops';
import type { ClockDoubt } from '$lib/scan/guard-clock';
import { clockNote, wordsUnder } from './clock-words';
import { verdictWords, type WordedCheck } from './verdict-words';

const doubt: ClockDoubt = { kind: 'jumped', by: 120_000 };
const check = (fields: Partial<WordedCheck>): WordedCheck => ({
  ...{ result: 'valid', direction: 'entry', unreadable: null, provisional: null, kind: 0, pass: null },
  ...{ earlierUses: null, isAnswer: false, at: 0 },
  ...fields,
});

describe('X1 D4 a result while the guard’s clock is in doubt', () => {
  it('is told from one that the clock has no say in', () => {
    const noted = scanResultSchema.options.filter((result) => clockNote(check({ result }), doubt) !== null);
    expect(noted.toSorted()).toEqual([
      ...['clock_differs', 'expired', 'replay_or_clock', 'too_early', 'valid', 'valid_provisional'],
    ]);
    expect(noted.every((result) => clockNote(check({ result }), null) === null)).toBe(true);
  });

  it.each(['entry', 'exit'] as const)(
    'at the %s nothing is green but an answer to a challenge',
    (direction) => {
      const valid = check({ direction });
      expect(wordsUnder(valid, null)).toEqual(verdictWords(valid));
      expect(wordsUnder(valid, doubt)).toEqual({ ...verdictWords(valid), tone: 'caution', icon: 'warning' });
      const answer = check({ direction, isAnswer: true });
      expect([wordsUnder(answer, doubt).tone, clockNote(answer, doubt)]).toEqual(['yes', null]);
    },
  );

  it('what was refused stays refused', () => {
    for (const result of ['expired', 'too_early'] as const) {
      expect(wordsUnder(check({ result }), doubt)).toEqual(verdictWords(check({ result })));
    }
  });
});
