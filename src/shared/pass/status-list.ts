import { idFromBytes, idToBytes, type Bytes } from './bytes';
import { decodeCbor, type CborInput } from './cbor';
import { bytesOf, mapOf, roundedOf } from './cbor-shape';
import { buildCoseSign1, decodeCoseSign1, type CoseSign1 } from './cose-sign1';
import { keysInForce, verifiedSite, type KeyBundle } from './key-bundle';
import { attempt } from './malformed';
import type { Deflate, Inflate, Sign, SubtleVerify } from './web-crypto';

const FIELD = { site: 1, issued: 2, ttl: 3, bits: 4 } as const;
const STATES = ['valid', 'revoked', 'suspended', 'reserved'] as const;
const PASSES_PER_BYTE = 4;

// Four million passes of one site; a signed list that inflates to more is treated as one that cannot be read.
const MAX_BITS_BYTES = 1 << 20;

/** What two bits say about a pass. `reserved` is a value this version does not know: never shown as plainly valid. */
export type PassState = (typeof STATES)[number];

/** A status list whose signature was verified by a key of its own site. */
export interface StatusList {
  site: string;
  /** Seconds since 1970. */
  issued: number;
  /** Seconds. */
  ttl: number;
  /** Two bits a pass, least significant first. */
  bits: Uint8Array;
}

/** What the guard's device has in hand: nothing, something it cannot trust, or a list. */
export type OpenedStatusList =
  { kind: 'missing' } | { kind: 'unverifiable' } | { kind: 'open'; list: StatusList };

/** What the list says about one pass, and how far that can be relied on. */
export type StatusReading =
  | { known: false; why: 'missing' | 'unverifiable' | 'other_site' | 'too_short' }
  | { known: true; state: PassState; issued: number; ageSeconds: number; stale: boolean };

/** Builds and signs a status list. `states` maps an index to its state; indices not named are valid. `length` passes in all. */
export async function buildStatusList(input: {
  keyId: Uint8Array;
  sign: Sign;
  deflate: Deflate;
  site: string;
  issued: number;
  ttl: number;
  length: number;
  states: Iterable<readonly [index: number, state: 'revoked' | 'suspended']>;
}): Promise<Bytes> {
  const site = idToBytes(input.site);
  if (!site) throw new RangeError(`${input.site} is not a site id`);
  const payload = new Map<number, CborInput>([
    [FIELD.site, site],
    [FIELD.issued, input.issued],
    [FIELD.ttl, input.ttl],
    [FIELD.bits, await input.deflate(packStates(input.length, input.states))],
  ]);
  return buildCoseSign1({ keyId: input.keyId, payload, sign: input.sign });
}

/** Two bits a pass, least significant first; length rounded up to whole bytes. */
export function packStates(
  length: number,
  states: Iterable<readonly [index: number, state: PassState]>,
): Bytes {
  const size = Math.ceil(length / PASSES_PER_BYTE);
  if (size > MAX_BITS_BYTES) throw new RangeError('the status list is longer than a device reads');
  const bits = new Uint8Array(size);
  for (const [index, state] of states) {
    if (!Number.isInteger(index) || index < 0 || index >= length) throw new RangeError(`no index ${index}`);
    const offset = Math.floor(index / PASSES_PER_BYTE);
    const shift = 2 * (index % PASSES_PER_BYTE);
    bits[offset] = (bits[offset]! & ~(3 << shift)) | (STATES.indexOf(state) << shift);
  }
  return bits;
}

/**
 * Opens a status list once, for all scans until the next one comes. `unverifiable`: not a list, bits that do not inflate, or no
 * key of the bundle that was in force at `issued` and belongs to the list's own site verifies it. A retired key therefore
 * cannot vouch for a list dated after its end.
 */
export async function openStatusList(
  tools: { subtle: SubtleVerify; inflate: Inflate; keys: KeyBundle },
  bytes: Uint8Array | null,
): Promise<OpenedStatusList> {
  if (!bytes) return { kind: 'missing' };
  const parsed = attempt(() => decodeStatusList(bytes));
  if (!parsed.ok) return { kind: 'unverifiable' };
  const { cose, site, issued, ttl, compressedBits } = parsed.value;
  const candidates = keysInForce(tools.keys, cose.keyId, issued).filter((key) => key.site === site);
  const signer = await verifiedSite(tools.subtle, cose, { candidates, preferredSite: site });
  if (signer === null) return { kind: 'unverifiable' };
  const bits = await inflateBits(tools.inflate, compressedBits);
  return bits ? { kind: 'open', list: { site, issued, ttl, bits } } : { kind: 'unverifiable' };
}

interface EncodedStatusList {
  cose: CoseSign1;
  site: string;
  issued: number;
  ttl: number;
  compressedBits: Bytes;
}

function decodeStatusList(bytes: Uint8Array): EncodedStatusList {
  const cose = decodeCoseSign1(bytes);
  const required = [FIELD.site, FIELD.issued, FIELD.ttl, FIELD.bits];
  const payload = mapOf(decodeCbor(cose.payload), { required }, 'status list');
  return {
    cose,
    site: idFromBytes(bytesOf(payload.get(FIELD.site), 'site', 16)),
    issued: roundedOf(payload.get(FIELD.issued), 'issued'),
    ttl: roundedOf(payload.get(FIELD.ttl), 'ttl'),
    compressedBits: bytesOf(payload.get(FIELD.bits), 'bits'),
  };
}

async function inflateBits(inflate: Inflate, compressedBits: Bytes): Promise<Uint8Array | null> {
  try {
    const bits = await inflate(compressedBits, MAX_BITS_BYTES);
    return bits.length <= MAX_BITS_BYTES ? bits : null;
  } catch {
    // Each platform's inflate throws its own errors, and all of them mean that these bits cannot be read.
    return null;
  }
}

/** What `opened` says about the pass `index` of `site` at `now` (seconds). Past `issued + ttl` it is stale, but still revokes. */
export function readStatus(
  opened: OpenedStatusList,
  { site, index, now }: { site: string; index: number; now: number },
): StatusReading {
  if (opened.kind !== 'open') return { known: false, why: opened.kind };
  const { list } = opened;
  if (list.site !== site) return { known: false, why: 'other_site' };
  const byte = list.bits[Math.floor(index / PASSES_PER_BYTE)];
  if (byte === undefined) return { known: false, why: 'too_short' };
  const state = STATES[(byte >> (2 * (index % PASSES_PER_BYTE))) & 3]!;
  const ageSeconds = now - list.issued;
  return { known: true, state, issued: list.issued, ageSeconds, stale: ageSeconds > list.ttl };
}
