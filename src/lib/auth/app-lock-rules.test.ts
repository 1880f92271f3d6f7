import { describe, expect, it } from 'vitest';
import { locksOnOpening, parseKeptLock, type KeptLock } from './app-lock-rules';

const NOW = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;

describe('locksOnOpening', () => {
  it.each([
    [null, 60, false],
    [0, 0, true],
    [0, 1, true],
    [1, 59 / 60, false],
    [1, 1, true],
    [5, 4.9, false],
    [5, 5, true],
    [15, 14.9, false],
    [15, 15, true],
    // A clock set back: nobody knows how long it was.
    [15, -0.1, true],
  ] as const)('K6 with a delay of %s minutes and %s away: %s', (opening, minutes, locks) => {
    const lastUsed = NOW - minutes * MINUTE;
    expect(locksOnOpening({ opening, passes: true }, { lastUsed, now: NOW })).toBe(locks);
  });

  it('K6 without a note of the last use it locks', () => {
    expect(locksOnOpening({ opening: 15, passes: false }, { lastUsed: null, now: NOW })).toBe(true);
    expect(locksOnOpening({ opening: 15, passes: false }, { lastUsed: Number.NaN, now: NOW })).toBe(true);
    expect(locksOnOpening({ opening: null, passes: false }, { lastUsed: null, now: NOW })).toBe(false);
  });

  it('K6 the phone’s own screen for a face or a finger is not taken for somebody gone away, for a minute', () => {
    const covered = (seconds: number) =>
      locksOnOpening(
        { opening: 0, passes: false },
        { lastUsed: NOW - seconds * 1000, now: NOW, inCeremony: true },
      );
    expect(covered(59)).toBe(false);
    expect(covered(60)).toBe(true);
  });
});

describe('parseKeptLock', () => {
  const kept: KeptLock = {
    userId: 'mara',
    opening: 5,
    passes: true,
    key: {
      credentialId: 'abc',
      transports: ['internal'],
      publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
    },
  };

  it('K6 reads what was kept', () => {
    expect(parseKeptLock(JSON.stringify(kept))).toEqual(kept);
    expect(parseKeptLock(JSON.stringify({ ...kept, opening: null }))).toMatchObject({ opening: null });
  });

  it.each([
    null,
    '',
    'null',
    '{}',
    '[]',
    'x',
    JSON.stringify({ ...kept, opening: 7 }),
    JSON.stringify({ ...kept, key: {} }),
    JSON.stringify({ ...kept, userId: undefined }),
  ])('K6 is off for %s', (text) => {
    expect(parseKeptLock(text)).toBeNull();
  });
});
