import { TYPED_CODE_ALPHABET } from '../pass/typed-code';

/*
 * Invitations to a site, as people hold them: a link whose fragment is a token, or a printed code to type. Both go to
 * /join; only the server knows whom they let in.
 */

/** The secret of a link: 32 random bytes as base64url. It stands in the address's fragment, which no server logs. */
export const INVITATION_TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Characters of a printed code: 31^10 are 49 bits, which the limits on guessing (60 in 5 minutes) make plenty. */
export const INVITATION_CODE_LENGTH = 10;

/** What an invitation may be issued with; ranges are closed. */
export const invitationBounds = {
  /** Days until its end. */
  days: { min: 1, max: 180 },
  /** How many people a link lets in. */
  uses: { min: 1, max: 500 },
  /** How many people one printed code lets in: a flat's. */
  usesOfCode: { min: 1, max: 10 },
  /** How many codes a sheet has. */
  codes: { min: 1, max: 300 },
} as const;

/**
 * A secret as it was made, from however somebody has typed or pasted it: a link's token as it is, a code in capitals without
 * blanks and hyphens, either of them also at the end of a whole address. Null for what can be neither.
 */
export function readInvitation(text: string): string | null {
  const secret = text.slice(text.lastIndexOf('#') + 1).trim();
  if (INVITATION_TOKEN.test(secret)) return secret;
  const code = secret.replace(/[\s\-–]/g, '').toUpperCase();
  const isCode =
    code.length === INVITATION_CODE_LENGTH &&
    [...code].every((character) => TYPED_CODE_ALPHABET.includes(character));
  return isCode ? code : null;
}

/** `K7QM4-XRTAB`: a printed code in two groups. */
export function groupInvitationCode(code: string): string {
  return code.replace(/^(.{5})(?=.)/, '$1-');
}

/** The address that an invitation opens, the secret in its fragment. */
export function invitationAddress(origin: string, secret: string): string {
  return `${origin}/join#${secret}`;
}
