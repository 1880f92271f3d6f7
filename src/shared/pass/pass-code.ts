import { decodeBase45, encodeBase45 } from './base45';
import type { Bytes } from './bytes';
import { decodeCbor, encodeCbor, type CborInput, type CborInteger } from './cbor';
import { arrayOf, bytesOf, unsignedOf } from './cbor-shape';
import { decodeCoseSign1, type CoseSign1 } from './cose-sign1';
import { attempt, demand, type Parsed } from './malformed';
import { decodePassClaims, type PassClaims } from './pass-payload';
import { SIGNATURE_BYTES } from './web-crypto';

const PASS_PREFIX = 'UC1:';
const CHALLENGE_PREFIX = 'UC1C:';
export const NONCE_BYTES = 8;

// What QR version 40-L holds in alphanumeric mode. Text from elsewhere (typed, pasted) has no business being longer.
const MAX_CODE_LENGTH = 4296;

/** The holder's proof inside a live code. */
export interface PassProof {
  /** Seconds since 1970 by the holder's device. */
  t: CborInteger;
  /** Counts up with every redraw on that device. */
  ctr: CborInteger;
  /** 64 bytes ES256 over {@link proofContent}. */
  signature: Bytes;
  /** The guard's 8 bytes when the proof answers a challenge, else null. */
  nonce: Bytes | null;
}

/** A pass code taken apart, nothing verified. */
export interface PassCode {
  /** The COSE_Sign1 as it stands in the code; the proof is over its hash. */
  pass: Bytes;
  cose: CoseSign1;
  claims: PassClaims;
  proof: PassProof | null;
}

/** Reads what a camera saw or someone typed. Strict, never throws, time linear in the text. */
export function parsePassCode(text: string): Parsed<PassCode> {
  return attempt(() => {
    const parts = decodeCbor(unwrap(text, PASS_PREFIX));
    demand(Array.isArray(parts) && [1, 4, 5].includes(parts.length), 'code is not an array of 1, 4 or 5');
    const pass = bytesOf(parts[0], 'pass');
    const cose = decodeCoseSign1(pass);
    const claims = decodePassClaims(cose.payload);
    if (parts.length === 1) return { pass, cose, claims, proof: null };
    demand(claims.holderKey !== null, 'proof on a pass without holder key');
    const proof = {
      t: unsignedOf(parts[1], 't'),
      ctr: unsignedOf(parts[2], 'ctr'),
      signature: bytesOf(parts[3], 'proof', SIGNATURE_BYTES),
      nonce: parts.length === 5 ? bytesOf(parts[4], 'nonce', NONCE_BYTES) : null,
    };
    return { pass, cose, claims, proof };
  });
}

/** The text of the QR of a pass: static without `proof`. Draw it in alphanumeric mode at level L or M. */
export function formatPassCode(pass: Uint8Array, proof: PassProof | null): string {
  const parts: CborInput[] = [pass];
  if (proof) parts.push(proof.t, proof.ctr, proof.signature);
  if (proof?.nonce) parts.push(proof.nonce);
  return PASS_PREFIX + encodeBase45(encodeCbor(parts));
}

/** What the holder signs: `["UC1-show", SHA-256(pass), t, ctr, nonce or null]`. */
export function proofContent(passHash: Uint8Array, proof: Omit<PassProof, 'signature'>): Bytes {
  return encodeCbor(['UC1-show', passHash, proof.t, proof.ctr, proof.nonce]);
}

/** What a guard asks a holder to prove. */
export interface PassChallenge {
  /** Number of the gate. */
  gate: number;
  /** 8 random bytes, fresh for every challenge. */
  nonce: Bytes;
  /** Seconds since 1970 by the guard's clock. */
  t: number;
}

/** The text of the QR that a guard's device shows to a holder's. */
export function formatChallenge(challenge: { gate: number; nonce: Uint8Array; t: number }): string {
  if (challenge.nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 8 bytes');
  if (challenge.gate < 0 || challenge.t < 0) throw new RangeError('gate and t are not negative');
  return CHALLENGE_PREFIX + encodeBase45(encodeCbor([challenge.gate, challenge.nonce, challenge.t]));
}

/** Reads a guard's challenge. Strict, never throws. */
export function parseChallenge(text: string): Parsed<PassChallenge> {
  return attempt(() => {
    const [gate, nonce, t] = arrayOf(decodeCbor(unwrap(text, CHALLENGE_PREFIX)), 3, 'challenge');
    return {
      gate: Number(unsignedOf(gate, 'gate')),
      nonce: bytesOf(nonce, 'nonce', NONCE_BYTES),
      t: Number(unsignedOf(t, 't')),
    };
  });
}

function unwrap(text: string, prefix: string): Bytes {
  demand(text.startsWith(prefix), `text does not begin with ${prefix}`);
  demand(text.length <= MAX_CODE_LENGTH, 'text is longer than a QR holds');
  return decodeBase45(text.slice(prefix.length));
}
