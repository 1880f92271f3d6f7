import { describe, expect, it } from 'vitest';
import { toBase64url } from '#shared/pass/base64url';
import type { PublicJwk } from './app-lock-rules';
import { verifyLocalAnswer, type LocalAnswer } from './local-answer';

const { subtle } = crypto;
const expected = { challenge: 'Y2hhbGxlbmdl', origin: 'https://parking.example', rpId: 'parking.example' };
const FLAGS = 0x05;

type Kind = PublicJwk['kty'];
interface Signer {
  readonly publicKey: PublicJwk;
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

const algorithms = {
  EC: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  OKP: { name: 'Ed25519' },
  RSA: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

async function makeSigner(kind: Kind): Promise<Signer> {
  const algorithm = algorithms[kind];
  const pair = (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = (await subtle.exportKey('jwk', pair.publicKey)) as PublicJwk;
  return {
    publicKey,
    async sign(bytes) {
      const raw = new Uint8Array(await subtle.sign(algorithm, pair.privateKey, bytes));
      return kind === 'EC' ? toDer(raw) : raw;
    },
  };
}

/** As authenticators write it: INTEGERs without needless zeros, with one where the first bit is set. */
function toDer(raw: Uint8Array): Uint8Array {
  const integer = (digits: Uint8Array) => {
    const first = digits.findIndex((byte) => byte !== 0);
    const short = digits.slice(first);
    const bytes = (short[0] ?? 0) & 0x80 ? [0, ...short] : [...short];
    return [0x02, bytes.length, ...bytes];
  };
  const body = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return new Uint8Array([0x30, body.length, ...body]);
}

interface Wrong {
  type?: string;
  challenge?: string;
  origin?: string;
  crossOrigin?: boolean;
  rpId?: string;
  flags?: number;
}

async function answerOf(signer: Signer, wrong: Wrong = {}): Promise<LocalAnswer> {
  const { type = 'webauthn.get', flags = FLAGS, crossOrigin = false } = wrong;
  const { challenge, origin, rpId } = { ...expected, ...wrong };
  const clientData = new TextEncoder().encode(JSON.stringify({ type, challenge, origin, crossOrigin }));
  const rpIdHash = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(rpId)));
  const authenticatorData = new Uint8Array([...rpIdHash, flags, 0, 0, 0, 1]);
  const hash = new Uint8Array(await subtle.digest('SHA-256', clientData));
  const signature = await signer.sign(new Uint8Array([...authenticatorData, ...hash]));
  return {
    clientDataJSON: toBase64url(clientData),
    authenticatorData: toBase64url(authenticatorData),
    signature: toBase64url(signature),
  };
}

const verify = (response: LocalAnswer, publicKey: PublicJwk) =>
  verifyLocalAnswer({ response, key: { credentialId: 'abc', transports: [], publicKey }, expected });

describe('verifyLocalAnswer', () => {
  it.each(['EC', 'OKP', 'RSA'] as const)(
    'K6 takes the answer of an own %s key, and of no other',
    async (kind) => {
      const [own, other] = [await makeSigner(kind), await makeSigner(kind)];
      // DER's numbers come in several lengths.
      for (let turn = 0; turn < (kind === 'EC' ? 50 : 1); turn++)
        await expect(verify(await answerOf(own), own.publicKey)).resolves.toBe(true);
      await expect(verify(await answerOf(other), own.publicKey)).resolves.toBe(false);
    },
  );

  it.each<[string, Wrong]>([
    ['another challenge: an answer recorded before', { challenge: 'YW5vdGhlcg' }],
    ['another origin', { origin: 'https://parking.example.evil.test' }],
    ['a frame of another site', { crossOrigin: true }],
    ['another relying party', { rpId: 'evil.test' }],
    ['a registration', { type: 'webauthn.create' }],
    ['a person who was not verified', { flags: 0x01 }],
    ['nobody there', { flags: 0x04 }],
  ])('K6 refuses %s', async (_, wrong) => {
    const own = await makeSigner('EC');
    await expect(verify(await answerOf(own, wrong), own.publicKey)).resolves.toBe(false);
  });

  it('K6 refuses what was altered after signing, and what is no answer', async () => {
    const own = await makeSigner('EC');
    const good = await answerOf(own);
    const unverified = {
      ...good,
      authenticatorData: (await answerOf(own, { flags: 0x01 })).authenticatorData,
    };
    await expect(verify(unverified, own.publicKey)).resolves.toBe(false);
    for (const bad of ['', '!', 'AA', good.signature.slice(0, -4), `${good.signature}AAAA`])
      await expect(verify({ ...good, signature: bad }, own.publicKey)).resolves.toBe(false);
    await expect(verify({ ...good, clientDataJSON: 'AA' }, own.publicKey)).resolves.toBe(false);
  });
});
