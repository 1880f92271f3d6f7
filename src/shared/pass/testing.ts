import { toHex, type Bytes } from './bytes';
import { issuePass } from './issue-pass';
import { computeKeyId, type IssuerKey } from './key-bundle';
import { parsePoint, type Point } from './p256';
import { PASS_KIND, type PassClaims } from './pass-payload';
import type { PassHistory, PassVerdict } from './pass-verdict';
import { showLivePass } from './show-pass';
import { signWith, type KeyHandle, type Sign, type SubtleSign, type SubtleVerify } from './web-crypto';

/** The part of WebCrypto that tests need beyond the product's. Node's `webcrypto.subtle` fits. */
export interface SubtleForTests extends SubtleVerify, SubtleSign {
  generateKey(
    algorithm: { name: 'ECDSA'; namedCurve: 'P-256' },
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<{ privateKey: KeyHandle; publicKey: KeyHandle }>;
  exportKey(format: 'raw', key: KeyHandle): Promise<ArrayBuffer>;
}

/** A key pair of an issuer or a holder. */
export interface TestSigner {
  readonly point: Point;
  readonly sign: Sign;
  readonly keyId: Bytes;
}

export const TEST_SITE = '0197c000-0000-7000-8000-000000000001';
export const TEST_NOW = 1_783_000_000;
/** The order of P-256: (r, n − s) verifies wherever (r, s) does. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export async function makeTestSigner(subtle: SubtleForTests): Promise<TestSigner> {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  return { point, sign: signWith(subtle, pair.privateKey), keyId: await computeKeyId(subtle, point) };
}

/** The signer's key as a bundle lists it, good for passes from 1000 s before to 1000 s after {@link TEST_NOW}. */
export function bundledKey(signer: TestSigner, changes: Partial<IssuerKey> = {}): IssuerKey {
  const { x, y } = signer.point;
  const times = { from: TEST_NOW - 1000, until: TEST_NOW + 1000 };
  return { site: TEST_SITE, x: toHex(x), y: toHex(y), ...times, ...changes };
}

/** A resident's claims, good from 100 s before to 900 s after {@link TEST_NOW}; bound to `holder` unless null. */
export function testClaims(holder: TestSigner | null, changes: Partial<PassClaims> = {}): PassClaims {
  const holderKey = holder && Uint8Array.of(2 + (holder.point.y[31]! & 1), ...holder.point.x);
  const when = { nbf: TEST_NOW - 100, exp: TEST_NOW + 900 };
  const what = { status: 5, slot: 'A-01', plate: 'KA01', kind: PASS_KIND.resident, gates: 0 };
  return { passId: '0197c000-0000-7000-8000-00000000000a', ...when, holderKey, ...what, ...changes };
}

/** A pass signed by `issuer`, who names himself by his own kid unless told otherwise. */
export function issueTestPass(
  issuer: TestSigner,
  claims: PassClaims,
  keyId: Uint8Array = issuer.keyId,
): Promise<Bytes> {
  return issuePass({ claims, keyId, sign: issuer.sign });
}

/** A phone that shows `pass` now, by `t` and with `ctr`. */
export function showBy(
  subtle: SubtleForTests,
  holder: TestSigner,
  shown: { pass: Uint8Array; t?: number; ctr?: number; nonce?: Uint8Array | null },
): Promise<string> {
  return showLivePass({ subtle, t: TEST_NOW, ctr: 7, nonce: null, sign: holder.sign, ...shown });
}

/** The other signature that verifies for the same key and content: s → n − s. */
export function secondForm(signature: Uint8Array): Bytes {
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  const mirrored = (ORDER - s).toString(16).padStart(64, '0');
  const digits = mirrored.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  return Uint8Array.of(...signature.subarray(0, 32), ...digits);
}

/** What a guard's device remembers from scan to scan, as the product's store does: counters that held, and uses. */
export class GuardMemory {
  readonly #histories = new Map<string, PassHistory>();

  readonly history = (passId: string): PassHistory =>
    this.#histories.get(passId) ?? { highestCtr: null, uses: [] };

  /** Stores a decision; `at` in seconds. */
  store(verdict: PassVerdict, at: number): void {
    if (!('pass' in verdict)) return;
    const { claims, proof } = verdict.pass;
    const { highestCtr, uses } = this.history(claims.passId);
    const proven = proof && verdict.result !== 'copied' ? proof.ctr : null;
    const isUse = verdict.result === 'valid' || verdict.result === 'valid_provisional';
    this.#histories.set(claims.passId, {
      highestCtr: proven === null ? highestCtr : Math.max(proven, highestCtr ?? proven),
      uses: isUse ? [...uses, { at, gate: 1, by: 'guard' }] : uses,
    });
  }
}
