import type { Pool, PoolClient } from 'pg';
import type { IssuerKey } from '#shared/pass/key-bundle';
import { buildKeyBundle, bundleSigner } from '#shared/pass/signed-bundle';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { createSharedIssue } from './shared-issue';
import type { SigningKeys, SiteSigningKey } from './signing-keys';

/**
 * How old a bundle gets that nothing has changed in, milliseconds. Devices refuse one that is older than theirs, and after a
 * restore from a backup the server's is: a day later it has a newer one that says the same.
 */
const RENEWED_AFTER = 24 * 3_600_000;

export interface KeyBundles {
  /**
   * Sees to it that the site has a signed bundle of exactly the keys that are published now, younger than a day. Safe from
   * many processes at once; calls at the same time share the work.
   * @throws SecretKeyError `wrong_key`
   */
  ensureFresh(siteId: string): Promise<void>;
}

// What a bundle says, as a hash: whoever changes the keys, and however, need not think of the bundle.
const COVERS = `md5(string_agg(concat_ws(' ', key_id, extract(epoch from valid_from), extract(epoch from valid_until)), ';'
                               order by key_id))`;

interface KeyRow {
  key_id: string;
  x: Buffer;
  y: Buffer;
  valid_from: Date;
  valid_until: Date;
}

interface PublishedKey extends IssuerKey {
  readonly id: string;
}

/** Issues the signed bundles of each site's public keys. */
export function createKeyBundles(options: {
  pool: Pool;
  clock: Clock;
  signingKeys: Pick<SigningKeys, 'keyOf' | 'keyFor'>;
  logger: Pick<Logger, 'error'>;
}): KeyBundles {
  const { pool, clock, signingKeys, logger } = options;

  async function isFresh(client: Pick<PoolClient, 'query'>, siteId: string): Promise<boolean> {
    const { rows } = await client.query<{ issued_at: Date; is_same: boolean }>(
      `select issued_at, covers = (select ${COVERS} from signing_keys where site_id = $1 and removed_at is null) as is_same
         from key_bundles where site_id = $1`,
      [siteId],
    );
    const bundle = rows[0];
    return bundle?.is_same === true && clock.now() - bundle.issued_at.getTime() < RENEWED_AFTER;
  }

  /** False when the keys have changed, so that `signer` is not the one to sign any more: then nothing was written. */
  async function issueWithin(client: PoolClient, siteId: string, signer: SiteSigningKey): Promise<boolean> {
    // One after the other, in any process, so that an older reading never replaces a newer.
    await client.query(`select pg_advisory_xact_lock(hashtextextended('undercroft key bundle ' || $1, 0))`, [
      siteId,
    ]);
    if (await isFresh(client, siteId)) return true;
    const { keys, covers, issued, signerId } = await readKeys(client, siteId);
    if (signerId !== signer.id) return false;
    const { keyId, sign } = signer;
    const signed = await buildKeyBundle({ keyId, sign, site: siteId, issued, keys });
    await client.query(
      `insert into key_bundles (site_id, issued_at, covers, signed) values ($1, $2, $3, $4)
       on conflict (site_id) do update
          set issued_at = excluded.issued_at, covers = excluded.covers, signed = excluded.signed`,
      [siteId, new Date(issued * 1000), covers, Buffer.from(signed)],
    );
    return true;
  }

  /** What a bundle of now would say, and which key signs it; none when no key is in force. */
  async function readKeys(client: Pick<PoolClient, 'query'>, siteId: string) {
    const { rows } = await client.query<KeyRow & { covers: string; last_issued: Date | null }>(
      `select key_id, x, y, valid_from, valid_until,
              (select ${COVERS} from signing_keys where site_id = $1 and removed_at is null) as covers,
              (select issued_at from key_bundles where site_id = $1) as last_issued
         from signing_keys where site_id = $1 and removed_at is null`,
      [siteId],
    );
    // Later than the one before also where that was issued by a clock ahead of this one: devices refuse what is older.
    const last = rows[0]?.last_issued?.getTime() ?? 0;
    const issued = Math.max(Math.floor(clock.now() / 1000), last / 1000 + 1);
    const keys = rows.map((row) => publishedKey(siteId, row));
    return { keys, covers: rows[0]?.covers, issued, signerId: bundleSigner(keys, issued)?.id };
  }

  const issueShared = createSharedIssue(async (siteId) => {
    // Again: whoever waited for another's issue is likely to find it good.
    if (await isFresh(pool, siteId)) return;
    // Outside the transaction, which holds a connection of the pool already: a site that has no key in force gets one.
    await signingKeys.keyFor(siteId, clock.now());
    for (let isDone = false; !isDone;) {
      const { signerId } = await readKeys(pool, siteId);
      if (signerId === undefined) {
        logger.error('no key of a site may sign its key bundle', { siteId });
        return;
      }
      const signer = await signingKeys.keyOf(siteId, signerId);
      isDone = await inTransaction(pool, (client) => issueWithin(client, siteId, signer), {
        idempotent: true,
      });
    }
  });

  return {
    async ensureFresh(siteId) {
      if (!(await isFresh(pool, siteId))) await issueShared(siteId);
    },
  };
}

/** In whole seconds that leave nothing out of what it may sign: those are whole seconds too. */
function publishedKey(siteId: string, row: KeyRow): PublishedKey {
  return {
    id: row.key_id,
    site: siteId,
    x: row.x.toString('hex'),
    y: row.y.toString('hex'),
    from: Math.floor(row.valid_from.getTime() / 1000),
    until: Math.floor(row.valid_until.getTime() / 1000),
  };
}
