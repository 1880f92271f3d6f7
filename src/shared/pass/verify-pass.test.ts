import { webcrypto } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from './base45';
import { toHex, type Bytes } from './bytes';
import { decodeCbor, encodeCbor, type CborInput, type CborValue } from './cbor';
import { buildCoseSign1 } from './cose-sign1';
import { issuePass } from './issue-pass';
import { computeKeyId, importKeyBundle, type IssuerKey } from './key-bundle';
import { parsePoint, type Point } from './p256';
import { formatChallenge, parseChallenge, parsePassCode } from './pass-code';
import { passClaimsPayload, PASS_KIND, type PassClaims } from './pass-payload';
import type { PassVerdict } from './pass-verdict';
import { readPassClaims, showLivePass, showStaticPass } from './show-pass';
import { buildStatusList, openStatusList, packStates, type OpenedStatusList } from './status-list';
import { verifyPass, type GuardContext } from './verify-pass';
import { signWith, type Sign } from './web-crypto';

const { subtle } = webcrypto;
const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
const SITE = '0197c000-0000-7000-8000-000000000001';
const OTHER_SITE = '0197c000-0000-7000-8000-000000000002';
const PASS_ID = '0197c000-0000-7000-8000-00000000000a';
const NOW = 1_783_000_000;
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

interface Signer {
  point: Point;
  sign: Sign;
  keyId: Bytes;
}

async function makeSigner(): Promise<Signer> {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  return { point, sign: signWith(subtle, pair.privateKey), keyId: await computeKeyId(subtle, point) };
}

let issuer: Signer;
let stranger: Signer;
let holder: Signer;
let current: OpenedStatusList;
let context: GuardContext;

const bundled = (signer: Signer, site = SITE): IssuerKey => ({
  site,
  x: toHex(signer.point.x),
  y: toHex(signer.point.y),
  from: NOW - 1000,
  until: NOW + 1000,
});

function claimsOf(changes: Partial<PassClaims> = {}): PassClaims {
  const base = { passId: PASS_ID, nbf: NOW - 100, exp: NOW + 100, holderKey: null, status: 5 };
  return { ...base, slot: 'A-01', plate: 'KA01', kind: PASS_KIND.resident, gates: 0, ...changes };
}

const bound = (): PassClaims =>
  claimsOf({ holderKey: Uint8Array.of(2 + (holder.point.y[31]! & 1), ...holder.point.x) });

const issue = (claims: PassClaims, signer = issuer): Promise<Bytes> =>
  issuePass({ claims, keyId: issuer.keyId, sign: signer.sign });

/** Signs whatever item as the payload of a pass, as a broken or malicious issuer might. */
async function signedCode(payload: CborInput): Promise<string> {
  return showStaticPass(await buildCoseSign1({ keyId: issuer.keyId, payload, sign: issuer.sign }));
}

async function live(
  changes: { t?: number; ctr?: number; nonce?: Uint8Array | null; sign?: Sign } = {},
): Promise<string> {
  const pass = await issue(bound());
  return showLivePass({ subtle, pass, t: NOW, ctr: 7, nonce: null, sign: holder.sign, ...changes });
}

const verdict = (text: string, changes: Partial<GuardContext> = {}): Promise<PassVerdict> =>
  verifyPass(subtle, text, { ...context, ...changes });

async function resultOf(text: string, changes: Partial<GuardContext> = {}): Promise<string> {
  return (await verdict(text, changes)).result;
}

async function statusList(
  changes: Partial<Parameters<typeof buildStatusList>[0]> = {},
  keys = context.keys,
): Promise<OpenedStatusList> {
  const signed = {
    keyId: issuer.keyId,
    sign: issuer.sign,
    deflate: deflateSync,
    site: SITE,
    issued: NOW - 10,
  };
  const bytes = await buildStatusList({ ...signed, ttl: 900, length: 64, states: [], ...changes });
  return openStatusList({ subtle, inflate, keys }, bytes);
}

