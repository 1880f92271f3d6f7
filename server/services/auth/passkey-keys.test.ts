import { generateKeyPairSync } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { describe, expect, it } from 'vitest';
import { toJwk } from './passkey-keys';

type Label = number;
type Value = number | Uint8Array<ArrayBuffer>;

const bytes = (base64url: string | undefined) => new Uint8Array(Buffer.from(base64url ?? '', 'base64url'));
const cose = (members: readonly (readonly [Label, Value])[]) =>
  new Uint8Array(isoCBOR.encode(new Map(members)));

describe('toJwk', () => {
  it('K6 gives the keys that passkeys are made with here as WebCrypto imports them', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    const okp = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const asEc = cose([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(ec.x)],
      [-3, bytes(ec.y)],
    ]);
    const asOkp = cose([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(okp.x)],
    ]);
    const asRsa = cose([
      [1, 3],
      [3, -257],
      [-1, bytes(rsa.n)],
      [-2, bytes(rsa.e)],
    ]);
    expect(toJwk(asEc)).toEqual({ kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y });
    expect(toJwk(asOkp)).toEqual({ kty: 'OKP', crv: 'Ed25519', x: okp.x });
    expect(toJwk(asRsa)).toEqual({ kty: 'RSA', n: rsa.n, e: rsa.e });
  });

  it('K6 gives none for another curve', () => {
    const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
    const key = cose([
      [1, 2],
      [3, -35],
      [-1, 2],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
    expect(toJwk(key)).toBeUndefined();
  });
});
