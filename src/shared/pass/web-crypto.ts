import { copyBytes, type Bytes } from './bytes';
import { uncompressed, type Point } from './p256';

// The little of WebCrypto that passes need, described structurally so that this folder needs neither DOM nor Node types.
// `crypto.subtle` of a browser and `webcrypto.subtle` of Node both fit.

/** A CryptoKey, opaque here. */
export interface KeyHandle {
  readonly type: string;
  readonly extractable: boolean;
}

type Es256 = { name: 'ECDSA'; hash: 'SHA-256' };

export interface SubtleVerify {
  digest(algorithm: 'SHA-256', data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: 'raw',
    key: Bytes,
    algorithm: { name: 'ECDSA'; namedCurve: 'P-256' },
    extractable: boolean,
    usages: 'verify'[],
  ): Promise<KeyHandle>;
  verify(algorithm: Es256, key: KeyHandle, signature: Bytes, data: Bytes): Promise<boolean>;
}

export interface SubtleSign {
  sign(algorithm: Es256, key: KeyHandle, data: Bytes): Promise<ArrayBuffer>;
}

/** Signs with ES256 (SHA-256, P-256) and returns the 64 bytes r‖s. */
export type Sign = (data: Bytes) => Promise<Uint8Array>;

/** Undoes zlib (RFC 1950). Throws or rejects when `bytes` are damaged or would become more than `maxBytes`. */
export type Inflate = (bytes: Bytes, maxBytes: number) => Promise<Uint8Array> | Uint8Array;
/** Makes zlib (RFC 1950). */
export type Deflate = (bytes: Bytes) => Promise<Uint8Array> | Uint8Array;

const ES256: Es256 = { name: 'ECDSA', hash: 'SHA-256' };
export const SIGNATURE_BYTES = 64;

export async function sha256(subtle: Pick<SubtleVerify, 'digest'>, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.digest('SHA-256', data));
}

/** A key that verifies ES256. `point` must be on the curve. */
export function importVerifyKey(subtle: SubtleVerify, point: Point): Promise<KeyHandle> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
  return subtle.importKey('raw', uncompressed(point), algorithm, false, ['verify']);
}

/** Whether the 64 bytes r‖s are a signature over `data`; low and high s both count. */
export function verifyEs256(
  subtle: SubtleVerify,
  key: KeyHandle,
  signed: { signature: Bytes; data: Bytes },
): Promise<boolean> {
  return subtle.verify(ES256, key, signed.signature, signed.data);
}

/** A {@link Sign} with a WebCrypto private key, which may be non-extractable. */
export function signWith(subtle: SubtleSign, privateKey: KeyHandle): Sign {
  return async (data) => new Uint8Array(await subtle.sign(ES256, privateKey, data));
}

/** Calls `sign` and makes sure that it kept its promise; a wrong length is a bug of the signer. */
export async function signature(sign: Sign, data: Bytes): Promise<Bytes> {
  const made = await sign(data);
  if (made.length !== SIGNATURE_BYTES)
    throw new RangeError(`an ES256 signature has 64 bytes, not ${made.length}`);
  return copyBytes(made);
}