beforeAll(async () => {
  [issuer, stranger, holder] = await Promise.all([makeSigner(), makeSigner(), makeSigner()]);
  const keys = await importKeyBundle(subtle, [bundled(issuer)]);
  const history = () => ({ highestCtr: null, uses: [] });
  context = {
    keys,
    statusList: { kind: 'missing' },
    site: SITE,
    gate: 1,
    now: NOW,
    challenge: null,
    history,
  };
  current = await statusList();
  context.statusList = current;
});

describe('D3 step 1: malformed', () => {
  const details = (...items: CborInput[]): CborInput => items;
  const withClaim = (key: number, value: CborInput): Map<number, CborInput> =>
    new Map([...(passClaimsPayload(claimsOf()) as Map<number, CborInput>), [key, value]]);
  const withHolder = (changes: [number, CborInput][]): Map<number, CborInput> =>
    withClaim(8, new Map<number, CborInput>([[1, 2], [-1, 1], [-2, holder.point.x], [-3, true], ...changes]));

  it.each<[string, () => CborInput]>([
    ['payload is no map', () => [1]],
    ['a claim more', () => withClaim(6, NOW)],
    ['exp as text', () => withClaim(4, 'never')],
    ['exp null', () => withClaim(4, null)],
    ['nbf negative', () => withClaim(5, -1)],
    ['cti of 15 bytes', () => withClaim(7, new Uint8Array(15))],
    ['cti as text', () => withClaim(7, 'sixteen letters!')],
    ['details of four', () => withClaim(-65537, details(5, '', '', 0))],
    ['details of six', () => withClaim(-65537, details(5, '', '', 0, 0, 0))],
    ['status negative', () => withClaim(-65537, details(-1, '', '', 0, 0))],
    ['slot as bytes', () => withClaim(-65537, details(5, NONCE, '', 0, 0))],
    ['plate null', () => withClaim(-65537, details(5, '', null, 0, 0))],
    ['kind 4', () => withClaim(-65537, details(5, '', '', 4, 0))],
    ['kind true', () => withClaim(-65537, details(5, '', '', true, 0))],
    ['gates negative', () => withClaim(-65537, details(5, '', '', 0, -2))],
    ['cnf null', () => withClaim(8, null)],
    ['cnf empty', () => withClaim(8, new Map())],
    ['cnf as bytes', () => withClaim(8, new Uint8Array(33))],
    ['holder x of 31 bytes', () => withHolder([[-2, new Uint8Array(31)]])],
    ['holder x not on the curve', () => withHolder([[-2, new Uint8Array(32).with(31, 1)]])],
    ['holder x above p', () => withHolder([[-2, new Uint8Array(32).fill(255)]])],
    ['holder y as bytes', () => withHolder([[-3, holder.point.y]])],
    ['holder curve P-384', () => withHolder([[-1, 2]])],
    ['holder key type OKP', () => withHolder([[1, 1]])],
    ['holder key with a kid', () => withHolder([[2, NONCE]])],
    ['holder key with its private part', () => withHolder([[-4, new Uint8Array(32)]])],
  ])('%s, though signed', async (_what, payload) => {
    expect(await resultOf(await signedCode(payload()))).toBe('malformed');
  });

  it('the same claims without a fault are read', async () => {
    expect(await resultOf(await signedCode(withClaim(4, NOW + 1)))).toBe('valid');
    expect(await resultOf(await signedCode(withHolder([])))).toBe('static_copy');
  });

  it('reads the holder key wrapped as RFC 8747 and the text of the format have it, too', async () => {
    const key = (withHolder([[-3, (holder.point.y[31]! & 1) === 1]]) as Map<number, CborInput>).get(8)!;
    const wrapped = withClaim(8, new Map([[1, key]]));
    const pass = await buildCoseSign1({ keyId: issuer.keyId, payload: wrapped, sign: issuer.sign });
    const code = await showLivePass({ subtle, pass, t: NOW, ctr: 1, nonce: null, sign: holder.sign });
    expect(await resultOf(code)).toBe('valid');
  });

  it.each<[string, (parts: CborValue[]) => CborInput]>([
    [
      'unprotected header not empty',
      ([header, , body, signature]) => [header!, new Map([[4, NONCE]]), body!, signature!],
    ],
    ['unprotected header an array', ([header, , body, signature]) => [header!, [], body!, signature!]],
    ['payload detached', ([header, open, , signature]) => [header!, open!, null, signature!]],
    ['five parts', (parts) => [...parts, 0]],
    ['header empty', ([, open, body, signature]) => [new Uint8Array(0), open!, body!, signature!]],
    [
      'header with a content type',
      ([, open, body, signature]) => [
        header([
          [1, -7],
          [3, 0],
          [4, issuer.keyId],
        ]),
        open!,
        body!,
        signature!,
      ],
    ],
    ['header without kid', ([, open, body, signature]) => [header([[1, -7]]), open!, body!, signature!]],
    [
      'kid of 8 bytes',
      ([, open, body, signature]) => [
        header([
          [1, -7],
          [4, NONCE],
        ]),
        open!,
        body!,
        signature!,
      ],
    ],
    [
      'kid as text',
      ([, open, body, signature]) => [
        header([
          [1, -7],
          [4, 'abcd'],
        ]),
        open!,
        body!,
        signature!,
      ],
    ],
    [
      'algorithm EdDSA',
      ([, open, body, signature]) => [
        header([
          [1, -8],
          [4, issuer.keyId],
        ]),
        open!,
        body!,
        signature!,
      ],
    ],
    ['signature of 65 bytes', ([head, open, body]) => [head!, open!, body!, new Uint8Array(65)]],
  ])('COSE_Sign1: %s', async (_what, change) => {
    const parts = decodeCbor(await issue(claimsOf())) as CborValue[];
    expect(await resultOf(showStaticPass(encodeCbor(change(parts))))).toBe('malformed');
  });
  const header = (entries: [number, CborInput][]): Bytes => encodeCbor(new Map(entries));

  it.each<[string, (parts: CborValue[]) => CborInput]>([
    ['three parts', (parts) => parts.slice(0, 3) as CborInput],
    ['six parts', (parts) => [...parts, NONCE, NONCE]],
    ['t as text', ([pass, , ctr, proof]) => [pass!, 'now', ctr!, proof!]],
    ['t negative', ([pass, , ctr, proof]) => [pass!, -1, ctr!, proof!]],
    ['ctr negative', ([pass, t, , proof]) => [pass!, t!, -1, proof!]],
    ['proof of 63 bytes', ([pass, t, ctr]) => [pass!, t!, ctr!, new Uint8Array(63)]],
    ['nonce of 7 bytes', (parts) => [...parts, new Uint8Array(7)]],
    ['nonce null', (parts) => [...parts, null]],
    ['pass as text', ([, ...rest]) => ['pass', ...rest]],
    ['a map', (parts) => new Map([[1, parts[0]!]])],
  ])('code: %s', async (_what, change) => {
    const parts = decodeCbor(decodeBase45((await live()).slice(4))) as CborValue[];
    expect(await resultOf(`UC1:${encodeBase45(encodeCbor(change(parts)))}`)).toBe('malformed');
  });

  it('a proof on a pass without holder key', async () => {
    const pass = await issue(claimsOf());
    const code = await showLivePass({ subtle, pass, t: NOW, ctr: 1, nonce: null, sign: holder.sign });
    expect(await resultOf(code)).toBe('malformed');
  });

  it('a signed code longer than any QR holds', async () => {
    const long = async (length: number) =>
      resultOf(showStaticPass(await issue(claimsOf({ plate: 'K'.repeat(length) }))));
    expect(await long(2600)).toBe('valid');
    expect(await long(2900)).toBe('malformed');
  });

  it('a tagged COSE_Sign1', async () => {
    const pass = await issue(claimsOf());
    expect(await resultOf(showStaticPass(Uint8Array.of(0xd2, ...pass)))).toBe('malformed');
  });

  it.each(['', 'UC1', 'UC1:', 'uc1:00', ' UC1:00', 'UC2:00', 'UC1C:00', `UC1:${'0'.repeat(1_000_000)}`])(
    'text %#',
    async (text) => {
      expect(await resultOf(text)).toBe('malformed');
    },
  );
});

