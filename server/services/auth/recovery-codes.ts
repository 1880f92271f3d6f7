import { createHash, randomBytes } from 'node:crypto';

/** Crockford's base32: without I, L, O and U, which are read as 1, 1 and 0, or as a rude word. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
export const RECOVERY_CODE_COUNT = 10;
/** 80 bits: a plain hash is enough, as with a session's token. */
const CODE_BYTES = 10;
const CODE_TEXT = /^[0-9a-hjkmnp-tv-z]{16}$/;

/** Ten new codes as a person keeps them: four groups of four, such as `7k2m-…`. */
export function createRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODE_COUNT }, () => grouped(base32(randomBytes(CODE_BYTES))));
}

/**
 * The SHA-256 of a code as it was typed: case, blanks and hyphens do not matter, and letters that look like digits are
 * those. Undefined for a text that cannot be a code.
 */
export function hashRecoveryCode(typed: string): Uint8Array | undefined {
  const code = typed
    .toLowerCase()
    .replaceAll(/[\s\u2010-\u2015-]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1');
  return CODE_TEXT.test(code) ? createHash('sha256').update(code).digest() : undefined;
}

/** 80 bits are 16 characters of five bits each, with none left over. */
function base32(bytes: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let index = 0; index < (bytes.length * 8) / 5; index++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

function grouped(code: string): string {
  return code.replaceAll(/.{4}(?=.)/g, '$&-');
}
