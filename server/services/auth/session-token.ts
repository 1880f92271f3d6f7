import { randomFillSync } from 'node:crypto';
import { sha256 } from '@oslojs/crypto/sha2';
import { encodeBase32LowerCaseNoPadding } from '@oslojs/encoding';

/** 160 bits: guessing is hopeless at any rate, and base32 of 20 bytes has no left-over bits. */
const TOKEN_BYTES = 20;
const TOKEN_TEXT = /^[a-z2-7]{32}$/;

/** A new secret for one session: 20 random bytes as 32 characters of base32. It goes into the cookie and nowhere else. */
export function createSessionToken(): string {
  const bytes = new Uint8Array(TOKEN_BYTES);
  randomFillSync(bytes);
  return encodeBase32LowerCaseNoPadding(bytes);
}

/**
 * What the database knows a session by: the SHA-256 (32 bytes) of the token's text, or nothing when the text cannot
 * be a token. A plain hash is enough for a secret of 160 random bits (Lucia's guide, lucia-auth.com/sessions).
 */
export function hashSessionToken(token: string): Uint8Array | undefined {
  return TOKEN_TEXT.test(token) ? sha256(new TextEncoder().encode(token)) : undefined;
}