describe('D3 steps 2 to 5: key, signature, place, time', () => {
  it('takes a key in [from, until) of nbf only', async () => {
    const at = async (nbf: number) =>
      resultOf(showStaticPass(await issue(claimsOf({ nbf, exp: NOW + 5000 }))));
    expect(await at(NOW - 1000)).toBe('valid');
    expect(await at(NOW - 1001)).toBe('unknown_key');
    expect(await at(NOW + 999)).toBe('too_early');
    expect(await at(NOW + 1000)).toBe('unknown_key');
  });

  it('tries every key with the kid', async () => {
    const [key] = context.keys;
    const [decoy] = await importKeyBundle(subtle, [bundled(stranger, OTHER_SITE)]);
    const keys = [{ ...decoy!, keyId: key!.keyId }, key!];
    const code = showStaticPass(await issue(claimsOf()));
    expect(await resultOf(code, { keys })).toBe('valid');
    expect(await resultOf(code, { keys: [keys[0]!] })).toBe('forged');
  });

  it('a damaged key of the bundle verifies nothing and stops no other', async () => {
    const damaged = { ...bundled(issuer), y: bundled(stranger).y };
    const keys = await importKeyBundle(subtle, [damaged, { ...damaged, x: 'zz' }, bundled(issuer)]);
    expect(await resultOf(showStaticPass(await issue(claimsOf())), { keys })).toBe('valid');
  });

  it('forged when another key signed, whatever r and s', async () => {
    expect(await resultOf(showStaticPass(await issue(claimsOf(), stranger)))).toBe('forged');
    for (const fill of [0, 1, 255]) {
      const sign = () => Promise.resolve(new Uint8Array(64).fill(fill));
      expect(await resultOf(showStaticPass(await issue(claimsOf(), { ...issuer, sign })))).toBe('forged');
    }
  });

  it('wrong_site comes before wrong_entrance, and that before the times', async () => {
    const over = claimsOf({ gates: 4, nbf: NOW - 200, exp: NOW - 100 });
    const keys = await importKeyBundle(subtle, [bundled(issuer, OTHER_SITE)]);
    const code = showStaticPass(await issue(over));
    expect(await verdict(code, { keys })).toMatchObject({ result: 'wrong_site', pass: { site: OTHER_SITE } });
    expect(await resultOf(code)).toBe('wrong_entrance');
    expect(await resultOf(code, { gate: 2 })).toBe('expired');
  });

  it('a key listed for two sites is good for both', async () => {
    const keys = await importKeyBundle(subtle, [bundled(issuer, OTHER_SITE), bundled(issuer)]);
    expect(await resultOf(showStaticPass(await issue(claimsOf())), { keys })).toBe('valid');
  });

  it('site ids are the same with and without hyphens and in either case', async () => {
    const keys = await importKeyBundle(subtle, [bundled(issuer, SITE.replaceAll('-', ''))]);
    expect(await resultOf(showStaticPass(await issue(claimsOf())), { keys, site: SITE.toUpperCase() })).toBe(
      'valid',
    );
  });

  it.each([
    [2 ** 40, 40, 'valid'],
    [2 ** 40, 8, 'wrong_entrance'],
    [1, 32, 'wrong_entrance'],
    [2n ** 63n, 63, 'valid'],
    [2n ** 63n, 64, 'wrong_entrance'],
    [6, 2, 'valid'],
    [6, 0, 'wrong_entrance'],
  ])('gates %s at gate %i: %s', async (gates, gate, expected) => {
    expect(await resultOf(showStaticPass(await issue(claimsOf({ gates }))), { gate })).toBe(expected);
  });
});

