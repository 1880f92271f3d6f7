import { describe, expect, it } from 'vitest';
import { scanResultSchema } from '#shared/protocol/ops';
import type { GateCheck } from '$lib/scan/gate-check';
import { timeFormat } from '$lib/components/time/format';
import { isMeant, undoLeft, verdictActions } from './verdict-actions';
import { isOwnUse, verdictDetail } from './verdict-detail';
import { freshnessWords, resultWord, revocationWords, verdictWords } from './verdict-words';

const NOW = Date.UTC(2026, 2, 2, 10);
const MINUTE = 60_000;
const format = timeFormat('Europe/Zagreb', 'en-GB');
const check = (fields: Partial<GateCheck>): GateCheck => ({
  ...{
    result: 'valid',
    source: 'camera',
    direction: 'entry',
    at: NOW,
    gate: 1,
    code: '',
    passId: 'p',
    kind: 0,
  },
  ...{ counter: null, unreadable: null, lastUse: null, earlierUses: null, clockDifference: null, skew: null },
  ...{ isAnswer: false, provisional: null },
  pass: {
    ...{ slot: 'A-01', plate: '', usesAllowed: 1, gates: null },
    window: { start: NOW + 30 * MINUTE, end: NOW - 25 * MINUTE },
  },
  ...fields,
});
const detail = (fields: Partial<GateCheck>, ownUse = false) =>
  verdictDetail(check(fields), { format, now: NOW, asOf: NOW - 2 * MINUTE, isOwnUse: ownUse });
/** Shown at once, and looked at after so many ms of the clock and of running time. */
const undoAfter = (fields: Partial<GateCheck>, clock: number, running = clock) =>
  undoLeft({ check: check(fields), shownAt: 7000 }, { now: NOW + clock, running: 7000 + running });
const results = scanResultSchema.options;
const directions = ['entry', 'exit'] as const;
const everywhere = directions.flatMap((direction) => results.map((result) => ({ direction, result })));

describe('D4 words of a result', () => {
  it.each(directions)(
    'at the %s every result has a word of its own, a meaning and a next step',
    (direction) => {
      const words = results.map((result) => verdictWords(check({ result, direction })));
      expect(new Set(words.map(({ word }) => word)).size).toBe(results.length);
      for (const { word, meaning, next } of words) {
        expect([word, meaning, next].every((text) => text.length > 0)).toBe(true);
      }
      expect(new Set(results.map((result) => resultWord(result, direction))).size).toBe(results.length);
    },
  );

  it.each(everywhere)('$result at the $direction speaks of no other way', ({ result, direction }) => {
    const { word, meaning, next } = verdictWords(check({ result, direction }));
    const other =
      direction === 'entry' ? /\blet (them|nobody) out\b|may leave/i : /\blet (them|nobody) in\b/i;
    expect([word, meaning, next].join(' ')).not.toMatch(other);
  });

  it.each([
    ['entry', 'yes', ['valid']],
    ['entry', 'caution', ['unknown_key', 'clock_differs', 'valid_provisional', 'override', 'undone']],
    ['exit', 'yes', ['valid']],
    [
      'exit',
      'caution',
      ['unknown_key', 'expired', 'clock_differs', 'valid_provisional', 'override', 'undone'],
    ],
  ] as const)('at the %s, %s are only %j', (direction, tone, expected) => {
    const toned = results.filter((result) => verdictWords(check({ result, direction })).tone === tone);
    expect(toned).toEqual(expected);
  });

  it.each([
    ['foreign', 'Not one of our codes'],
    ['damaged', 'Damaged code'],
    ['challenge', 'A guard’s code'],
  ] as const)('%s is told from what else is not readable', (unreadable, word) => {
    expect(verdictWords(check({ result: 'malformed', unreadable })).word).toBe(word);
  });

  it.each(['typed', 'found'] as const)('what was %s asks to compare the person', (provisional) => {
    const words = verdictWords(check({ result: 'valid_provisional', provisional }));
    expect(words.tone).toBe('caution');
    expect(words.next).toMatch(/compare (the )?person/);
  });

  it('an exit after its time says by how much', () => {
    expect(verdictWords(check({ result: 'expired', direction: 'exit' }))).toMatchObject({
      word: 'Overstayed by 25 mins',
      tone: 'caution',
    });
  });

  it.each(['valid', 'valid_provisional', 'expired'] as const)(
    '%s out without a known entry is amber and says so',
    (result) => {
      const fields = { result, direction: 'exit', earlierUses: 0 } as const;
      expect(verdictWords(check(fields)).tone).toBe('caution');
      const screen = `${verdictWords(check(fields)).word} ${detail(fields)}`;
      expect(screen).toMatch(/No entry known:? not on this phone, nor in the server data of 10:58/i);
      expect(verdictWords(check({ ...fields, result: 'valid', earlierUses: 1 })).tone).toBe('yes');
    },
  );

  it.each([
    [0, 1, 'Already inside'],
    [3, 1, 'Already inside'],
    [1, 1, 'Used 1 of 1'],
    [2, 2, 'Used 2 of 2'],
  ] as const)('a used pass of kind %d, good for %d: %s', (kind, usesAllowed, word) => {
    const pass = { ...check({}).pass!, usesAllowed };
    expect(verdictWords(check({ result: 'already_used', kind, pass })).word).toBe(word);
  });

  it('an answer that does not fit is told from any copy', () => {
    const words = [true, false].map((isAnswer) => verdictWords(check({ result: 'copied', isAnswer })).word);
    expect(words).toEqual(['Answer does not fit', 'Copied']);
  });
});

