import { webcrypto } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex, idToBytes, toHex, type Bytes } from './bytes';
import { encodeCbor, type CborInput } from './cbor';
import { buildCoseSign1, decodeCoseSign1 } from './cose-sign1';
import { computeKeyId, importKeyBundle, type IssuerKey } from './key-bundle';
import { parsePoint } from './p256';
import { buildKeyBundle, bundleSigner, oldestFirst, openKeyBundle } from './signed-bundle';
import { buildStatusList, openStatusList } from './status-list';
import { signWith, type Sign } from './web-crypto';

const { subtle } = webcrypto;
const SITE = '0197c000-0000-7000-8000-000000000001';
const OTHER_SITE = '0197c000-0000-7000-8000-000000000002';
const NOW = 1_783_000_000;
const DAY = 86_400;

interface Issuer {
  readonly key: IssuerKey;
  readonly keyId: Bytes;
  readonly sign: Sign;
}

async function makeIssuer(from: number, until: number, site = SITE): Promise<Issuer> {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  const key = { site, x: toHex(point.x), y: toHex(point.y), from, until };
  return { key, keyId: await computeKeyId(subtle, point), sign: signWith(subtle, pair.privateKey) };
}

/** The first key of the site, the second, which overlaps it, and one that is none of the site's. */
let [first, second, stranger]: Issuer[] = [];
beforeAll(async () => {
  [first, second, stranger] = await Promise.all([
    makeIssuer(NOW - 100 * DAY, NOW + 10 * DAY),
    makeIssuer(NOW - 3 * DAY, NOW + 400 * DAY),
    makeIssuer(NOW - 100 * DAY, NOW + 100 * DAY),
  ]);
});

const build = (signer: Issuer, keys: readonly IssuerKey[], { site = SITE, issued = NOW } = {}) =>
  buildKeyBundle({ keyId: signer.keyId, sign: signer.sign, site, issued, keys });

async function whyOf(
  bytes: Uint8Array,
  trusted: readonly IssuerKey[] | null,
  { site = SITE, issued = null as number | null } = {},
): Promise<string> {
  const opened = await openKeyBundle({ subtle, site, issued }, bytes, trusted);
  return opened.kind === 'open' ? 'open' : opened.why;
}

describe('D3 the bundle of public keys', () => {
  it('comes back as it was, oldest first', async () => {
    const bytes = await build(first!, [second!.key, first!.key]);
    const opened = await openKeyBundle({ subtle, site: SITE.toUpperCase(), issued: null }, bytes, null);
    expect(opened).toEqual({
      kind: 'open',
      bundle: { site: SITE, issued: NOW, keys: [first!.key, second!.key] },
    });
  });

  it('stays small: two keys are less than 300 bytes', async () => {
    expect((await build(first!, [first!.key, second!.key])).length).toBeLessThan(300);
  });

  it('is signed by the oldest key that is in force', () => {
    const keys = [
      { x: 'c', from: 0, until: 10 },
      { x: 'b', from: 5, until: 50 },
      { x: 'a', from: 5, until: 50 },
      { x: 'd', from: 20, until: 100 },
    ];
    expect(oldestFirst(keys).map(({ x }) => x)).toEqual(['c', 'a', 'b', 'd']);
    const signers = [0, 9, 10, 49, 50, 99, 100].map((at) => bundleSigner(keys, at)?.x ?? null);
    expect(signers).toEqual(['c', 'c', 'a', 'a', 'd', 'd', null]);
  });
});

describe('D3 who may vouch for new keys', () => {
  it.each([
    ['a first contact takes what its own keys vouch for', null, 'first', 'open'],
    ['a first contact takes nothing that a stranger signed', null, 'stranger', 'untrusted'],
    ['the key that was trusted', ['first'], 'first', 'open'],
    ['one of those that were', ['first', 'second'], 'second', 'open'],
    ['a key that nobody knew yet', ['first'], 'second', 'untrusted'],
    ['a stranger', ['first', 'second'], 'stranger', 'untrusted'],
  ] as const)('%s', async (_what, trusted, signedBy, expected) => {
    const issuers = { first: first!, second: second!, stranger: stranger! };
    const bytes = await build(issuers[signedBy], [first!.key, second!.key]);
    const keys = trusted && trusted.map((name) => issuers[name].key);
    expect(await whyOf(bytes, keys)).toBe(expected);
  });

  it.each([
    ['to its last second', NOW, NOW + 1, 'open'],
    ['not from its end on', NOW, NOW, 'untrusted'],
    ['from its beginning on', NOW, NOW + 1, 'open'],
  ])('a trusted key vouches %s', async (_when, issued, until, expected) => {
    const bytes = await build(first!, [first!.key, second!.key], { issued });
    expect(await whyOf(bytes, [{ ...first!.key, until }])).toBe(expected);
  });

  it('a key that the bundle itself says has ended does not vouch for it', async () => {
    const ended = { ...first!.key, until: NOW };
    expect(await whyOf(await build(first!, [ended, second!.key]), [first!.key])).toBe('untrusted');
  });

  it('a bundle of another site is none of ours, whoever signed it', async () => {
    const theirs = await makeIssuer(NOW - DAY, NOW + DAY, OTHER_SITE);
    const bytes = await build(theirs, [theirs.key], { site: OTHER_SITE });
    expect(await whyOf(bytes, null)).toBe('other_site');
    expect(await whyOf(bytes, [first!.key])).toBe('other_site');
    // Our key listed as another site's: it may not speak for that site here either.
    const ours = await build(first!, [{ ...first!.key, site: OTHER_SITE }], { site: OTHER_SITE });
    expect(await whyOf(ours, [first!.key], { site: OTHER_SITE })).toBe('untrusted');
  });

  it('an older bundle than the one had is refused, the same one is not', async () => {
    const bytes = await build(first!, [first!.key]);
    expect(await whyOf(bytes, [first!.key], { issued: NOW + 1 })).toBe('older');
    expect(await whyOf(bytes, [first!.key], { issued: NOW })).toBe('open');
  });
});