describe('D3 step 6 and 10: status list', () => {
  const code = async () => showStaticPass(await issue(claimsOf()));

  it.each([
    ['revoked', NOW - 10],
    ['revoked', NOW - 950],
    ['suspended', NOW - 10],
    ['suspended', NOW - 950],
  ] as const)('%s, by a list issued at %i', async (state, issued) => {
    const list = await statusList({ states: [[5, state]], issued });
    expect(await resultOf(await code(), { statusList: list })).toBe(state);
    expect(await resultOf(await code(), { statusList: await statusList({ states: [[4, state]] }) })).toBe(
      'valid',
    );
  });

  it('is fresh up to and at issued + ttl', async () => {
    expect(await resultOf(await code(), { statusList: await statusList({ issued: NOW - 900 }) })).toBe(
      'valid',
    );
    const late = await verdict(await code(), { statusList: await statusList({ issued: NOW - 901 }) });
    expect(late).toMatchObject({ result: 'valid_provisional', status: { stale: true, ageSeconds: 901 } });
  });

  it('says why it does not know', async () => {
    const both = await importKeyBundle(subtle, [bundled(issuer), bundled(issuer, OTHER_SITE)]);
    const lists: [string, OpenedStatusList][] = [
      ['missing', { kind: 'missing' }],
      ['unverifiable', await openStatusList({ subtle, inflate, keys: context.keys }, Uint8Array.of(1))],
      ['unverifiable', await statusList({ sign: stranger.sign, states: [[5, 'revoked']] })],
      ['unverifiable', await statusList({ site: OTHER_SITE, states: [[5, 'revoked']] })],
      ['unverifiable', await statusList({ issued: NOW - 1001 })],
      ['unverifiable', await statusList({ deflate: (bytes) => bytes })],
      ['unverifiable', await statusList({ deflate: () => deflateSync(new Uint8Array(2 ** 21)) })],
      ['other_site', await statusList({ site: OTHER_SITE, states: [[5, 'revoked']] }, both)],
      ['too_short', await statusList({ length: 4 })],
    ];
    for (const [why, list] of lists) {
      const made = await verdict(await code(), { statusList: list });
      expect(made).toMatchObject({ result: 'valid_provisional', status: { known: false, why } });
    }
  });

  it('never shows the reserved value as plainly valid', async () => {
    const deflate = () => deflateSync(packStates(64, [[5, 'reserved']]));
    expect(await resultOf(await code(), { statusList: await statusList({ deflate }) })).toBe(
      'valid_provisional',
    );
  });

  it('packs two bits a pass, least significant first', () => {
    expect(
      packStates(9, [
        [0, 'revoked'],
        [3, 'suspended'],
        [8, 'reserved'],
      ]),
    ).toEqual(Uint8Array.of(0x81, 0, 3));
    expect(() => packStates(4, [[4, 'revoked']])).toThrow(RangeError);
  });
});

