import { copyBytes } from './bytes';
import { decodeCoseSign1 } from './cose-sign1';
import { attempt, type Parsed } from './malformed';
import { formatPassCode, NONCE_BYTES, proofContent } from './pass-code';
import { decodePassClaims, type PassClaims } from './pass-payload';
import { sha256, signature, type Sign, type SubtleVerify } from './web-crypto';

/** The QR text of a pass without proof: for paper, e-mail and devices without a holder key. */
export function showStaticPass(pass: Uint8Array): string {
  return formatPassCode(pass, null);
}

/**
 * The QR text of a live pass, to be redrawn every 20 s. `t` is the device's time in seconds; `ctr` must be higher than in any
 * code this device made before; `nonce` comes from the guard's challenge (`parseChallenge`), or is null. `sign` uses the
 * holder's key that the pass names.
 */
export async function showLivePass(input: {
  subtle: Pick<SubtleVerify, 'digest'>;
  pass: Uint8Array;
  t: number;
  ctr: number;
  nonce: Uint8Array | null;
  sign: Sign;
}): Promise<string> {
  if (input.t < 0 || input.ctr < 0) throw new RangeError('t and ctr are not negative');
  if (input.nonce && input.nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 8 bytes');
  const unsigned = { t: input.t, ctr: input.ctr, nonce: input.nonce && copyBytes(input.nonce) };
  const content = proofContent(await sha256(input.subtle, copyBytes(input.pass)), unsigned);
  return formatPassCode(input.pass, { ...unsigned, signature: await signature(input.sign, content) });
}

/** What a stored pass (COSE_Sign1) says, for the holder's own screen; its signature is not verified. */
export function readPassClaims(pass: Uint8Array): Parsed<PassClaims> {
  return attempt(() => decodePassClaims(decodeCoseSign1(pass).payload));
}
