import { toBase64url } from '#shared/pass/base64url';
import { compressed, parsePoint } from '#shared/pass/p256';

/** A pair to sign with that was made here; the private key is not extractable. */
export interface DeviceKey {
  readonly pair: CryptoKeyPair;
  /** base64url of the compressed point, 33 bytes. */
  readonly publicKey: string;
}

/**
 * Makes an ES256 key that cannot leave the device. Call it outside a transaction: IndexedDB would end that while WebCrypto
 * works.
 */
export async function makeDeviceKey(subtle: SubtleCrypto): Promise<DeviceKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const pair = (await subtle.generateKey(algorithm, false, ['sign', 'verify'])) as CryptoKeyPair;
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)));
  if (!point) throw new Error('WebCrypto made a key that is not on P-256');
  return { pair, publicKey: toBase64url(compressed(point)) };
}