describe('X1 steps 7 to 9: proof, counter, uses', () => {
  it.each([
    [0, 'valid'],
    [60, 'valid'],
    [-60, 'valid'],
    [61, 'clock_differs'],
    [-180, 'clock_differs'],
    [181, 'replay_or_clock'],
    [-181, 'replay_or_clock'],
  ])('holder clock %i s off: %s', async (difference, expected) => {
    expect(await resultOf(await live({ t: NOW + difference }))).toBe(expected);
  });

  it('a challenge must be this guard’s and signed; then clocks do not matter', async () => {
    const answer = await live({ nonce: NONCE, t: NOW + 9999 });
    expect(await resultOf(answer, { challenge: NONCE })).toBe('valid');
    expect(await resultOf(answer)).toBe('copied');
    expect(await resultOf(answer, { challenge: NONCE.with(7, 0) })).toBe('copied');
    const unsigned = await live({ nonce: NONCE, sign: stranger.sign });
    expect(await resultOf(unsigned, { challenge: NONCE })).toBe('copied');
  });

  it('tells a copy from a proof, and revoked before either', async () => {
    const copy = showStaticPass(await issue(bound()));
    expect(await resultOf(copy)).toBe('static_copy');
    expect(await resultOf(await live({ sign: stranger.sign, t: NOW + 9999 }))).toBe('copied');
    const statusListRevoking = await statusList({ states: [[5, 'revoked']] });
    expect(await resultOf(copy, { statusList: statusListRevoking })).toBe('revoked');
  });

  it.each([
    [6, 'valid'],
    [7, 'replay'],
    [8, 'clone_suspect'],
  ])('ctr 7 after %i was seen: %s', async (highestCtr, expected) => {
    expect(await resultOf(await live(), { history: () => ({ highestCtr, uses: [] }) })).toBe(expected);
  });

  it('replay is said before already_used', async () => {
    const use = { at: NOW - 5, gate: 1, by: 'guard' };
    expect(await resultOf(await live(), { history: () => ({ highestCtr: 7, uses: [use] }) })).toBe('replay');
  });

  it('one use, two for a double visitor; tells of the latest', async () => {
    const uses = [3, 9, 6].map((at) => ({ at: NOW - at, gate: at, by: `guard-${at}` }));
    const at = async (kind: PassClaims['kind'], count: number) =>
      verdict(showStaticPass(await issue(claimsOf({ kind }))), {
        history: () => ({ highestCtr: null, uses: uses.slice(0, count) }),
      });
    expect(await at(PASS_KIND.visitorSingle, 0)).toMatchObject({ result: 'valid' });
    expect(await at(PASS_KIND.visitorDouble, 1)).toMatchObject({ result: 'valid' });
    expect(await at(PASS_KIND.resident, 1)).toMatchObject({ result: 'already_used', lastUse: uses[0] });
    expect(await at(PASS_KIND.visitorDouble, 3)).toMatchObject({ result: 'already_used', lastUse: uses[0] });
  });

  it('asks history by pass id, and only for passes that are good so far', async () => {
    const asked: string[] = [];
    const history = (passId: string) => {
      asked.push(passId);
      return { highestCtr: null, uses: [] };
    };
    await resultOf(await live({ sign: stranger.sign }), { history });
    await resultOf(await live(), { history });
    expect(asked).toEqual([PASS_ID]);
  });
});

