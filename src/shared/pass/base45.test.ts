import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from './base45';
import { MalformedError } from './malformed';
import { encodeUtf8 } from './utf8';

describe('Base45 (RFC 9285)', () => {
  it.each([
    ['', ''],
    ['AB', 'BB8'],
    ['Hello!!', '%69 VD92EX0'],
    ['base-45', 'UJCLQE7W581'],
    ['ietf!', 'QED8WEX0'],
  ])('encodes and decodes the RFC example %j', (plain, coded) => {
    expect(encodeBase45(encodeUtf8(plain))).toBe(coded);
    expect(decodeBase45(coded)).toEqual(encodeUtf8(plain));
  });

  it.each([
    ['one character over', 'BB8B'],
    ['triple above 65535', 'GGX'],
    ['highest triple', ':::'],
    ['pair above 255', 'V5'],
    ['lower case', 'bb8'],
    ['character outside the alphabet', 'BB_'],
    ['character outside ASCII', 'BBÄ'],
  ])('refuses %s', (_what, text) => {
    expect(() => decodeBase45(text)).toThrow(MalformedError);
  });

  it('takes 65535 and 255, the last that fit', () => {
    expect(decodeBase45('FGW')).toEqual(Uint8Array.of(255, 255));
    expect(decodeBase45('U5')).toEqual(Uint8Array.of(255));
  });

  it('round-trips any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase45(encodeBase45(bytes))).toEqual(bytes);
      }),
    );
  });

  it('has one text for any bytes: what decodes encodes to itself', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:') });
    fc.assert(
      fc.property(text, (coded) => {
        try {
          expect(encodeBase45(decodeBase45(coded))).toBe(coded);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
        }
      }),
    );
  });
});
