import type { Pool, PoolClient } from 'pg';
import type { SigningKey } from '#shared/domain/entities';
import { KEY_REACHES_AHEAD, KEY_REACHES_BACK, newSigningKey } from '#shared/domain/signing-key';
import type { Bytes } from '#shared/pass/bytes';
import type { Sign } from '#shared/pass/web-crypto';
import type { Clock } from '../../platform/clock';
import type { SecretKey } from '../../platform/secret-key';
import { makeKeyPair, openKeyPair, type SealedKeyPair } from './key-pair';

/**
 * How old what a process knows of a site's keys may get, milliseconds: another process may have rotated them. The next key
 * waits two days to be used, so a process always knows it by then.
 */
const KNOWN_FOR = 5 * 60_000;

/** A site's key, ready to sign. Milliseconds since 1970. */
export interface SiteSigningKey extends SigningKey {
  /** The `kid` of the pass format, 4 bytes. */
  readonly keyId: Bytes;
  readonly sign: Sign;
  readonly isRetired: boolean;
}

export interface SigningKeys {
  /**
   * Makes a key pair for the site and stores it sealed, on `client` so that it may be part of a transaction. `key` says its id
   * and times; without it, it signs from now on.
   */
  make(client: Pick<PoolClient, 'query'>, siteId: string, key?: SigningKey): Promise<void>;
  /**
   * The newest key in use now that may sign what begins at `at` (ms since 1970). Where there is none, one that waits to be used;
   * where there is none of these either and `at` is within the reach of a key made now, one is made. Opened keys are kept in
   * memory, and looked for again after five minutes.
   * @throws SecretKeyError `wrong_key`; RangeError when `at` is out of reach
   */
  keyFor(siteId: string, at: number): Promise<SiteSigningKey>;
  /**
   * The key with the id of its row, retired or not, as long as it is published.
   * @throws SecretKeyError `wrong_key`; Error when there is none
   */
  keyOf(siteId: string, id: string): Promise<SiteSigningKey>;
  /**
   * Opens every key of the database that is still published, to be called at start-up.
   * @throws SecretKeyError `wrong_key` when the process was started with another SECRET_KEY than the one they were sealed with
   */
  check(): Promise<void>;
}

interface KeyRow {
  site_id: string;
  key_id: string;
  x: Buffer;
  y: Buffer;
  sealed_private_key: Buffer;
  valid_from: Date;
  valid_until: Date;
  used_from: Date;
  retired_at: Date | null;
}

const COLUMNS = 'site_id, key_id, x, y, sealed_private_key, valid_from, valid_until, used_from, retired_at';

interface Known {
  readonly at: number;
  /** Newest first. */
  readonly keys: Promise<SiteSigningKey[]>;
}

/** The signing keys of all sites, sealed in the database under `secretKey`. */
export function createSigningKeys(options: {
  pool: Pool;
  clock: Clock;
  newId: () => string;
  secretKey: SecretKey;
}): SigningKeys {
  const { pool, clock, newId, secretKey } = options;
  const known = new Map<string, Known>();

  async function make(
    client: Pick<PoolClient, 'query'>,
    siteId: string,
    key: SigningKey = newSigningKey(newId(), { now: clock.now(), usedFrom: clock.now() }),
  ): Promise<void> {
    await insertKey(client, { siteId, key, pair: await makeKeyPair(secretKey, siteId), now: clock.now() });
  }

  async function load(siteId: string): Promise<SiteSigningKey[]> {
    const { rows } = await pool.query<KeyRow>(
      `select ${COLUMNS} from signing_keys where site_id = $1 and removed_at is null
        order by used_from desc, key_id desc`,
      [siteId],
    );
    return Promise.all(rows.map((row) => unseal(secretKey, row)));
  }

  function read(siteId: string): Promise<SiteSigningKey[]> {
    const loading = { at: clock.now(), keys: load(siteId) };
    known.set(siteId, loading);
    // A failure is not remembered.
    loading.keys.catch(() => {
      if (known.get(siteId) === loading) known.delete(siteId);
    });
    return loading.keys;
  }

  /** The first answer of `pick` for what is known, and then for what is stored. */
  async function find<T>(
    siteId: string,
    pick: (keys: readonly SiteSigningKey[]) => T | undefined,
  ): Promise<T | undefined> {
    const before = known.get(siteId);
    if (before && Math.abs(clock.now() - before.at) < KNOWN_FOR) {
      const found = pick(await before.keys);
      if (found !== undefined) return found;
    }
    return pick(await read(siteId));
  }

  async function keyFor(siteId: string, at: number): Promise<SiteSigningKey> {
    const now = clock.now();
    const stored = await find(siteId, (keys) => inUse(keys, { at, now }));
    if (stored) return stored;
    if (at < now - KEY_REACHES_BACK || at >= now + KEY_REACHES_AHEAD) {
      throw new RangeError(`no signing key of site ${siteId} is in force at ${new Date(at).toISOString()}`);
    }
    await make(pool, siteId);
    const made = inUse(await read(siteId), { at, now: clock.now() });
    if (!made) throw new Error(`the signing key just made for site ${siteId} is not in force`);
    return made;
  }

  return {
    make,
    keyFor,
    async keyOf(siteId, id) {
      const key = await find(siteId, (keys) => keys.find((candidate) => candidate.id === id));
      if (!key) throw new Error(`site ${siteId} has no signing key ${id}`);
      return key;
    },
    async check() {
      const { rows } = await pool.query<KeyRow>(
        `select ${COLUMNS} from signing_keys where removed_at is null`,
      );
      await Promise.all(rows.map((row) => unseal(secretKey, row)));
    },
  };
}

/** `keys` newest first. A key that waits is as good as one in use but for the guards who have not heard of it yet. */
function inUse(
  keys: readonly SiteSigningKey[],
  { at, now }: { at: number; now: number },
): SiteSigningKey | undefined {
  const able = keys.filter((key) => !key.isRetired && key.validFrom <= at && at < key.validUntil);
  return able.find((key) => key.usedFrom <= now) ?? able.at(-1);
}

async function insertKey(
  client: Pick<PoolClient, 'query'>,
  { siteId, key, pair, now }: { siteId: string; key: SigningKey; pair: SealedKeyPair; now: number },
): Promise<void> {
  const times = [key.validFrom, key.validUntil, Math.min(now, key.usedFrom), key.usedFrom];
  await client.query(
    `insert into signing_keys
       (site_id, key_id, x, y, sealed_private_key, valid_from, valid_until, published_at, used_from)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[siteId, key.id, Buffer.from(pair.x), Buffer.from(pair.y), Buffer.from(pair.sealedPrivateKey)],
      ...times.map((time) => new Date(time)),
    ],
  );
}

async function unseal(secretKey: SecretKey, row: KeyRow): Promise<SiteSigningKey> {
  const { x, y, sealed_private_key: sealedPrivateKey } = row;
  return {
    ...(await openKeyPair(secretKey, row.site_id, { x, y, sealedPrivateKey })),
    id: row.key_id,
    validFrom: row.valid_from.getTime(),
    validUntil: row.valid_until.getTime(),
    usedFrom: row.used_from.getTime(),
    isRetired: row.retired_at !== null,
  };
}
