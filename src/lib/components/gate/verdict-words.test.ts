import { describe, expect, it } from 'vitest';
import { scanResultSchema } from '#shared/protocol/ops';
import type { GateCheck } from '$lib/scan/gate-check';
import { timeFormat } from '$lib/components/time/format';
import { freshnessWords, resultWord, verdictDetail, verdictWords } from './verdict-words';

const NOW = Date.UTC(2026, 2, 2, 10);
const MINUTE = 60_000;
const format = timeFormat('Europe/Zagreb', 'en-GB');
const check = (fields: Partial<GateCheck>): GateCheck => ({
  ...{ result: 'valid', source: 'camera', at: NOW, gate: 1, code: '', passId: 'p', counter: null },
  ...{ unreadable: null, lastUse: null, clockDifference: null, provisional: null },
  pass: {
    ...{ slot: 'A-01', plate: '', usesAllowed: 1, gates: null },
    window: { start: NOW + 30 * MINUTE, end: NOW - 30 * MINUTE },
  },
  ...fields,
});

describe('D4 words of a result', () => {
  const results = scanResultSchema.options;

  it('every result has a word of its own, what it means and what to do next', () => {
    const words = results.map((result) => verdictWords(check({ result })));
    expect(new Set(words.map(({ word }) => word)).size).toBe(results.length);
    for (const { word, meaning, next } of words) {
      expect([word, meaning, next].every((text) => text.length > 0)).toBe(true);
    }
    expect(new Set(results.map(resultWord)).size).toBe(results.length);
  });

  it('only a valid pass is green, only a refusal is red', () => {
    const toned = (tone: string) => results.filter((result) => verdictWords(check({ result })).tone === tone);
    expect(toned('yes')).toEqual(['valid']);
    expect(toned('caution')).toEqual(['unknown_key', 'clock_differs', 'valid_provisional', 'override']);
  });

  it('tells what is not readable apart', () => {
    const wordOf = (unreadable: GateCheck['unreadable']) =>
      verdictWords(check({ result: 'malformed', unreadable })).word;
    expect(wordOf('foreign')).toBe('Not one of our codes');
    expect(wordOf('damaged')).toBe('Damaged code');
    expect(wordOf('challenge')).toBe('A guard’s code');
  });

  it('a typed code asks to compare person and plate', () => {
    const words = verdictWords(check({ result: 'valid_provisional', provisional: 'typed' }));
    expect(words).toMatchObject({
      tone: 'caution',
      next: expect.stringContaining('compare person and plate'),
    });
  });

  it.each([
    [
      { result: 'already_used', lastUse: { at: NOW - MINUTE, gate: 2, by: 'Petra' } },
      'Used 10:59 at gate 2 by Petra',
    ],
    [{ result: 'too_early' }, 'Good from 11:30'],
    [{ result: 'expired' }, 'Ended 10:30'],
    [{ result: 'clock_differs', clockDifference: -120 }, 'Their clock is 2 mins behind'],
    [{ result: 'replay_or_clock', clockDifference: 3600 }, 'Their clock is 1 hr ahead'],
    [{ result: 'valid' }, null],
  ] as [Partial<GateCheck>, string | null][])('%o: %s', (fields, detail) => {
    expect(verdictDetail(check(fields), format, NOW)).toBe(detail);
  });

  it('names the gates that a pass opens', () => {
    const pass = { ...check({}).pass!, gates: [2, 3] };
    expect(verdictDetail(check({ result: 'wrong_entrance', pass }), format, NOW)).toBe(
      'It opens gates 2 and 3. This is gate 1.',
    );
  });
});

describe('X7 freshness', () => {
  it.each([
    [NOW - 4 * MINUTE - 5000, 'data from 10:55 (4 mins old)'],
    [NOW - 5000, 'data from 10:59 (just now)'],
    [NOW + 5000, 'data from 11:00 (just now)'],
    [null, 'no data from the server yet'],
  ])('%s: %s', (asOf, words) => expect(freshnessWords(asOf, format, NOW)).toBe(words));
});
