import { canonicalId, fromHex, toHex, type Bytes } from './bytes';
import { KEY_ID_BYTES, signedBytes, type CoseSign1 } from './cose-sign1';
import { isOnCurve, uncompressed } from './p256';
import { importVerifyKey, sha256, verifyEs256, type KeyHandle, type SubtleVerify } from './web-crypto';

/** An issuer's public key as it travels to a guard's device; the algorithm is always ES256. */
export interface IssuerKey {
  /** Id of the only site that this key may sign for (UUID or its 32 hex digits). */
  site: string;
  /** Coordinates, 64 hex digits each. */
  x: string;
  y: string;
  /** Seconds since 1970: the key is good for what begins in [from, until). */
  from: number;
  until: number;
}

/** An issuer's key ready to verify; `key` is null when the coordinates are no P-256 point, and then it verifies nothing. */
interface BundledKey {
  site: string;
  keyId: string;
  from: number;
  until: number;
  key: KeyHandle | null;
}

/** Imported keys of a guard's device. Made once per sync, used for every scan. */
export type KeyBundle = readonly BundledKey[];

/** `kid`: the first 4 bytes of SHA-256 over the public key as an uncompressed point. */
export async function computeKeyId(
  subtle: Pick<SubtleVerify, 'digest'>,
  point: { x: Uint8Array; y: Uint8Array },
): Promise<Bytes> {
  return (await sha256(subtle, uncompressed(point))).slice(0, KEY_ID_BYTES);
}

/** Imports the keys. One that is damaged stays in the bundle without verifying anything, so that it cannot block the others. */
export async function importKeyBundle(subtle: SubtleVerify, keys: readonly IssuerKey[]): Promise<KeyBundle> {
  return Promise.all(keys.map((key) => importKey(subtle, key)));
}

async function importKey(subtle: SubtleVerify, issuer: IssuerKey): Promise<BundledKey> {
  const { from, until } = issuer;
  const point = { x: fromHex(issuer.x) ?? new Uint8Array(0), y: fromHex(issuer.y) ?? new Uint8Array(0) };
  return {
    site: canonicalId(issuer.site) ?? issuer.site,
    keyId: toHex(await computeKeyId(subtle, point)),
    from,
    until,
    key: isOnCurve(point) ? await importVerifyKey(subtle, point) : null,
  };
}

/** The keys with this `kid` that were in force at `at` (seconds). A kid has 4 bytes only, so there may be several. */
export function keysInForce(bundle: KeyBundle, keyId: Uint8Array, at: number): KeyBundle {
  const wanted = toHex(keyId);
  return bundle.filter((key) => key.keyId === wanted && key.from <= at && at < key.until);
}

/**
 * The site of a key among `candidates` that verifies `cose`, or null when none does. A key may be listed for two sites: when
 * it is, `preferredSite` wins.
 */
export async function verifiedSite(
  subtle: SubtleVerify,
  cose: CoseSign1,
  { candidates, preferredSite }: { candidates: KeyBundle; preferredSite: string },
): Promise<string | null> {
  const signed = { signature: cose.signature, data: signedBytes(cose) };
  const ordered = candidates.toSorted(
    (left, right) => Number(right.site === preferredSite) - Number(left.site === preferredSite),
  );
  for (const { key, site } of ordered) {
    if (key && (await verifyEs256(subtle, key, signed))) return site;
  }
  return null;
}