describe('properties', () => {
  const anyClaims = fc.record({
    passId: fc.uuid(),
    nbf: fc.maxSafeNat(),
    exp: fc.maxSafeNat(),
    status: fc.maxSafeNat(),
    slot: fc.string({ unit: 'binary', maxLength: 30 }),
    plate: fc.string({ unit: 'binary', maxLength: 30 }),
    kind: fc.constantFrom(0, 1, 2, 3),
    gates: fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
  });

  it('claims survive issuing and reading, with and without holder key', async () => {
    await fc.assert(
      fc.asyncProperty(anyClaims, fc.boolean(), async (claims, isBound) => {
        const whole = { ...claims, holderKey: isBound ? bound().holderKey : null } as PassClaims;
        const pass = await issue(whole);
        expect(readPassClaims(pass)).toEqual({ ok: true, value: whole });
        expect(parsePassCode(showStaticPass(pass))).toMatchObject({
          ok: true,
          value: { claims: whole, pass },
        });
      }),
    );
  });

  it('a challenge survives, and nothing else reads as one', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.maxSafeNat(),
        (gate, nonce, t) => {
          expect(parseChallenge(formatChallenge({ gate, nonce, t }))).toEqual({
            ok: true,
            value: { gate, nonce, t },
          });
        },
      ),
    );
    expect(parseChallenge('UC1:00').ok).toBe(false);
    expect(parseChallenge(`UC1C:${encodeBase45(encodeCbor([1, NONCE]))}`).ok).toBe(false);
  });

  it('random text and random bytes are malformed, and nothing throws', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => `UC1:${encodeBase45(bytes)}`),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => showStaticPass(bytes)),
      fc.string().map((tail) => `UC1:${tail}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (input) => {
        expect(await resultOf(input)).toBe('malformed');
      }),
      { numRuns: 2000 },
    );
  });
});
