import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes';
import { decodeCbor, encodeCbor, type CborKey, type CborValue } from './cbor';
import { MalformedError } from './malformed';

const decodeHex = (hex: string): CborValue => decodeCbor(fromHex(hex)!);

describe('deterministic CBOR (RFC 8949 §4.2.1, examples of appendix A)', () => {
  it.each<[string, CborValue]>([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['18ff', 255],
    ['190100', 256],
    ['1a00010000', 65536],
    ['1b0000000100000000', 4294967296],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['1b0020000000000000', 2n ** 53n],
    ['1bffffffffffffffff', 18446744073709551615n],
    ['20', -1],
    ['3903e7', -1000],
    ['3bffffffffffffffff', -18446744073709551616n],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['40', new Uint8Array(0)],
    ['4401020304', Uint8Array.of(1, 2, 3, 4)],
    ['6449455446', 'IETF'],
    ['62c3bc', 'ü'],
    ['64f0908591', '\u{10151}'],
    ['63efbbbf', '\uFEFF'],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      'a20120616102',
      new Map<CborKey, CborValue>([
        [1, -1],
        ['a', 2],
      ]),
    ],
  ])('%s is read and written', (hex, value) => {
    expect(decodeHex(hex)).toEqual(value);
    expect(toHex(encodeCbor(value))).toBe(hex);
  });

  it('writes map keys in bytewise order of their encoding, however they were put in', () => {
    const map = new Map<CborKey, number>([
      ['a', 1],
      [-1, 2],
      [1000, 3],
      [-65537, 4],
      [8, 5],
    ]);
    expect(toHex(encodeCbor(map))).toBe('a508051903e80320023a0001000004616101');
  });

  it.each([
    ['nothing', ''],
    ['trailing byte', '0000'],
    ['0 in two bytes', '1800'],
    ['23 in two bytes', '1817'],
    ['255 in three bytes', '1900ff'],
    ['65535 in five bytes', '1a0000ffff'],
    ['2^32-1 in nine bytes', '1b00000000ffffffff'],
    ['negative in a longer form', '3800'],
    ['byte string length in a longer form', '580100'],
    ['indefinite byte string', '5f4100ff'],
    ['indefinite text', '7f6161ff'],
    ['indefinite array', '9f01ff'],
    ['indefinite map', 'bf0102ff'],
    ['lone break', 'ff'],
    ['reserved information 28', '1c'],
    ['reserved information 30', '5e'],
    ['cut off head', '19ff'],
    ['cut off byte string', '4401'],
    ['cut off array', '8201'],
    ['cut off map', 'a101'],
    ['array said to have 2^64-1 items', '9bffffffffffffffff'],
    ['map said to have 2^32 entries', 'bb0000000100000000'],
    ['byte string said to have 2^62 bytes', '5b4000000000000000'],
    ['keys unsorted', 'a203040102'],
    ['key twice', 'a201020103'],
    ['array as a key', 'a18000'],
    ['byte string as a key', 'a1410000'],
    ['tag', 'c000'],
    ['tag 18 around an array', 'd280'],
    ['half float', 'f93c00'],
    ['double', 'fb3ff0000000000000'],
    ['undefined', 'f7'],
    ['simple value 0', 'e0'],
    ['true in two bytes', 'f815'],
    ['simple value 255', 'f8ff'],
    ['nested too deeply', '81'.repeat(12) + '00'],
    ['nested 4000 deep', '81'.repeat(4000) + '00'],
    ['text: lone tail byte', '6180'],
    ['text: cut off', '61c3'],
    ['text: overlong slash', '62c0af'],
    ['text: overlong of three', '63e080af'],
    ['text: overlong of four', '64f08080af'],
    ['text: surrogate', '63eda080'],
    ['text: above U+10FFFF', '64f4908080'],
    ['text: five-byte lead', '65f888808080'],
    ['text: tail missing', '62c341'],
  ])('refuses %s', (_what, hex) => {
    expect(() => decodeHex(hex)).toThrow(MalformedError);
  });

  it('what it cannot write is a bug, not data', () => {
    expect(() => encodeCbor(0.5)).toThrow(RangeError);
    expect(() => encodeCbor(2 ** 53)).toThrow(RangeError);
    expect(() => encodeCbor(2n ** 64n)).toThrow(RangeError);
    expect(() => encodeCbor('\ud800')).toThrow(RangeError);
  });

  it('round-trips any value', () => {
    const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, depthIdentifier: 'cbor' },
        fc.maxSafeInteger().map((integer) => (integer === 0 ? 0 : integer)),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
        fc.array(tie('value'), { maxLength: 5, depthIdentifier: 'cbor' }),
        fc
          .array(fc.tuple(fc.oneof(fc.integer(), fc.string({ unit: 'binary' })), tie('value')), {
            maxLength: 5,
            depthIdentifier: 'cbor',
          })
          .map(
            (entries) =>
              new Map<CborKey, CborValue>(entries.map(([key, item]) => [key === 0 ? 0 : key, item])),
          ),
      ),
    }));
    fc.assert(
      fc.property(value, (item) => {
        expect(decodeCbor(encodeCbor(item))).toEqual(item);
      }),
    );
  });

  it('has one form for any value: whatever bytes it reads, it writes again', () => {
    const read = (bytes: Uint8Array): void => {
      try {
        expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), read), { numRuns: 5000 });
  });
});
