import { webcrypto } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from './base45';
import type { Bytes } from './bytes';
import { decodeCbor, encodeCbor, type CborInput, type CborValue } from './cbor';
import { buildCoseSign1, signedBytes } from './cose-sign1';
import { importKeyBundle, type IssuerKey } from './key-bundle';
import { formatChallenge, parseChallenge } from './pass-code';
import { passClaimsPayload } from './pass-payload';
import { showStaticPass } from './show-pass';
import { buildStatusList, openStatusList, type OpenedStatusList } from './status-list';
import {
  bundledKey,
  GuardMemory,
  issueTestPass,
  makeTestSigner,
  secondForm,
  showBy,
  TEST_NOW as NOW,
  TEST_SITE as SITE,
  testClaims,
  type TestSigner,
} from './testing';
import { verifyPass, type GuardContext } from './verify-pass';

/* What a cheat, a broken clock or a key change does to a guard's device; one `describe` for each of the issue's cases. */

const { subtle } = webcrypto;
const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
const OTHER_SITE = '0197c000-0000-7000-8000-000000000002';
const OTHER_PASS = '0197c000-0000-7000-8000-00000000000b';
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const MINUTE = 60;
const DAY = 86_400;

let issuer: TestSigner;
let successor: TestSigner;
let holder: TestSigner;
let bound: Bytes;
let context: GuardContext;

beforeAll(async () => {
  [issuer, successor, holder] = (await Promise.all([1, 2, 3].map(() => makeTestSigner(subtle)))) as [
    TestSigner,
    TestSigner,
    TestSigner,
  ];
  bound = await issueTestPass(issuer, testClaims(holder));
  const keys = await importKeyBundle(subtle, [bundledKey(issuer)]);
  const history = () => ({ highestCtr: null, uses: [] });
  const guard = { site: SITE, gate: 1, now: NOW, challenge: null, history };
  context = { keys, statusList: { kind: 'missing' }, ...guard };
  context.statusList = await statusList();
});

const verdict = (text: string, changes: Partial<GuardContext> = {}) =>
  verifyPass(subtle, text, { ...context, ...changes });
const resultOf = async (text: string, changes: Partial<GuardContext> = {}) =>
  (await verdict(text, changes)).result;
const live = (shown: { t?: number; ctr?: number; nonce?: Uint8Array | null } = {}) =>
  showBy(subtle, holder, { pass: bound, ...shown });
const keysOf = (...keys: IssuerKey[]) => importKeyBundle(subtle, keys);

async function statusList(
  changes: Partial<Parameters<typeof buildStatusList>[0]> = {},
): Promise<OpenedStatusList> {
  const signed = { keyId: issuer.keyId, sign: issuer.sign, deflate: deflateSync, site: SITE };
  const content = { issued: NOW - 10, ttl: 900, length: 64, states: [] };
  const bytes = await buildStatusList({ ...signed, ...content, ...changes });
  return openStatusList({ subtle, inflate, keys: context.keys }, bytes);
}

/** A guard who scans, decides and stores, one after the other. */
function guardWithMemory() {
  const memory = new GuardMemory();
  return async (text: string, changes: Partial<GuardContext> = {}): Promise<string> => {
    const made = await verdict(text, { history: memory.history, ...changes });
    memory.store(made, changes.now ?? NOW);
    return made.result;
  };
}

const partsOf = (code: string) => decodeCbor(decodeBase45(code.slice(4))) as CborValue[];
const codeOf = (parts: CborInput) => `UC1:${encodeBase45(encodeCbor(parts))}`;

