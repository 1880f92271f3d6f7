import { randomBytes } from 'node:crypto';
import type { Options } from '@node-rs/argon2';
import { hash, verify } from '@node-rs/argon2';
import type { ErrorCode } from '#shared/protocol/errors';
import { isCommonPassword } from './common-passwords';

/**
 * Argon2id with the parameters that OWASP's Password Storage Cheat Sheet names first: 19 MiB, 2 passes, 1 lane.
 * The number is the value of `Algorithm.Argon2id`, a const enum, which isolated modules cannot read.
 */
const ARGON2ID: Options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const LENGTH_MIN = 8;
const LENGTH_MAX = 128;
/** UTF-16 units; past this a text is too long without being normalized, which can make it 18 times as long. */
const RAW_LENGTH_MAX = 1024;

/** Hashes and checks passwords. Both take some 20 ms of a thread of libuv's pool, of which there are few. */
export interface PasswordHasher {
  /** The Argon2id hash in PHC string form. */
  hash(password: string): Promise<string>;
  /**
   * Whether this is the password of the hash. Without a hash (an unknown e-mail, or a user with passkeys only) it
   * works just as long and says no, so that the time tells nobody which e-mails have an account.
   */
  verify(hash: string | undefined, password: string): Promise<boolean>;
}

export function createPasswordHasher(): PasswordHasher {
  const decoy = hash(randomBytes(32), ARGON2ID);
  return {
    hash: (password) => hash(normalize(password), ARGON2ID),
    async verify(stored, password) {
      const isRight = await verify(stored ?? (await decoy), normalize(password));
      return stored !== undefined && isRight;
    },
  };
}

/**
 * What is wrong with a password that somebody wants to use, if anything: 8 to 128 characters (code points), none of those
 * that are tried first. No rules of composition, which make passwords worse (NIST SP 800-63B §5.1.1.2).
 */
export function findPasswordProblem(password: string): ErrorCode | undefined {
  if (password.length > RAW_LENGTH_MAX) return 'password_long';
  const normalized = normalize(password);
  const length = [...normalized].length;
  if (length < LENGTH_MIN) return 'password_short';
  if (length > LENGTH_MAX) return 'password_long';
  return isCommonPassword(normalized) ? 'password_common' : undefined;
}

/** The same characters typed on different keyboards are the same password (NIST SP 800-63B §5.1.1.2). */
function normalize(password: string): string {
  return password.slice(0, RAW_LENGTH_MAX).normalize('NFKC');
}
