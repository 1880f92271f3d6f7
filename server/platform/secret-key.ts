import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOrCreateKeptFile } from './kept-file';

/** The 32-byte key under which signing keys and other secrets are encrypted at rest. */
export type SecretKey = Uint8Array;

export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';

  constructor(
    /**
     * `bad_key_file`: `<dataDir>/secret-key` does not hold a key. `missing_key`: it is not there, and something is sealed.
     * `wrong_key`: sealed with another key, or altered.
     */
    readonly code: 'bad_key_file' | 'missing_key' | 'wrong_key',
    message: string,
  ) {
    super(message);
  }
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

/**
 * The key given by SECRET_KEY, or else the one kept as hex in `<dataDir>/secret-key` (mode 600; made at first use, that is when
 * `isAnythingSealed` says no: a new key would open nothing of what is there, and hide that the right one is lost).
 * @throws SecretKeyError `bad_key_file`, `missing_key`
 */
export async function loadSecretKey(options: {
  fromEnvironment: Uint8Array | undefined;
  dataDir: string;
  isAnythingSealed: () => Promise<boolean>;
}): Promise<SecretKey> {
  if (options.fromEnvironment) return options.fromEnvironment;
  const path = join(options.dataDir, 'secret-key');
  const text = await readOrCreateKeptFile(path, async () => {
    // A process that started at the same moment may have made it, and sealed something, since it was looked for.
    if ((await options.isAnythingSealed()) && !existsSync(path)) throw missingKey(path);
    return `${randomBytes(KEY_BYTES).toString('hex')}\n`;
  });
  if (!/^[0-9a-f]{64}$/.test(text.trim())) {
    throw new SecretKeyError(
      'bad_key_file',
      `${path} does not hold a key (64 hex digits). Put the right one back from a backup, or give it as SECRET_KEY.`,
    );
  }
  return new Uint8Array(Buffer.from(text.trim(), 'hex'));
}

/**
 * Encrypts with AES-256-GCM: version byte, 12-byte nonce, ciphertext, 16-byte tag. `purpose` (e.g. `signing-key:<kid>`) is
 * bound to it, so that a sealed value cannot be put in another's place.
 */
export function seal(key: SecretKey, plaintext: Uint8Array, purpose: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
  const body = [cipher.update(plaintext), cipher.final()];
  return new Uint8Array(Buffer.concat([Buffer.of(VERSION), nonce, ...body, cipher.getAuthTag()]));
}

/**
 * What `seal` was given, for the same key and purpose.
 * @throws SecretKeyError `wrong_key`
 */
export function open(key: SecretKey, sealed: Uint8Array, purpose: string): Uint8Array {
  const tagStart = sealed.length - TAG_BYTES;
  const bodyStart = 1 + NONCE_BYTES;
  if (sealed[0] !== VERSION || tagStart < bodyStart) throw wrongKey(purpose);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, bodyStart));
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(sealed.subarray(tagStart));
  try {
    const body = [decipher.update(sealed.subarray(bodyStart, tagStart)), decipher.final()];
    return new Uint8Array(Buffer.concat(body));
  } catch {
    throw wrongKey(purpose);
  }
}

function missingKey(path: string): SecretKeyError {
  return new SecretKeyError(
    'missing_key',
    `${path} is not there, and this database holds signing keys that only that key opens. Put the file back from a backup, or give the key as SECRET_KEY. No new key was made: it would open none of them.`,
  );
}

function wrongKey(purpose: string): SecretKeyError {
  return new SecretKeyError(
    'wrong_key',
    `Cannot decrypt ${purpose}: it was sealed with another SECRET_KEY, or altered. Start with the key that this database was made with: as SECRET_KEY, or as the file secret-key in DATA_DIR, from a backup. Nothing was changed.`,
  );
}