describe('D3 bytes that are no bundle', () => {
  const sign = (payload: CborInput) => buildCoseSign1({ keyId: first!.keyId, payload, sign: first!.sign });
  const pointOf = ({ key }: Issuer) => [fromHex(key.x)!, fromHex(key.y)!] as const;

  it.each<[string, (fields: { site: Bytes; x: Bytes; y: Bytes }) => CborInput]>([
    ['no map', () => []],
    [
      'no keys',
      ({ site }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, []],
        ]),
    ],
    [
      'a field too many',
      ({ site }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, []],
          [4, 0],
        ]),
    ],
    [
      'a site of 15 bytes',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site.slice(1)],
          [2, NOW],
          [3, [[x, y, 0, 1]]],
        ]),
    ],
    [
      'a coordinate of 31',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, [[x.slice(1), y, 0, 1]]],
        ]),
    ],
    [
      'a key of three parts',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, [[x, y, 0]]],
        ]),
    ],
    [
      'a key that ends as it begins',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, [[x, y, 5, 5]]],
        ]),
    ],
    [
      'a key twice',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [
            3,
            [
              [x, y, 0, 1],
              [x, y, 0, 2],
            ],
          ],
        ]),
    ],
    [
      '65 keys',
      ({ site, x, y }) =>
        new Map<number, CborInput>([
          [1, site],
          [2, NOW],
          [3, Array.from({ length: 65 }, () => [x, y, 0, 1])],
        ]),
    ],
  ])('%s', async (_what, payloadOf) => {
    const [x, y] = pointOf(first!);
    expect(await whyOf(await sign(payloadOf({ site: idToBytes(SITE)!, x, y })), null)).toBe('malformed');
  });

  it('never throws, and never opens what differs in a byte', async () => {
    const good = await build(first!, [first!.key, second!.key]);
    const { signature } = decodeCoseSign1(good);
    expect(signature.length).toBe(64);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Uint8Array.from(good, (byte, index) => (index === at ? byte ^ flip : byte));
        expect(['malformed', 'untrusted', 'other_site']).toContain(await whyOf(changed, [first!.key]));
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await whyOf(bytes, null)).toBe('malformed');
      }),
    );
    expect(await whyOf(encodeCbor([]), null)).toBe('malformed');
  });
});

describe('D3 a status list while keys are rotated', () => {
  const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
  const listBy = (signer: Issuer, issued: number) =>
    buildStatusList({
      ...{ keyId: signer.keyId, sign: signer.sign, deflate: (bytes: Uint8Array) => deflateSync(bytes) },
      ...{ site: SITE, issued, ttl: 900, length: 8, states: [[5, 'revoked'] as const] },
    });
  const kindBy = async (keys: readonly IssuerKey[], list: Uint8Array) =>
    (await openStatusList({ subtle, inflate, keys: await importKeyBundle(subtle, keys) }, list)).kind;

  it('one that a key signed before its end opens also when the key is retired', async () => {
    const retired = { ...first!.key, until: NOW + 1 };
    expect(await kindBy([retired, second!.key], await listBy(first!, NOW))).toBe('open');
  });

  it('one dated at or after the end of its key does not, and one by a key that has left the bundle neither', async () => {
    const retired = { ...first!.key, until: NOW };
    expect(await kindBy([retired, second!.key], await listBy(first!, NOW))).toBe('unverifiable');
    expect(await kindBy([retired, second!.key], await listBy(first!, NOW + DAY))).toBe('unverifiable');
    expect(await kindBy([second!.key], await listBy(first!, NOW - DAY))).toBe('unverifiable');
  });

  it('one by the next key opens on a device that has heard of it, and only there', async () => {
    const list = await listBy(second!, NOW);
    expect(await kindBy([first!.key, second!.key], list)).toBe('open');
    expect(await kindBy([first!.key], list)).toBe('unverifiable');
  });
});