describe('D4 the detail of a result', () => {
  const lastUse = { at: NOW - MINUTE, gate: 2, by: 'Petra' };

  it.each([
    [
      { result: 'already_used', lastUse },
      'Came in 10:59 at gate 2 by Petra (known from server data of 10:58)',
    ],
    [
      { result: 'already_used', lastUse, kind: 1 },
      'Last used 10:59 at gate 2 by Petra (known from server data of 10:58)',
    ],
    [{ result: 'too_early' }, 'Good from 11:30'],
    [{ result: 'expired' }, 'Ended 10:35'],
    [{ result: 'clock_differs', clockDifference: -120 }, 'Their clock is 2 mins behind'],
    [{ result: 'replay_or_clock', clockDifference: 3600 }, 'Their clock is 1 hr ahead'],
    [{ result: 'valid' }, null],
  ] as [Partial<GateCheck>, string | null][])('%o: %s', (fields, expected) => {
    expect(detail(fields)).toBe(expected);
  });

  it('says when this phone itself let them in', () => {
    expect(detail({ result: 'already_used', lastUse }, true)).toContain('(known from this phone)');
    const own = { passId: 'p', scannedAt: lastUse.at + 300, gate: 2 };
    const named = { passId: 'p', lastUse };
    expect(isOwnUse(named, [own])).toBe(true);
    for (const other of [{ passId: 'q' }, { gate: 1 }, { scannedAt: lastUse.at + 1000 }]) {
      expect(isOwnUse(named, [{ ...own, ...other }])).toBe(false);
    }
  });

  it.each([
    [0, '1 entry left'],
    [1, 'The last of 2 entries'],
  ])('a double visitor pass with %d entries before: %s', (earlierUses, expected) => {
    const pass = { ...check({}).pass!, usesAllowed: 2 as const };
    expect(detail({ kind: 2, earlierUses, pass })).toBe(expected);
    expect(detail({ kind: 2, earlierUses, pass, direction: 'exit' })).not.toBe(expected);
  });

  it('names the gates that a pass opens', () => {
    const pass = { ...check({}).pass!, gates: [2, 3] };
    expect(detail({ result: 'wrong_entrance', pass })).toBe('It opens gates 2 and 3. This is gate 1.');
  });
});

describe('D4 X1 what a guard may do next', () => {
  it.each(everywhere)('$result at the $direction: override where it says no', ({ result, direction }) => {
    const shown = check({ result, direction });
    const letsThrough = undoAfter(shown, 0) > 0;
    expect(verdictActions(shown).includes('override')).toBe(!letsThrough && result !== 'undone');
  });

  it('nobody is let in on somebody else’s code', () => {
    for (const unreadable of ['foreign', 'challenge'] as const) {
      expect(verdictActions(check({ result: 'malformed', unreadable }))).toEqual(['type_code']);
    }
    expect(verdictActions(check({ result: 'malformed', unreadable: 'damaged' }))).toContain('override');
  });

  it('their phone is asked where it can answer what a copy cannot', () => {
    const asked = results.filter((result) => verdictActions(check({ result })).includes('ask_phone'));
    expect(asked).toEqual(['copied', 'clock_differs', 'replay_or_clock', 'replay', 'clone_suspect']);
  });

  it.each([
    [0, 10],
    [999, 10],
    [1000, 9],
    [9999, 1],
    [10_000, 0],
    [-5000, 10],
  ])('%d ms after it let somebody through, it can be taken back for %d s', (after, left) => {
    expect(undoAfter({ result: 'override' }, after)).toBe(left);
    expect(undoAfter({ result: 'expired', direction: 'exit' }, after)).toBe(left);
    expect(undoAfter({ result: 'expired' }, after)).toBe(0);
    expect(undoAfter({ result: 'undone' }, after)).toBe(0);
  });

  it.each([
    // The clock was set back while the result stood, or forward; the screen came later than the decision.
    [-3_600_000, 9000, 1],
    [-3_600_000, 10_000, 0],
    [3_600_000, 1000, 0],
    [4000, 0, 6],
  ])('after %d ms by the clock and %d ms of running time, for %d s', (clock, running, left) => {
    expect(undoAfter({ result: 'valid' }, clock, running)).toBe(left);
  });

  it.each([
    [-100, false],
    [0, false],
    [499, false],
    [500, true],
    [60_000, true],
  ])('a tap %d ms after the result came is meant for it: %s', (after, meant) => {
    expect(isMeant(7000 + after, 7000)).toBe(meant);
  });
});

describe('X7 freshness', () => {
  it.each([
    [NOW - 4 * MINUTE - 5000, 'data from 10:55 (4 mins old)'],
    [NOW - 5000, 'data from 10:59 (just now)'],
    [NOW + 5000, 'data from 11:00 (just now)'],
    [null, 'no data from the server yet'],
  ])('%s: %s', (asOf, words) => expect(freshnessWords(asOf, format, NOW)).toBe(words));

  it.each([
    [{ issuedAt: NOW - 4 * MINUTE, from: 'server' as const }, 'Revocations as of 10:56 (4 mins old)'],
    [
      { issuedAt: NOW, from: 'guard' as const },
      'Revocations as of 11:00 (just now), carried from another guard',
    ],
    [{ issuedAt: null, from: 'server' as const }, 'No list of revoked passes'],
  ])('of the list of revoked passes %o: %s', (list, words) => {
    expect(revocationWords(list, format, NOW)).toBe(words);
  });
});
