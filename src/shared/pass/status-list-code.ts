import { decodeBase45, encodeBase45 } from './base45';
import { concatBytes, toHex, type Bytes } from './bytes';
import { decodeCbor, encodeCbor } from './cbor';
import { arrayOf, bytesOf, unsignedOf } from './cbor-shape';
import { attempt, demand, type Parsed } from './malformed';
import { sha256, type SubtleVerify } from './web-crypto';

/*
 * A signed status list as QR codes, from one guard's screen to another guard's camera: each code is
 * "UC1S:" + Base45(CBOR [first 4 bytes of the list's SHA-256, part, parts, bytes]), parts counted from 1. The digest
 * keeps the parts of two lists apart and finds damage; that the list is the issuer's is for its signature to say.
 */
const PREFIX = 'UC1S:';
const DIGEST_BYTES = 4;

/** What a QR of version 20 holds in alphanumeric mode at level L (ISO/IEC 18004, table 7). */
const LARGEST_CODE = 1249;

/** Of a code at its fullest: 15 bytes are heads, digest and numbers; Base45 makes 3 characters of 2 bytes. */
const PART_BYTES = Math.floor(((LARGEST_CODE - PREFIX.length) * 2) / 3) - 15;

/** At 0.8 s a part, 64 of them take 51 s: nobody holds two phones together for longer. 52 kB of compressed bits. */
const MOST_PARTS = 64;

/** Lists whose parts are kept at the same time: the camera may see two screens, but memory has an end. */
const MOST_LISTS = 4;

/** One code's part of a list. */
export interface StatusListPart {
  /** Hex of the first 4 bytes of the whole list's SHA-256. */
  readonly digest: string;
  /** Counted from 1 to `parts`. */
  readonly part: number;
  readonly parts: number;
  readonly bytes: Bytes;
}

/** Whether a code says that it is part of a status list. */
export function isStatusListCode(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * The texts of the QR codes of a signed list (COSE_Sign1), in order; each fits version 20-L in alphanumeric mode. Null
 * for a list of more than 52 kB, which is more than two people hold phones together for.
 */
export async function formatStatusList(
  subtle: Pick<SubtleVerify, 'digest'>,
  signed: Bytes,
): Promise<string[] | null> {
  const parts = Math.max(1, Math.ceil(signed.length / PART_BYTES));
  if (parts > MOST_PARTS) return null;
  const digest = await digestOf(subtle, signed);
  return Array.from({ length: parts }, (_, index) => {
    const bytes = signed.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    return PREFIX + encodeBase45(encodeCbor([digest, index + 1, parts, bytes]));
  });
}

/** Reads one code. Strict, never throws. */
export function parseStatusListPart(text: string): Parsed<StatusListPart> {
  return attempt(() => {
    demand(text.startsWith(PREFIX) && text.length <= LARGEST_CODE, 'not a code of a status list');
    const [digest, part, parts, bytes] = arrayOf(
      decodeCbor(decodeBase45(text.slice(PREFIX.length))),
      4,
      'part',
    );
    const read = {
      digest: toHex(bytesOf(digest, 'digest', DIGEST_BYTES)),
      part: Number(unsignedOf(part, 'part')),
      parts: Number(unsignedOf(parts, 'parts')),
      bytes: bytesOf(bytes, 'bytes'),
    };
    demand(read.parts >= 1 && read.parts <= MOST_PARTS, 'too many parts');
    demand(read.part >= 1 && read.part <= read.parts, 'no such part');
    return read;
  });
}

/** How far a list has come. `damaged`: all parts are here and are not the list that they name; it begins anew. */
export type ListProgress =
  | { readonly kind: 'collecting'; readonly have: number; readonly parts: number }
  | { readonly kind: 'complete'; readonly parts: number; readonly signed: Bytes }
  | { readonly kind: 'damaged' };

/** Collects parts in any order, of several lists at once; the list that waited longest gives way to a fifth. */
export class StatusListCollector {
  readonly #subtle: Pick<SubtleVerify, 'digest'>;
  /** By digest and number of parts: the same digest with another number is another list, or none. */
  readonly #lists = new Map<string, Map<number, Bytes>>();

  constructor(subtle: Pick<SubtleVerify, 'digest'>) {
    this.#subtle = subtle;
  }

  /** Takes a part. Once a list is complete, its parts are forgotten. */
  async add({ digest, part, parts, bytes }: StatusListPart): Promise<ListProgress> {
    const key = `${digest}/${String(parts)}`;
    const known = this.#lists.get(key) ?? new Map<number, Bytes>();
    // To the end of the order: what is still being shown is not what gives way.
    this.#lists.delete(key);
    this.#lists.set(key, known);
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= MOST_LISTS) break;
      this.#lists.delete(oldest);
    }
    known.set(part, bytes);
    if (known.size < parts) return { kind: 'collecting', have: known.size, parts };
    this.#lists.delete(key);
    const signed = concatBytes(Array.from({ length: parts }, (_, index) => known.get(index + 1)!));
    const isWhole = toHex(await digestOf(this.#subtle, signed)) === digest;
    return isWhole ? { kind: 'complete', parts, signed } : { kind: 'damaged' };
  }
}

async function digestOf(subtle: Pick<SubtleVerify, 'digest'>, signed: Bytes): Promise<Bytes> {
  return (await sha256(subtle, signed)).slice(0, DIGEST_BYTES);
}