describe('D3 trailing or non-canonical bytes', () => {
  const paper = () => issueTestPass(issuer, testClaims(null));
  /** A COSE_Sign1 that the issuer really signed, header and payload as given. */
  async function signed(protectedHeader: Bytes, payload: Bytes): Promise<string> {
    const made = await issuer.sign(signedBytes({ protectedHeader, payload }));
    return showStaticPass(encodeCbor([protectedHeader, new Map(), payload, made]));
  }
  const header = () =>
    encodeCbor(
      new Map<number, CborInput>([
        [1, -7],
        [4, issuer.keyId],
      ]),
    );

  it('behind the code, the pass, the claims and the header', async () => {
    const [pass, claims] = [await paper(), encodeCbor(passClaimsPayload(testClaims(null)))];
    expect(await resultOf(await signed(header(), claims))).toBe('valid');
    expect(await resultOf(`UC1:${encodeBase45(Uint8Array.of(...encodeCbor([pass]), 0))}`)).toBe('malformed');
    expect(await resultOf(codeOf([Uint8Array.of(...pass, 0)]))).toBe('malformed');
    expect(await resultOf(await signed(header(), Uint8Array.of(...claims, 0)))).toBe('malformed');
    expect(await resultOf(await signed(Uint8Array.of(...header(), 0), claims))).toBe('malformed');
  });

  it.each<[string, (claims: Bytes) => number[]]>([
    ['exp in nine bytes', (claims) => longer(claims, 1, 5)],
    ['the status index in three bytes', (claims) => replaced(claims, [0x05, 0x64], [0x19, 0, 5, 0x64])],
    [
      'text of indefinite length',
      (claims) => replaced(claims, [0x64, ...ascii('KA01')], [0x7f, 0x64, ...ascii('KA01'), 0xff]),
    ],
    ['a map of indefinite length', (claims) => [0xbf, ...claims.subarray(1), 0xff]],
    [
      'claims out of order',
      (claims) => [claims[0]!, ...claims.subarray(7, 13), ...claims.subarray(1, 7), ...claims.subarray(13)],
    ],
  ])('%s, though the issuer signed it', async (_what, change) => {
    const claims = encodeCbor(passClaimsPayload(testClaims(null)));
    const changed = Uint8Array.from(change(claims));
    expect(changed).not.toEqual(claims);
    expect(await resultOf(await signed(header(), changed))).toBe('malformed');
  });

  const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
  /** The four-byte integer behind the head at `at + 1`, written in eight. */
  const longer = (claims: Bytes, at: number, length: number): number[] => [
    ...claims.subarray(0, at + 1),
    ...[0x1b, 0, 0, 0, 0],
    ...claims.subarray(at + 2, at + 1 + length),
    ...claims.subarray(at + 1 + length),
  ];
  function replaced(claims: Bytes, from: number[], to: number[]): number[] {
    const bytes = [...claims];
    const at = bytes.findIndex((_, index) => from.every((byte, step) => bytes[index + step] === byte));
    bytes.splice(at, from.length, ...to);
    return bytes;
  }
});

describe('D3 the second form of a signature (r, n − s)', () => {
  const mirrored = (pass: Bytes): Bytes => {
    const parts = decodeCbor(pass) as CborInput[];
    return encodeCbor([...parts.slice(0, 3), secondForm(parts[3] as Uint8Array)]);
  };

  it('of the issuer is the same pass: revoked with it, used up with it', async () => {
    const pass = await issueTestPass(issuer, testClaims(null));
    const other = showStaticPass(mirrored(pass));
    expect(other).not.toBe(showStaticPass(pass));
    const revoking = await statusList({ states: [[5, 'revoked']] });
    expect(await resultOf(other, { statusList: revoking })).toBe('revoked');
    const scan = guardWithMemory();
    expect(await scan(showStaticPass(pass))).toBe('valid');
    expect(await scan(other)).toBe('already_used');
  });

  it('of the holder is the same showing: a replay', async () => {
    const [pass, t, ctr, proof] = partsOf(await live());
    const scan = guardWithMemory();
    expect(await scan(await live())).toBe('valid');
    expect(await scan(codeOf([pass!, t!, ctr!, secondForm(proof as Bytes)]))).toBe('replay');
  });

  it('of the issuer under a proof over the first form is no proof', async () => {
    const [pass, ...proof] = partsOf(await live());
    expect(await resultOf(codeOf([mirrored(pass as Bytes), ...proof]))).toBe('copied');
  });
});

