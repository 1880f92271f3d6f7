import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** A new secret for an address: 32 random bytes as base64url. */
export function makeFeedToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What the database knows a feed by, 32 bytes; null for a text that is no token. */
export function hashFeedToken(token: string): Buffer | null {
  return TOKEN.test(token) ? createHash('sha256').update(Buffer.from(token, 'base64url')).digest() : null;
}
