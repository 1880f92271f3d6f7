import { createPrivateKey, generateKeyPair, sign as signBytes, webcrypto, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Pool, PoolClient } from 'pg';
import { toHex, type Bytes } from '#shared/pass/bytes';
import { computeKeyId } from '#shared/pass/key-bundle';
import type { Sign } from '#shared/pass/web-crypto';
import type { Clock } from '../../platform/clock';
import { open, seal, type SecretKey } from '../../platform/secret-key';

const DAY = 24 * 3_600_000;
/** A key is in force from a day before it is made (clocks differ) for 400 days: longer than any horizon a site may set. */
const VALID_BEFORE = DAY;
const VALID_AFTER = 400 * DAY;

/** A site's key, ready to sign. */
export interface SiteSigningKey {
  /** The `kid` of the pass format, 4 bytes. */
  readonly keyId: Bytes;
  readonly sign: Sign;
  /** Milliseconds since 1970, half-open: what it may sign begins in `[validFrom, validUntil)`. */
  readonly validFrom: number;
  readonly validUntil: number;
}

export interface SigningKeys {
  /** Makes a key for the site and stores it sealed, on `client` so that it may be part of a transaction. */
  make(client: Pick<PoolClient, 'query'>, siteId: string): Promise<void>;
  /**
   * The newest key that is in force at `at` (ms since 1970); one is made when there is none and `at` is within the reach of
   * a key made now. Opened keys are kept in memory.
   * @throws SecretKeyError `wrong_key`; RangeError when `at` is out of reach
   */
  keyFor(siteId: string, at: number): Promise<SiteSigningKey>;
  /**
   * Opens every key of the database that is still in force, to be called at start-up.
   * @throws SecretKeyError `wrong_key` when the process was started with another SECRET_KEY than the one they were sealed with
   */
  check(): Promise<void>;
}

interface KeyRow {
  site_id: string;
  x: Buffer;
  y: Buffer;
  sealed_private_key: Buffer;
  valid_from: Date;
  valid_until: Date;
}

const COLUMNS = 'site_id, x, y, sealed_private_key, valid_from, valid_until';

/** The signing keys of all sites, sealed in the database under `secretKey`. */
export function createSigningKeys(options: {
  pool: Pool;
  clock: Clock;
  newId: () => string;
  secretKey: SecretKey;
}): SigningKeys {
  const { pool, clock, newId, secretKey } = options;
  const cache = new Map<string, Promise<SiteSigningKey[]>>();

  async function make(client: Pick<PoolClient, 'query'>, siteId: string): Promise<void> {
    const made = await generateP256();
    const sealed = seal(secretKey, made.pkcs8, await purposeOf(siteId, made));
    const now = clock.now();
    await client.query(
      `insert into signing_keys (site_id, key_id, x, y, sealed_private_key, valid_from, valid_until)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        siteId,
        newId(),
        Buffer.from(made.x),
        Buffer.from(made.y),
        Buffer.from(sealed),
        new Date(now - VALID_BEFORE),
        new Date(now + VALID_AFTER),
      ],
    );
  }

  async function load(siteId: string): Promise<SiteSigningKey[]> {
    const { rows } = await pool.query<KeyRow>(
      `select ${COLUMNS} from signing_keys where site_id = $1 order by valid_from desc, key_id desc`,
      [siteId],
    );
    return Promise.all(rows.map((row) => unseal(secretKey, row)));
  }

  function loaded(siteId: string): Promise<SiteSigningKey[]> {
    const known = cache.get(siteId);
    if (known) return known;
    const loading = load(siteId);
    cache.set(siteId, loading);
    // A failure is not remembered.
    loading.catch(() => cache.delete(siteId));
    return loading;
  }

  async function keyFor(siteId: string, at: number): Promise<SiteSigningKey> {
    const known = inForce(await loaded(siteId), at);
    if (known) return known;
    cache.delete(siteId);
    const stored = inForce(await loaded(siteId), at);
    if (stored) return stored;
    const now = clock.now();
    if (at < now - VALID_BEFORE || at >= now + VALID_AFTER) {
      throw new RangeError(`no signing key of site ${siteId} is in force at ${new Date(at).toISOString()}`);
    }
    await make(pool, siteId);
    cache.delete(siteId);
    const made = inForce(await loaded(siteId), at);
    if (!made) throw new Error(`the signing key just made for site ${siteId} is not in force`);
    return made;
  }

  return {
    make,
    keyFor,
    async check() {
      const { rows } = await pool.query<KeyRow>(
        `select ${COLUMNS} from signing_keys where valid_until > $1`,
        [new Date(clock.now())],
      );
      await Promise.all(rows.map((row) => unseal(secretKey, row)));
    },
  };
}

function inForce(keys: readonly SiteSigningKey[], at: number): SiteSigningKey | undefined {
  return keys.find((key) => key.validFrom <= at && at < key.validUntil);
}

async function unseal(secretKey: SecretKey, row: KeyRow): Promise<SiteSigningKey> {
  const purpose = await purposeOf(row.site_id, row);
  const pkcs8 = open(secretKey, row.sealed_private_key, purpose);
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  return {
    keyId: await keyIdOf(row),
    sign: signWithKeyObject(key),
    validFrom: row.valid_from.getTime(),
    validUntil: row.valid_until.getTime(),
  };
}

/** Signs on libuv's threads, so that a batch of passes does not hold up the event loop. */
function signWithKeyObject(key: KeyObject): Sign {
  return (data) =>
    new Promise((resolve, reject) => {
      signBytes('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, (error, signature) => {
        if (error) reject(error);
        else resolve(signature);
      });
    });
}

async function generateP256(): Promise<{ x: Uint8Array; y: Uint8Array; pkcs8: Uint8Array }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  if (!x || !y) throw new Error('the generated key has no coordinates');
  return {
    x: Buffer.from(x, 'base64url'),
    y: Buffer.from(y, 'base64url'),
    pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}

function keyIdOf(point: { x: Uint8Array; y: Uint8Array }): Promise<Bytes> {
  return computeKeyId(webcrypto.subtle, point);
}

/** The site is bound to the sealed key too: copied to another site's row it does not open. */
async function purposeOf(siteId: string, point: { x: Uint8Array; y: Uint8Array }): Promise<string> {
  return `signing-key:${siteId}:${toHex(await keyIdOf(point))}`;
}
