import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import type { Pool } from 'pg';

/** A passkey with its public key as a browser's WebCrypto imports it. */
export interface PasskeyKey {
  /** base64url, as WebAuthn gives it. */
  readonly credentialId: string;
  readonly transports: readonly string[];
  readonly publicKey: PublicJwk;
}

/** The three kinds of keys that passkeys are made with here; members as in RFC 7518 and RFC 8037, base64url. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/**
 * The public keys of a user's own passkeys, for the app's lock on their device, which checks an answer without the server.
 * A key that a browser could not check is left out.
 */
export async function selectPasskeyKeys(pool: Pool, userId: string): Promise<PasskeyKey[]> {
  const { rows } = await pool.query<{
    credential_id: string;
    transports: string[];
    public_key: Uint8Array<ArrayBuffer>;
  }>(
    'select credential_id, transports, public_key from passkeys where user_id = $1 order by created_at, credential_id',
    [userId],
  );
  return rows.flatMap(({ credential_id: credentialId, transports, public_key }) => {
    const publicKey = toJwk(new Uint8Array(public_key));
    return publicKey ? [{ credentialId, transports, publicKey }] : [];
  });
}

/** A COSE key (RFC 9053) as a JWK; undefined for a kind that no passkey here is made with. */
export function toJwk(coseKey: Uint8Array<ArrayBuffer>): PublicJwk | undefined {
  const key = decodeCredentialPublicKey(coseKey);
  const { COSEKEYS, COSECRV } = cose;
  if (cose.isCOSEPublicKeyEC2(key)) {
    const [x, y] = [key.get(COSEKEYS.x), key.get(COSEKEYS.y)];
    if (key.get(COSEKEYS.crv) !== COSECRV.P256 || !x || !y) return undefined;
    return { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y) };
  }
  if (cose.isCOSEPublicKeyOKP(key)) {
    const x = key.get(COSEKEYS.x);
    if (key.get(COSEKEYS.crv) !== COSECRV.ED25519 || !x) return undefined;
    return { kty: 'OKP', crv: 'Ed25519', x: base64url(x) };
  }
  if (cose.isCOSEPublicKeyRSA(key)) {
    const [n, e] = [key.get(COSEKEYS.n), key.get(COSEKEYS.e)];
    return n && e ? { kty: 'RSA', n: base64url(n), e: base64url(e) } : undefined;
  }
  return undefined;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
