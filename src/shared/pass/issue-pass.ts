import type { Bytes } from './bytes';
import { buildCoseSign1 } from './cose-sign1';
import { passClaimsPayload, type PassClaims } from './pass-payload';
import type { Sign } from './web-crypto';

/**
 * Signs a pass: the COSE_Sign1 that devices keep and show. `keyId` is the signing key's (`computeKeyId`), and the caller sees to
 * it that this key is in force at `claims.nbf`, else guards answer `unknown_key`. RangeError for claims out of range.
 */
export function issuePass(input: { claims: PassClaims; keyId: Uint8Array; sign: Sign }): Promise<Bytes> {
  return buildCoseSign1({ keyId: input.keyId, payload: passClaimsPayload(input.claims), sign: input.sign });
}
