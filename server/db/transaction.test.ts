import { describe, expect, it } from 'vitest';
import { isConnectionFailure, isRetryable } from './transaction';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('isRetryable', () => {
  it.each([
    '40001',
    '40P01',
    '55P03',
    '57014',
    '08006',
    '08000',
    '53300',
    '53100',
    '57P01',
    'ECONNRESET',
    'EPIPE',
    'EAI_AGAIN',
    'ENOTFOUND',
    'EHOSTUNREACH',
    'ENETUNREACH',
    '25006',
  ])('is so for %s', (code) => expect(isRetryable(withCode(code))).toBe(true));

  it.each(['23505', '23P01', '42601', '40002', '22012', 'ENOENT', '08', '0800'])('is not so for %s', (code) =>
    expect(isRetryable(withCode(code))).toBe(false),
  );

  it('knows the failures of pg that carry no code', () => {
    expect(isRetryable(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isRetryable(new Error('anything else'))).toBe(false);
    expect(isRetryable('08006')).toBe(false);
  });
});

describe('isConnectionFailure', () => {
  it('tells a lost connection from a failed statement', () => {
    expect(['08006', '57P01', 'ECONNRESET'].map((code) => isConnectionFailure(withCode(code)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['40001', '57014', '53300', '25006'].map((code) => isConnectionFailure(withCode(code)))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
