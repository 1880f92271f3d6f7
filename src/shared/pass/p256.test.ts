import { createECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes';
import { compressed, decompress, isOnCurve, parsePoint, uncompressed } from './p256';

const PRIME = fromHex('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff')!;
const GENERATOR = {
  x: fromHex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296')!,
  y: fromHex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5')!,
};

describe('P-256 points', () => {
  it('finds the generator from its x, and its negative', () => {
    expect(decompress(GENERATOR.x, true)).toEqual(GENERATOR);
    const negative = decompress(GENERATOR.x, false)!;
    expect(isOnCurve(negative)).toBe(true);
    expect(toHex(negative.y)).not.toBe(toHex(GENERATOR.y));
  });

  it('agrees with OpenSSL on both forms of 20 random keys', () => {
    for (let index = 0; index < 20; index++) {
      const pair = createECDH('prime256v1');
      pair.generateKeys();
      const long = new Uint8Array(pair.getPublicKey(null, 'uncompressed'));
      const short = new Uint8Array(pair.getPublicKey(null, 'compressed'));
      expect(uncompressed(parsePoint(short)!)).toEqual(long);
      expect(compressed(parsePoint(long)!)).toEqual(short);
    }
  });

  it.each<[string, Uint8Array]>([
    ['x of no point', Uint8Array.of(2, ...new Uint8Array(31), 1)],
    ['x equal to p', Uint8Array.of(2, ...PRIME)],
    ['x above p', Uint8Array.of(3, ...new Uint8Array(32).fill(255))],
    ['y changed', Uint8Array.of(4, ...GENERATOR.x, ...GENERATOR.y.with(31, 0))],
    ['prefix 5', Uint8Array.of(5, ...GENERATOR.x, ...GENERATOR.y)],
    ['prefix 4 on 33 bytes', Uint8Array.of(4, ...GENERATOR.x)],
    ['the point at infinity', Uint8Array.of(0)],
    ['64 bytes', new Uint8Array(64)],
  ])('refuses %s', (_what, bytes) => {
    expect(parsePoint(bytes)).toBeNull();
  });

  it('refuses coordinates of another length', () => {
    expect(decompress(GENERATOR.x.subarray(1), true)).toBeNull();
    expect(isOnCurve({ x: GENERATOR.x, y: Uint8Array.of(0, ...GENERATOR.y) })).toBe(false);
  });
});
