import { webcrypto } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBase45, encodeBase45 } from './base45';
import { importKeyBundle } from './key-bundle';
import { showStaticPass } from './show-pass';
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

const { subtle } = webcrypto;
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

let codes: Record<'live' | 'answer' | 'static', string>;
let context: GuardContext;

beforeAll(async () => {
  const [issuer, holder] = await Promise.all([makeTestSigner(subtle), makeTestSigner(subtle)]);
  const bound = await issueTestPass(issuer, testClaims(holder));
  codes = {
    live: await showBy(subtle, holder, { pass: bound }),
    answer: await showBy(subtle, holder, { pass: bound, nonce: NONCE }),
    static: showStaticPass(await issueTestPass(issuer, testClaims(null))),
  };
  const keys = await importKeyBundle(subtle, [bundledKey(issuer)]);
  const guard = { site: TEST_SITE, gate: 1, now: TEST_NOW, challenge: NONCE };
  const history = () => ({ highestCtr: null, uses: [] });
  context = { keys, statusList: { kind: 'missing' }, history, ...guard };
});

const resultOf = async (text: string): Promise<string> => (await verifyPass(subtle, text, context)).result;

/** Each bit turned, the byte emptied, filled and one up and down: eleven others at most. */
function others(byte: number): Set<number> {
  const bits = Array.from({ length: 8 }, (_, bit) => byte ^ (1 << bit));
  const values = new Set([...bits, 0, 0xff, (byte + 1) & 0xff, (byte - 1) & 0xff]);
  values.delete(byte);
  return values;
}

describe('D3 a valid code with one change is refused', () => {
  // No two byte strings mean the same: CBOR is read in one form only, and a signature's second form differs in up to 32 bytes.
  it.each(['live', 'answer', 'static'] as const)('%s: every byte, every bit', async (kind) => {
    expect(await resultOf(codes[kind])).toBe('valid_provisional');
    const bytes = decodeBase45(codes[kind].slice(4));
    const letIn: string[] = [];
    for (const [position, byte] of bytes.entries()) {
      for (const other of others(byte)) {
        const result = await resultOf(`UC1:${encodeBase45(bytes.with(position, other))}`);
        if (result.startsWith('valid')) letIn.push(`byte ${position}: ${byte} → ${other}`);
      }
    }
    expect(letIn).toEqual([]);
  });

  it.each(['live', 'static'] as const)('%s: every character of the QR', async (kind) => {
    const letIn: string[] = [];
    for (let position = 0; position < codes[kind].length; position++) {
      const own = ALPHABET.indexOf(codes[kind][position]!);
      for (const step of [1, 7, 22, 44]) {
        const other = ALPHABET[(own + step) % ALPHABET.length]!;
        const changed = codes[kind].slice(0, position) + other + codes[kind].slice(position + 1);
        if ((await resultOf(changed)).startsWith('valid')) letIn.push(`character ${position} → ${other}`);
      }
    }
    expect(letIn).toEqual([]);
  });

  it.each(['live', 'answer', 'static'] as const)('%s: a byte left out or put in', async (kind) => {
    const bytes = decodeBase45(codes[kind].slice(4));
    for (let position = 0; position <= bytes.length; position++) {
      const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
      const changed = [
        [...before, 0, ...after],
        ...(after.length > 0 ? [[...before, ...after.subarray(1)]] : []),
      ];
      for (const one of changed) {
        const result = await resultOf(`UC1:${encodeBase45(Uint8Array.from(one))}`);
        expect(result, `at ${position}`).not.toMatch(/^valid/);
      }
    }
  });
});
