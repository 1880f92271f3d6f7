import { createECDH, createHash, webcrypto } from 'node:crypto';
import { toHex, type Bytes } from '#shared/pass/bytes';
import { issuePass } from '#shared/pass/issue-pass';
import { computeKeyId, importKeyBundle } from '#shared/pass/key-bundle';
import { parsePoint, type Point } from '#shared/pass/p256';
import { PASS_KIND } from '#shared/pass/pass-payload';
import { showLivePass, showStaticPass } from '#shared/pass/show-pass';
import { verifyPass } from '#shared/pass/verify-pass';
import type { Sign } from '#shared/pass/web-crypto';
import { seededRandom, type SeededRandom } from './scan-random';

const SITE = '0197c000-0000-7000-8000-000000000001';
const NOW = 1_783_000_000;
/** The order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

interface Signer {
  readonly point: Point;
  readonly sign: Sign;
}

/**
 * Passes as the product issues and shows them, three live ones for each static one, with keys and signatures from a seed: a
 * platform's own signatures are random, and with them every code and every rate would differ from run to run. Each is
 * checked by the product's verifier before it is given out.
 */
export async function seededPasses(count: number, seed: number): Promise<string[]> {
  const { subtle } = webcrypto;
  const random = seededRandom(seed);
  const issuer = seededSigner(random);
  const keyId = await computeKeyId(subtle, issuer.point);
  const { x, y } = issuer.point;
  const keys = await importKeyBundle(subtle, [
    { site: SITE, x: toHex(x), y: toHex(y), from: 0, until: NOW * 2 },
  ]);
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const isLive = index % 4 !== 3;
    const holder = seededSigner(random);
    const pass = await issuePass({
      claims: {
        passId: uuid(random.bytes(16)),
        nbf: NOW - 600,
        exp: NOW + 7200,
        holderKey: isLive ? compressed(holder.point) : null,
        status: Math.floor(random.between(0, 40_000)),
        slot: `${'ABC'[index % 3]!}-${String(index % 90).padStart(2, '0')}`,
        plate: `B-UC ${String(1000 + Math.floor(random.between(0, 9000)))}`,
        kind: isLive ? PASS_KIND.resident : PASS_KIND.visitorSingle,
        gates: 0,
      },
      keyId,
      sign: issuer.sign,
    });
    const ctr = Math.floor(random.between(1, 5000));
    const text = isLive
      ? await showLivePass({ subtle, pass, t: NOW, ctr, nonce: null, sign: holder.sign })
      : showStaticPass(pass);
    const history = () => ({ highestCtr: null, uses: [] });
    const guard = { keys, statusList: { kind: 'missing' as const }, site: SITE, gate: 1, now: NOW };
    const { result } = await verifyPass(subtle, text, { ...guard, challenge: null, history });
    if (result !== 'valid_provisional') throw new Error(`a pass of the bench is ${result}`);
    texts.push(text);
  }
  return texts;
}

function seededSigner(random: SeededRandom): Signer {
  const secret = seededScalar(random);
  return {
    point: parsePoint(multiplyBase(secret))!,
    sign: (data) => Promise.resolve(es256(secret, seededScalar(random), data)),
  };
}

/** ECDSA by its definition (FIPS 186-5 §6.4.1), the per-message secret given: for pictures only, it takes no care of timing. */
function es256(secret: bigint, nonce: bigint, data: Bytes): Bytes {
  const r = integer(multiplyBase(nonce).subarray(1, 33)) % ORDER;
  const hash = integer(createHash('sha256').update(data).digest());
  const s = (inverse(nonce) * (hash + r * secret)) % ORDER;
  return Uint8Array.from(Buffer.from(hex32(r) + hex32(s), 'hex'));
}

/** `scalar` times the base point, uncompressed. */
function multiplyBase(scalar: bigint): Uint8Array {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(Buffer.from(hex32(scalar), 'hex'));
  return new Uint8Array(curve.getPublicKey());
}

/** Fermat: ORDER is a prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  for (let base = value % ORDER, power = ORDER - 2n; power > 0n; power >>= 1n, base = (base * base) % ORDER) {
    if (power & 1n) result = (result * base) % ORDER;
  }
  return result;
}

const seededScalar = (random: SeededRandom): bigint => (integer(random.bytes(32)) % (ORDER - 1n)) + 1n;
const integer = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const hex32 = (value: bigint): string => value.toString(16).padStart(64, '0');
const compressed = ({ x, y }: Point): Bytes => Uint8Array.of(2 + (y[31]! & 1), ...x);
const uuid = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