describe('D3 algorithm, kid and site confusion', () => {
  it.each<[string, CborInput]>([
    ['none (0)', 0],
    ['HS256', 5],
    ['ES256K', -47],
    ['RS256', -257],
    ['as text', 'ES256'],
    ['null', null],
  ])('algorithm %s is not looked up, it is malformed', async (_what, algorithm) => {
    const [, open, payload, made] = decodeCbor(await issueTestPass(issuer, testClaims(null))) as CborInput[];
    const header = encodeCbor(
      new Map<number, CborInput>([
        [1, algorithm],
        [4, issuer.keyId],
      ]),
    );
    expect(await resultOf(codeOf([encodeCbor([header, open!, payload!, made!])]))).toBe('malformed');
  });

  it('a holder who signs passes for himself, under the issuer’s kid or his own', async () => {
    const forged = await issueTestPass(holder, testClaims(holder), issuer.keyId);
    expect(await resultOf(await showBy(subtle, holder, { pass: forged }))).toBe('forged');
    const own = await issueTestPass(holder, testClaims(holder));
    expect(await resultOf(await showBy(subtle, holder, { pass: own }))).toBe('unknown_key');
  });

  it('a kid of one site under the signature of another', async () => {
    const keys = await keysOf(bundledKey(issuer), bundledKey(successor, { site: OTHER_SITE }));
    const swapped = await issueTestPass(successor, testClaims(null), issuer.keyId);
    expect(await resultOf(showStaticPass(swapped), { keys })).toBe('forged');
  });

  it('a status list is no pass, a pass no status list, a challenge neither', async () => {
    const list = await buildStatusList({
      ...{ keyId: issuer.keyId, sign: issuer.sign, deflate: deflateSync, site: SITE },
      ...{ issued: NOW, ttl: 900, length: 8, states: [] },
    });
    expect(await resultOf(showStaticPass(list))).toBe('malformed');
    const { keys } = context;
    expect(await openStatusList({ subtle, inflate, keys }, bound)).toEqual({ kind: 'unverifiable' });
    const challenge = formatChallenge({ gate: 1, nonce: NONCE, t: NOW });
    expect(await resultOf(challenge)).toBe('malformed');
    expect(await resultOf(challenge.replace('UC1C:', 'UC1:'))).toBe('malformed');
    expect(parseChallenge(await live()).ok).toBe(false);
  });

  it('a proof signed as if it were an issuer’s statement, and the other way round', async () => {
    const [pass, t, ctr] = partsOf(await live());
    const asIssuer = await buildCoseSign1({ keyId: issuer.keyId, payload: [t!, ctr!], sign: holder.sign });
    const [, , , statement] = decodeCbor(asIssuer) as CborValue[];
    expect(await resultOf(codeOf([pass!, t!, ctr!, statement!]))).toBe('copied');
  });
});

describe('D3 kid collision and rotation, offline', () => {
  const after = NOW + 10;

  it('two keys with one kid: the one that verifies says for which site', async () => {
    const [here, there] = await keysOf(bundledKey(issuer), bundledKey(successor, { site: OTHER_SITE }));
    const keys = [here!, { ...there!, keyId: here!.keyId }];
    const pass = await issueTestPass(successor, testClaims(null), issuer.keyId);
    for (const bundle of [keys, keys.toReversed()]) {
      expect(await resultOf(showStaticPass(pass), { keys: bundle })).toBe('wrong_site');
      expect(await resultOf(await live(), { keys: bundle })).toBe('valid');
    }
  });

  it('a key published before its use lets passes in without another sync', async () => {
    const keys = await keysOf(
      bundledKey(issuer, { until: after }),
      bundledKey(successor, { from: after, until: after + DAY }),
    );
    const next = showStaticPass(await issueTestPass(successor, testClaims(null, { nbf: after })));
    expect(await resultOf(next, { keys, now: after })).toBe('valid');
    expect(await resultOf(next, { now: after })).toBe('unknown_key');
    // One second before it is in force, the successor signs nothing.
    const early = showStaticPass(await issueTestPass(successor, testClaims(null, { nbf: after - 1 })));
    expect(await resultOf(early, { keys, now: after })).toBe('unknown_key');
  });

  it('a retired key’s passes live on, and it signs no new ones', async () => {
    const keys = await keysOf(bundledKey(issuer, { until: after }));
    expect(await resultOf(await live({ t: after + 500 }), { keys, now: after + 500 })).toBe('valid');
    const late = showStaticPass(await issueTestPass(issuer, testClaims(null, { nbf: after })));
    expect(await resultOf(late, { keys, now: after })).toBe('unknown_key');
  });
});

describe('X1 a screenshot', () => {
  it.each([
    [29, 'valid'],
    [61, 'clock_differs'],
    [181, 'replay_or_clock'],
  ])('first shown after %i s: %s', async (age, expected) => {
    expect(await resultOf(await live(), { now: NOW + age })).toBe(expected);
  });

  it.each([
    [29, 'replay'],
    [61, 'clock_differs'],
    [181, 'replay_or_clock'],
  ])('shown after the original, %i s later: %s', async (age, expected) => {
    const scan = guardWithMemory();
    expect(await scan(await live())).toBe('valid');
    expect(await scan(await live(), { now: NOW + age })).toBe(expected);
  });

  it('does not answer a challenge', async () => {
    expect(await resultOf(await live({ nonce: NONCE }), { challenge: NONCE.toReversed() })).toBe('copied');
  });
});

