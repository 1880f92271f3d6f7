import { createPrivateKey, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Pool } from 'pg';
import { open, seal, type SecretKey } from '../../platform/secret-key';

/** Who this server is to push services (VAPID, RFC 8292). */
export interface VapidKey {
  /** What a browser subscribes with: the uncompressed point, 65 bytes as base64url. */
  readonly publicKey: string;
  /** The `Authorization` header of a message to that endpoint, good for some hours from `now` (epoch ms). */
  authorization(endpoint: string, now: number): string;
}

const NAME = 'web-push';
const PURPOSE = `server-secret:${NAME}`;
/** Seconds; a push service takes at most a day (RFC 8292 §2). */
const TOKEN_LASTS = 12 * 3600;
/** Milliseconds for which the same token is sent again, well before its end. */
const USED_FOR = 6 * 3_600_000;
/** There are some ten push services; endpoints, though, are made up by whoever subscribes. */
const ORIGINS_MAX = 200;

/**
 * The installation's own key, made at first use and kept sealed in table server_secrets; of several processes that make one
 * at once, the first one's. `contact` is how a push service reaches whoever runs this: an https origin or a mailto address.
 * @throws SecretKeyError `wrong_key`
 */
export async function loadVapidKey(
  { pool, secretKey }: { pool: Pool; secretKey: SecretKey },
  contact: string,
): Promise<VapidKey> {
  const jwk = (await readKey(pool, secretKey)) ?? (await makeKey(pool, secretKey));
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const point = [Buffer.of(4), Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')];
  const publicKey = Buffer.concat(point).toString('base64url');
  /** By push service: signing one a message was needless work. */
  const headers = new Map<string, { from: number; header: string }>();
  return {
    publicKey,
    authorization(endpoint, now) {
      const { origin } = new URL(endpoint);
      const kept = headers.get(origin);
      if (kept && kept.from <= now && now < kept.from + USED_FOR) return kept.header;
      const claims = { aud: origin, exp: Math.floor(now / 1000) + TOKEN_LASTS, sub: contact };
      const header = `vapid t=${signToken(privateKey, claims)}, k=${publicKey}`;
      if (headers.size >= ORIGINS_MAX) headers.clear();
      headers.set(origin, { from: now, header });
      return header;
    },
  };
}

async function readKey(pool: Pool, secretKey: SecretKey): Promise<JsonWebKey | undefined> {
  const { rows } = await pool.query<{ sealed: Buffer }>('select sealed from server_secrets where name = $1', [
    NAME,
  ]);
  const sealed = rows[0]?.sealed;
  return sealed && (JSON.parse(new TextDecoder().decode(open(secretKey, sealed, PURPOSE))) as JsonWebKey);
}

async function makeKey(pool: Pool, secretKey: SecretKey): Promise<JsonWebKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  const sealed = seal(secretKey, new TextEncoder().encode(JSON.stringify(jwk)), PURPOSE);
  await pool.query('insert into server_secrets (name, sealed) values ($1, $2) on conflict do nothing', [
    NAME,
    sealed,
  ]);
  const kept = await readKey(pool, secretKey);
  if (!kept) throw new Error('the key of Web Push was taken away as it was made');
  return kept;
}

/** A JWT signed with ES256. */
function signToken(privateKey: KeyObject, claims: object): string {
  const parts = [{ typ: 'JWT', alg: 'ES256' }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
