/**
 * The public keys of a site as one signed thing. Whoever trusts any bundle of a site can check the next one: it is signed by
 * the oldest key that is still in force, which has been in every bundle since it was published.
 *
 *   payload {1: site (16 bytes), 2: issued, 3: [[x, y, from, until], …]}, a COSE_Sign1 as passes are; times in seconds
 */
import { canonicalId, fromHex, idFromBytes, idToBytes, toHex, type Bytes } from './bytes';
import { decodeCbor, type CborInput } from './cbor';
import { arrayOf, bytesOf, mapOf, roundedOf } from './cbor-shape';
import { buildCoseSign1, decodeCoseSign1, type CoseSign1 } from './cose-sign1';
import { importKeyBundle, keysInForce, verifiedSite, type IssuerKey } from './key-bundle';
import { attempt, demand } from './malformed';
import type { Sign, SubtleVerify } from './web-crypto';

const FIELD = { site: 1, issued: 2, keys: 3 } as const;
const COORDINATE_BYTES = 32;

// A key is made every ninety days and lives for about as long again: more in one bundle are nobody's doing.
const MAX_KEYS = 64;

/** The keys of one site, as a signature vouches for them. */
export interface TrustedKeys {
  /** Canonical. */
  readonly site: string;
  /** Seconds since 1970. */
  readonly issued: number;
  /** Oldest first. */
  readonly keys: readonly IssuerKey[];
}

/**
 * `malformed`: not a bundle. `untrusted`: no key that is trusted signed it. `other_site`: good, and another site's.
 * `older`: good, and issued before the one had: played back, or of a server that was restored.
 */
export type BundleRefusal = 'malformed' | 'untrusted' | 'other_site' | 'older';

export type OpenedBundle =
  | { readonly kind: 'open'; readonly bundle: TrustedKeys }
  | { readonly kind: 'refused'; readonly why: BundleRefusal };

type Aged = Pick<IssuerKey, 'from' | 'until' | 'x'>;

/** Oldest first, in an order that is the same everywhere. */
export function oldestFirst<K extends Aged>(keys: readonly K[]): K[] {
  return keys.toSorted((one, other) => one.from - other.from || (one.x < other.x ? -1 : 1));
}

/** Which of the keys signs a bundle at `at` (seconds): the oldest in force; null when none is. */
export function bundleSigner<K extends Aged>(keys: readonly K[], at: number): K | null {
  return oldestFirst(keys).find((key) => key.from <= at && at < key.until) ?? null;
}

/** Builds and signs a bundle. `keyId` and `sign` are those of `bundleSigner`. */
export async function buildKeyBundle(input: {
  keyId: Uint8Array;
  sign: Sign;
  site: string;
  issued: number;
  keys: readonly IssuerKey[];
}): Promise<Bytes> {
  const site = idToBytes(input.site);
  if (!site) throw new RangeError(`${input.site} is not a site id`);
  if (input.keys.length > MAX_KEYS) throw new RangeError('more keys than a device reads');
  const payload = new Map<number, CborInput>([
    [FIELD.site, site],
    [FIELD.issued, input.issued],
    [FIELD.keys, oldestFirst(input.keys).map(keyFields)],
  ]);
  return buildCoseSign1({ keyId: input.keyId, payload, sign: input.sign });
}

function keyFields({ x, y, from, until }: IssuerKey): CborInput {
  const coordinates = [x, y].map((coordinate) => fromHex(coordinate));
  if (coordinates.some((bytes) => bytes?.length !== COORDINATE_BYTES)) {
    throw new RangeError('a coordinate has 32 bytes');
  }
  return [...(coordinates as Bytes[]), from, until];
}

/**
 * Opens a bundle of `tools.site`. It has to be signed by a key of `trusted` that was in force when it was issued; with
 * `trusted` null, on first contact, by one of its own, which proves only that it is whole. `tools.issued` is when the one had was
 * issued (seconds), and an older one is refused; the same again is not.
 */
export async function openKeyBundle(
  tools: { subtle: SubtleVerify; site: string; issued: number | null },
  bytes: Uint8Array,
  trusted: readonly IssuerKey[] | null,
): Promise<OpenedBundle> {
  const parsed = attempt(() => decodeBundle(bytes));
  if (!parsed.ok) return { kind: 'refused', why: 'malformed' };
  const { cose, bundle } = parsed.value;
  // The signer is always one of the bundle's own: who hears that a key has ended hears no more by that key.
  if (!(await signs(tools.subtle, cose, bundle))) return { kind: 'refused', why: 'untrusted' };
  if (bundle.site !== (canonicalId(tools.site) ?? tools.site)) return { kind: 'refused', why: 'other_site' };
  if (trusted && !(await signs(tools.subtle, cose, { ...bundle, keys: trusted }))) {
    return { kind: 'refused', why: 'untrusted' };
  }
  if (tools.issued !== null && bundle.issued < tools.issued) return { kind: 'refused', why: 'older' };
  return { kind: 'open', bundle };
}

/** Whether one of these keys, in force at `issued` and of this site, signed it. */
async function signs(
  subtle: SubtleVerify,
  cose: CoseSign1,
  { site, issued, keys }: TrustedKeys,
): Promise<boolean> {
  const imported = await importKeyBundle(subtle, keys);
  const candidates = keysInForce(imported, cose.keyId, issued).filter((key) => key.site === site);
  return (await verifiedSite(subtle, cose, { candidates, preferredSite: site })) !== null;
}

function decodeBundle(bytes: Uint8Array): { cose: CoseSign1; bundle: TrustedKeys } {
  const cose = decodeCoseSign1(bytes);
  const required = [FIELD.site, FIELD.issued, FIELD.keys];
  const payload = mapOf(decodeCbor(cose.payload), { required }, 'key bundle');
  const site = idFromBytes(bytesOf(payload.get(FIELD.site), 'site', 16));
  const list = payload.get(FIELD.keys);
  demand(Array.isArray(list) && list.length > 0 && list.length <= MAX_KEYS, 'keys are not 1 to 64');
  const keys = list.map((item): IssuerKey => {
    const [x, y, from, until] = arrayOf(item, 4, 'key');
    const key = {
      site,
      x: toHex(bytesOf(x, 'x', COORDINATE_BYTES)),
      y: toHex(bytesOf(y, 'y', COORDINATE_BYTES)),
      from: roundedOf(from, 'from'),
      until: roundedOf(until, 'until'),
    };
    demand(key.from < key.until, 'a key ends before it begins');
    return key;
  });
  demand(new Set(keys.map(({ x, y }) => x + y)).size === keys.length, 'a key stands there twice');
  return { cose, bundle: { site, issued: roundedOf(payload.get(FIELD.issued), 'issued'), keys } };
}