describe('X1 the phone’s clock set forward', () => {
  it.each([
    [60, 'valid'],
    [61, 'clock_differs'],
    [180, 'clock_differs'],
    [181, 'replay_or_clock'],
    [DAY, 'replay_or_clock'],
  ])('by %i s: %s, and the guard is told by how much', async (ahead, expected) => {
    const made = await verdict(await live({ t: NOW + ahead }));
    expect(made.result).toBe(expected);
    if (expected !== 'valid') expect(made).toMatchObject({ clockDifference: ahead });
  });

  it('a code made for later by a phone that was set forward is out of step once the true phone was seen', async () => {
    const forLater = await live({ t: NOW + 600, ctr: 20 });
    const scan = guardWithMemory();
    expect(await scan(await live({ t: NOW, ctr: 21 }))).toBe('valid');
    expect(await scan(forLater, { now: NOW + 600 })).toBe('clone_suspect');
  });

  it('a code made for later that is shown first uses the pass up: it lets no second car in', async () => {
    const forLater = await live({ t: NOW + 600, ctr: 20 });
    const scan = guardWithMemory();
    expect(await scan(forLater, { now: NOW + 600 })).toBe('valid');
    expect(await scan(await live({ t: NOW + 620, ctr: 21 }), { now: NOW + 620 })).toBe('already_used');
  });

  it('does not matter once the phone answers a challenge', async () => {
    const answer = await live({ t: NOW + DAY, nonce: NONCE });
    expect(await resultOf(answer, { challenge: NONCE })).toBe('valid');
  });
});

describe('D3 the guard’s clock wrong', () => {
  it.each([
    [-10 * MINUTE, 600, 'too_early'],
    [-90, 90, 'clock_differs'],
    [10 * MINUTE, -600, 'replay_or_clock'],
    [20 * MINUTE, -1200, 'expired'],
    [-NOW, NOW, 'too_early'],
  ])('by %i s: never plainly valid', async (wrong, difference, expected) => {
    const made = await verdict(await live(), { now: NOW + wrong });
    expect(made.result).toBe(expected);
    if ('clockDifference' in made) expect(made.clockDifference).toBe(difference);
  });

  it('a challenge lets a good pass in while the window still holds', async () => {
    const answer = await live({ nonce: NONCE });
    expect(await resultOf(answer, { now: NOW + 10 * MINUTE, challenge: NONCE })).toBe('valid');
    expect(await resultOf(answer, { now: NOW + 20 * MINUTE, challenge: NONCE })).toBe('expired');
  });

  it('behind the list’s time: the list still revokes', async () => {
    const revoking = await statusList({ issued: NOW + 500, states: [[5, 'revoked']] });
    expect(await resultOf(await live(), { statusList: revoking })).toBe('revoked');
  });
});

describe('X1 a cloned key', () => {
  it('two phones count apart: equal is a replay, lower a suspected clone', async () => {
    const scan = guardWithMemory();
    expect(await scan(await live({ ctr: 40 }))).toBe('valid');
    expect(await scan(await live({ ctr: 12 }))).toBe('clone_suspect');
    expect(await scan(await live({ ctr: 40, t: NOW + 1 }))).toBe('replay');
    expect(await scan(await live({ ctr: 41 }))).toBe('already_used');
  });

  it('a counter rolled back by a restored phone does not pass, challenged or not', async () => {
    const scan = guardWithMemory();
    expect(await scan(await live({ ctr: 40 }))).toBe('valid');
    expect(await scan(await live({ ctr: 0 }))).toBe('clone_suspect');
    expect(await scan(await live({ ctr: 1, nonce: NONCE }), { challenge: NONCE })).toBe('clone_suspect');
  });

  it('a forged counter raises nothing: the true phone still passes', async () => {
    const scan = guardWithMemory();
    const [pass, t, , proof] = partsOf(await live());
    expect(await scan(codeOf([pass!, t!, 2 ** 40, proof!]))).toBe('copied');
    expect(await scan(await live())).toBe('valid');
  });

  it('counters of different passes have nothing to do with each other', async () => {
    const other = await issueTestPass(issuer, testClaims(holder, { passId: OTHER_PASS }));
    const scan = guardWithMemory();
    expect(await scan(await live({ ctr: 40 }))).toBe('valid');
    expect(await scan(await showBy(subtle, holder, { pass: other, ctr: 3 }))).toBe('valid');
  });
});

