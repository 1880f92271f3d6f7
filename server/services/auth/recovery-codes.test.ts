import { describe, expect, it } from 'vitest';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-codes';

describe('recovery codes', () => {
  it('B1 are ten of 80 bits, all different, without letters that look like others', () => {
    const codes = createRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  });

  it('B1 are the same however they are typed', () => {
    const hash = hashRecoveryCode('01ab-cdef-ghjk-mnpq');
    for (const typed of [
      '01ABCDEFGHJKMNPQ',
      ' 01ab cdef ghjk mnpq ',
      'OLab–cdef—ghjk-mnpq',
      'oIabcdefghjkmnpq',
    ])
      expect(hashRecoveryCode(typed)).toEqual(hash);
    expect(hash).toHaveLength(32);
    expect(hashRecoveryCode('01ab-cdef-ghjk-mnpr')).not.toEqual(hash);
  });

  it.each(['', '01ab', '01ab-cdef-ghjk-mnpqr', '01ab-cdef-ghjk-mnp!', '123456'])(
    'B1 a text that cannot be one has no hash: “%s”',
    (typed) => {
      expect(hashRecoveryCode(typed)).toBeUndefined();
    },
  );
});
