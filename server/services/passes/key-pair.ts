import { createPrivateKey, generateKeyPair, sign as signBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { toHex, type Bytes } from '#shared/pass/bytes';
import { computeKeyId } from '#shared/pass/key-bundle';
import type { Sign } from '#shared/pass/web-crypto';
import { open, seal, type SecretKey } from '../../platform/secret-key';

/** A key pair as it is stored: the point, and the private part under the secret key. */
export interface SealedKeyPair {
  /** The public point, 32 bytes each. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  /** PKCS#8, sealed. */
  readonly sealedPrivateKey: Uint8Array;
}

/** Makes a P-256 key pair for a site and seals it. */
export async function makeKeyPair(secretKey: SecretKey, siteId: string): Promise<SealedKeyPair> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  if (!x || !y) throw new Error('the generated key has no coordinates');
  const point = { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') };
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { ...point, sealedPrivateKey: seal(secretKey, pkcs8, await purposeOf(siteId, point)) };
}

/**
 * Opens a site's key pair. It signs on libuv's threads, so that a batch of passes does not hold up the event loop.
 * @throws SecretKeyError `wrong_key`
 */
export async function openKeyPair(
  secretKey: SecretKey,
  siteId: string,
  pair: SealedKeyPair,
): Promise<{ keyId: Bytes; sign: Sign }> {
  const pkcs8 = open(secretKey, pair.sealedPrivateKey, await purposeOf(siteId, pair));
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const sign: Sign = (data) =>
    new Promise((resolve, reject) => {
      signBytes('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, (error, signature) => {
        if (error) reject(error);
        else resolve(signature);
      });
    });
  return { keyId: await computeKeyId(webcrypto.subtle, pair), sign };
}

/** The site is bound to the sealed key too: copied to another site's row it does not open. */
async function purposeOf(siteId: string, point: { x: Uint8Array; y: Uint8Array }): Promise<string> {
  return `signing-key:${siteId}:${toHex(await computeKeyId(webcrypto.subtle, point))}`;
}
