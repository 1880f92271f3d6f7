import { webcrypto } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from './base45';
import { concatBytes } from './bytes';
import { decodeCbor, encodeCbor, type CborInput } from './cbor';
import { importKeyBundle } from './key-bundle';
import { MalformedError } from './malformed';
import { parseChallenge, parsePassCode } from './pass-code';
import { readPassClaims, showStaticPass } from './show-pass';
import { openStatusList } from './status-list';
import {
  bundledKey,
  issueTestPass,
  makeTestSigner,
  showBy,
  TEST_NOW,
  TEST_SITE,
  testClaims,
} from './testing';
import { verifyPass, type GuardContext } from './verify-pass';

/*
 * Never hangs, by construction, and measured here in steps rather than in seconds: a text of more than 4,296 characters is
 * refused unread, Base45 reads each character once, and CBOR takes at least one byte an item, never looks back, refuses a
 * count that the remaining bytes cannot hold before it makes anything, and goes eight levels deep.
 */

const { subtle } = webcrypto;
const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
/** What the longest code holds. */
const MOST_BYTES = 2861;
/** Of an item: its first byte, its argument, its content, and once more as a map key. */
const TAKES_AN_ITEM = 4;

let live: string;
let paper: string;
let context: GuardContext;

beforeAll(async () => {
  const [issuer, holder] = await Promise.all([makeTestSigner(subtle), makeTestSigner(subtle)]);
  live = await showBy(subtle, holder, { pass: await issueTestPass(issuer, testClaims(holder)) });
  paper = showStaticPass(await issueTestPass(issuer, testClaims(null)));
  const keys = await importKeyBundle(subtle, [bundledKey(issuer)]);
  const guard = { site: TEST_SITE, gate: 1, now: TEST_NOW, challenge: null };
  const history = () => ({ highestCtr: null, uses: [] });
  context = { keys, statusList: { kind: 'missing' }, history, ...guard };
});

const codeOf = (bytes: Uint8Array): string => `UC1:${encodeBase45(bytes)}`;
const resultOf = async (text: string): Promise<string> => (await verifyPass(subtle, text, context)).result;

/** Counts how often a reader takes bytes from it. */
class CountedBytes extends Uint8Array {
  static taken = 0;
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }
  override subarray(...range: Parameters<Uint8Array['subarray']>): Uint8Array<ArrayBuffer> {
    CountedBytes.taken++;
    return super.subarray(...range) as Uint8Array<ArrayBuffer>;
  }
}

/** Reads CBOR and expects the work to be linear in `bytes`, and nothing thrown but MalformedError. */
function readCounted(bytes: Uint8Array): void {
  CountedBytes.taken = 0;
  try {
    decodeCbor(new CountedBytes(bytes));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  expect(CountedBytes.taken).toBeLessThanOrEqual(TAKES_AN_ITEM * (bytes.length + 1));
}

/** Heads of every major type that claim far more than there is. */
const hugeHeads = [0x5b, 0x7b, 0x9b, 0xbb].flatMap((first) => [
  Uint8Array.of(first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(first, 0, 0, 0, 0x10, 0, 0, 0, 0),
  Uint8Array.of(first - 1, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(first - 2, 0xff, 0xff),
]);

/** Bytes that look like CBOR more often than chance would have it. */
const cborLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(...hugeHeads),
      fc
        .constantFrom(0x81, 0x84, 0xa1, 0xa5, 0x40, 0x43, 0x60, 0xf6, 0x00, 0x26)
        .map((byte) => Uint8Array.of(byte)),
      fc.uint8Array({ maxLength: 8 }),
    ),
    { maxLength: 60 },
  )
  .map(concatBytes);
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), cborLike);

/** `inner` where a pass, a header, the claims or a proof belong. */
const wrappings: ((inner: Uint8Array) => CborInput)[] = [
  (inner) => [inner],
  (inner) => [inner, TEST_NOW, 1, new Uint8Array(64)],
  (inner) => [encodeCbor([inner, new Map(), inner, new Uint8Array(64)])],
  (inner) => [encodeCbor([header, new Map(), inner, new Uint8Array(64)])],
  (inner) => [encodeCbor([header, new Map(), encodeCbor(new Map([[8, inner]])), inner])],
];
const header = encodeCbor(
  new Map<number, CborInput>([
    [1, -7],
    [4, new Uint8Array(4)],
  ]),
);

