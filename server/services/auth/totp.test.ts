import { describe, expect, it } from 'vitest';
import { codeAt, createTotpSecret, describeTotpSecret, stepOfCode } from './totp';

/** RFC 6238 appendix B: the ASCII text 12345678901234567890. */
const RFC_SECRET = new TextEncoder().encode('12345678901234567890');
const STEP = 30_000;
const NOW = Date.UTC(2026, 10, 21);

describe('TOTP', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('B1 makes the codes of RFC 6238 (second %i)', (second, code) => {
    expect(codeAt(RFC_SECRET, second * 1000)).toBe(code);
    expect(stepOfCode(RFC_SECRET, { code, now: second * 1000 })).toBe(Math.floor(second / 30));
  });

  it('B1 takes the code of one step before and after, and no other', () => {
    const secret = createTotpSecret();
    const steps = [-2, -1, 0, 1, 2].map((delta) =>
      stepOfCode(secret, { code: codeAt(secret, NOW + delta * STEP), now: NOW }),
    );
    const present = NOW / STEP;
    expect(steps).toEqual([undefined, present - 1, present, present + 1, undefined]);
  });

  it('B1 takes no code of another secret, nor what is none', () => {
    const secret = RFC_SECRET;
    const other = codeAt(new TextEncoder().encode('12345678901234567891'), NOW);
    expect(stepOfCode(secret, { code: other, now: NOW })).toBeUndefined();
    for (const code of ['', '12345', '1234567', 'abcdef', '-12345'])
      expect(stepOfCode(secret, { code, now: NOW })).toBeUndefined();
  });

  it('B1 describes the secret as authenticator apps read it', () => {
    const { base32, uri } = describeTotpSecret(RFC_SECRET, 'ada@example.test');
    expect(base32).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const url = new URL(uri);
    expect(`${url.protocol}//${url.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(url.pathname)).toBe('/Undercroft:ada@example.test');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Undercroft',
      secret: base32,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });
});
