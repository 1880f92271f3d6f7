import type { Bytes } from './bytes';
import { decodeCbor, encodeCbor, type CborInput } from './cbor';
import { arrayOf, bytesOf, exactly, mapOf } from './cbor-shape';
import { signature, SIGNATURE_BYTES, type Sign } from './web-crypto';

const HEADER = { algorithm: 1, keyId: 4 } as const;
const ES256 = -7;
export const KEY_ID_BYTES = 4;

/** An untagged COSE_Sign1 (RFC 9052 §4.2) with UC1's headers, taken apart but not verified. */
export interface CoseSign1 {
  protectedHeader: Bytes;
  keyId: Bytes;
  payload: Bytes;
  signature: Bytes;
}

/** Takes `bytes` apart. Malformed unless the protected header is exactly `{1: -7, 4: kid}` and the unprotected one is empty. */
export function decodeCoseSign1(bytes: Uint8Array): CoseSign1 {
  const parts = arrayOf(decodeCbor(bytes), 4, 'COSE_Sign1');
  const protectedHeader = bytesOf(parts[0], 'protected header');
  const header = mapOf(
    decodeCbor(protectedHeader),
    { required: [HEADER.algorithm, HEADER.keyId] },
    'protected header',
  );
  exactly(header.get(HEADER.algorithm), ES256, 'algorithm');
  mapOf(parts[1], { required: [] }, 'unprotected header');
  return {
    protectedHeader,
    keyId: bytesOf(header.get(HEADER.keyId), 'kid', KEY_ID_BYTES),
    payload: bytesOf(parts[2], 'payload'),
    signature: bytesOf(parts[3], 'signature', SIGNATURE_BYTES),
  };
}

/** The bytes that a COSE_Sign1's signature is over (RFC 9052 §4.4), without external data. */
export function signedBytes(parts: Pick<CoseSign1, 'protectedHeader' | 'payload'>): Bytes {
  return encodeCbor(['Signature1', parts.protectedHeader, new Uint8Array(0), parts.payload]);
}

/** Signs `payload` under the issuer's key `keyId` (4 bytes) and encodes the COSE_Sign1. */
export async function buildCoseSign1(content: {
  keyId: Uint8Array;
  payload: CborInput;
  sign: Sign;
}): Promise<Bytes> {
  if (content.keyId.length !== KEY_ID_BYTES) throw new RangeError('a kid has 4 bytes');
  const protectedHeader = encodeCbor(
    new Map<number, CborInput>([
      [HEADER.algorithm, ES256],
      [HEADER.keyId, content.keyId],
    ]),
  );
  const payload = encodeCbor(content.payload);
  const made = await signature(content.sign, signedBytes({ protectedHeader, payload }));
  return encodeCbor([protectedHeader, new Map(), payload, made]);
}