describe('D3 hostile input', () => {
  it('random bytes are malformed at every layer, and nothing else is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.constantFrom(...wrappings), async (inner, wrap) => {
        expect(await resultOf(codeOf(inner))).toBe('malformed');
        expect(await resultOf(codeOf(encodeCbor(wrap(inner))))).toBe('malformed');
        expect(readPassClaims(inner).ok).toBe(false);
        expect(parseChallenge(`UC1C:${encodeBase45(inner)}`).ok).toBe(false);
        const opened = await openStatusList({ subtle, inflate, keys: context.keys }, inner);
        expect(opened.kind).toBe('unverifiable');
      }),
      { numRuns: 3000 },
    );
  });

  it('random Base45 text is malformed', async () => {
    const text = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 800 });
    await fc.assert(
      fc.asyncProperty(text, async (coded) => {
        expect(await resultOf(`UC1:${coded}`)).toBe('malformed');
      }),
      { numRuns: 3000 },
    );
  });

  it('a code that was cut, stretched, doubled or mixed is not let in', async () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(6),
      insert: fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom(...hugeHeads)),
    });
    const edits = fc.array(edit, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), edits, async (isLive, changes) => {
        const original = decodeBase45((isLive ? live : paper).slice(4));
        let bytes: Uint8Array = original;
        for (const { at, remove, insert } of changes) {
          const from = Math.floor(at * bytes.length);
          bytes = concatBytes([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
        }
        fc.pre(codeOf(bytes) !== codeOf(original));
        expect(await resultOf(codeOf(bytes))).not.toMatch(/^valid/);
      }),
      { numRuns: 3000 },
    );
  });

  it('halves of two codes put together are not let in', async () => {
    const [left, right] = [decodeBase45(live.slice(4)), decodeBase45(paper.slice(4))];
    for (let at = 1; at < right.length; at++) {
      const mixed = [
        [left.subarray(0, at), right.subarray(at)],
        [right.subarray(0, at), left.subarray(at)],
      ];
      for (const parts of mixed) expect(await resultOf(codeOf(concatBytes(parts)))).not.toMatch(/^valid/);
    }
  });

  it.each<[string, () => Uint8Array]>([
    ['arrays in arrays', () => new Uint8Array(MOST_BYTES).fill(0x81)],
    ['maps in maps', () => Uint8Array.from({ length: MOST_BYTES }, (_, index) => (index % 2 ? 0x00 : 0xa1))],
    ['maps as keys of maps', () => new Uint8Array(MOST_BYTES).fill(0xa1)],
    ['arrays that claim all the rest, in each other', () => nested(0x99)],
    ['maps that claim all the rest, in each other', () => nested(0xb9)],
    ['empty items without end', () => Uint8Array.of(0x99, 0x0b, 0x2a, ...new Uint8Array(2858).fill(0x40))],
    ['a map of ever longer keys', () => longKeys()],
  ])('%s cost a step a byte, and are malformed', async (_what, make) => {
    const bytes = make();
    expect(bytes.length).toBeLessThanOrEqual(MOST_BYTES);
    readCounted(bytes);
    expect(await resultOf(codeOf(bytes))).toBe('malformed');
    expect(await resultOf(codeOf(encodeCbor([bytes.subarray(0, 2800)])))).toBe('malformed');
  });

  it('any bytes cost a step a byte', () => {
    fc.assert(fc.property(anyBytes, readCounted), { numRuns: 5000 });
  });

  it('a text longer than any QR is refused unread', () => {
    // Characters outside the alphabet, so that whoever looks at one says so.
    const parsed = parsePassCode(`UC1:${'ä'.repeat(4293)}`);
    expect(parsed).toEqual({ ok: false, detail: 'text is longer than a QR holds' });
  });
});

/** Each head claims as many items as there are bytes behind it. */
function nested(first: number): Uint8Array {
  const bytes = new Uint8Array(900);
  const each = first === 0x99 ? 1 : 2;
  for (let at = 0; at + 3 <= bytes.length; at += 3) {
    const claimed = Math.floor((bytes.length - at - 3) / each);
    bytes.set([first, claimed >> 8, claimed & 0xff], at);
  }
  return bytes;
}

/** Text keys of 0, 1, 2 … bytes, in order: comparing each with the last must not add up. */
function longKeys(): Uint8Array {
  const entries = Array.from({ length: 70 }, (_, length) => ['a'.repeat(length), 0] as const);
  return encodeCbor(new Map(entries));
}
