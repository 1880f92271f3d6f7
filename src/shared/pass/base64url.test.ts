import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromBase64url, toBase64url } from './base64url';

it('D3 base64url is what Node makes, both ways and of any length', () => {
  const lengths = [0, 1, 2, 3, 8191, 8192, 8193, 70_000];
  const long = lengths.map((length) => Uint8Array.from({ length }, (_, index) => (index * 31) % 256));
  const check = (bytes: Uint8Array): void => {
    const text = Buffer.from(bytes).toString('base64url');
    expect(toBase64url(bytes)).toBe(text);
    expect(fromBase64url(text)).toEqual(new Uint8Array(bytes));
  };
  long.forEach(check);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), check));
});

it.each(['*', 'AAAAA', 'AA=', 'ä'])('D3 %j is no base64url', (text) => {
  expect(fromBase64url(text)).toBeNull();
});