describe('D3 revoked after the last sync', () => {
  const revoked = { states: [[5, 'revoked']] } as const;

  it('an older list cannot know, and says so once it is stale', async () => {
    const code = await live();
    expect(await resultOf(code, { statusList: await statusList({ issued: NOW - 899 }) })).toBe('valid');
    const stale = await statusList({ issued: NOW - 901 });
    expect(await verdict(code, { statusList: stale })).toMatchObject({
      result: 'valid_provisional',
      status: { known: true, stale: true, ageSeconds: 901 },
    });
  });

  it('a list that revokes does so however old it is', async () => {
    expect(
      await resultOf(await live(), { statusList: await statusList({ ...revoked, issued: NOW - 990 }) }),
    ).toBe('revoked');
  });

  it('a list rolled back is told by its age, one dated anew without the key is not opened', async () => {
    const rolledBack = await statusList({ issued: NOW - 950 });
    expect(await resultOf(await live(), { statusList: rolledBack })).toBe('valid_provisional');
    const datedAnew = await statusList({ sign: holder.sign });
    expect(datedAnew).toEqual({ kind: 'unverifiable' });
  });
});

describe('X1 a spliced proof', () => {
  it('of pass A on pass B of the same holder, both valid', async () => {
    const other = await issueTestPass(issuer, testClaims(holder, { passId: OTHER_PASS }));
    const [, ...proof] = partsOf(await live());
    expect(await resultOf(codeOf([other, ...proof]))).toBe('copied');
    const [, ...answer] = partsOf(await live({ nonce: NONCE }));
    expect(await resultOf(codeOf([other, ...answer]), { challenge: NONCE })).toBe('copied');
  });

  it('with a nonce taken away, put in or exchanged', async () => {
    const [pass, t, ctr, answer] = partsOf(await live({ nonce: NONCE }));
    expect(await resultOf(codeOf([pass!, t!, ctr!, answer!]), { challenge: NONCE })).toBe('copied');
    const [, , , plain] = partsOf(await live());
    expect(await resultOf(codeOf([pass!, t!, ctr!, plain!, NONCE]), { challenge: NONCE })).toBe('copied');
    const next = NONCE.toReversed();
    expect(await resultOf(codeOf([pass!, t!, ctr!, answer!, next]), { challenge: next })).toBe('copied');
  });

  it('an answer does for one challenge, and only once', async () => {
    const scan = guardWithMemory();
    const answer = await live({ nonce: NONCE });
    expect(await scan(answer, { challenge: NONCE })).toBe('valid');
    expect(await scan(answer, { challenge: NONCE })).toBe('replay');
    expect(await scan(answer, { challenge: NONCE.toReversed() })).toBe('copied');
    expect(await scan(answer)).toBe('copied');
  });
});

describe('D3 wrong gate, wrong day, and the edges', () => {
  it('opens the gates of its mask, and all when there is none', async () => {
    const masked = showStaticPass(await issueTestPass(issuer, testClaims(null, { gates: 0b101 })));
    const open = showStaticPass(await issueTestPass(issuer, testClaims(null)));
    const results = (code: string) => Promise.all([0, 1, 2, 3].map((gate) => resultOf(code, { gate })));
    expect(await results(masked)).toEqual(['valid', 'wrong_entrance', 'valid', 'wrong_entrance']);
    expect(await results(open)).toEqual(['valid', 'valid', 'valid', 'valid']);
  });

  it.each([
    [-1, 'too_early'],
    [0, 'valid'],
    [3599, 'valid'],
    [3600, 'expired'],
    [DAY, 'expired'],
    [-DAY, 'too_early'],
  ])('%i s into a window of an hour: %s', async (into, expected) => {
    const keys = await keysOf(bundledKey(issuer, { from: 0, until: NOW * 2 }));
    const window = { nbf: NOW, exp: NOW + 3600 };
    const pass = await issueTestPass(issuer, testClaims(holder, window));
    const code = await showBy(subtle, holder, { pass, t: NOW + into });
    const current = await statusList();
    const made = await resultOf(code, { keys, now: NOW + into, statusList: current });
    // The list is older than its ttl at the window's end; what counts here is that the window holds.
    expect(made.replace('_provisional', '')).toBe(expected);
  });

  it('a window that is empty or turned round lets nobody in', async () => {
    const at = async (nbf: number, exp: number) =>
      resultOf(showStaticPass(await issueTestPass(issuer, testClaims(null, { nbf, exp }))));
    expect(await at(NOW, NOW)).toBe('expired');
    expect(await at(NOW + 10, NOW - 10)).toBe('too_early');
    expect(await at(NOW - 10, NOW - 20)).toBe('expired');
  });
});
