import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { TYPED_CODE_ALPHABET } from '#shared/pass/typed-code';
import { INVITATION_CODE_LENGTH } from '#shared/protocol/invitation';
import type { SecretKey } from '../../platform/secret-key';

/** 32 random bytes as base64url, for a link. */
export function makeInvitationToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Ten characters that nobody mistakes for others, for paper. */
export function makeInvitationCode(): string {
  const pick = () => TYPED_CODE_ALPHABET[randomInt(TYPED_CODE_ALPHABET.length)]!;
  return Array.from({ length: INVITATION_CODE_LENGTH }, pick).join('');
}

/**
 * What the database keeps of a secret, 32 bytes. Keyed, because a printed code has 49 bits only: who has a copy of the
 * database alone would find a plain SHA-256 of it within hours.
 */
export function hashInvitation(secretKey: SecretKey, secret: string): Buffer {
  return createHmac('sha256', secretKey).update(`invitation:${secret}`).digest();
}
