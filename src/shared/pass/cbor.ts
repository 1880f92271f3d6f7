import { compareBytes, concatBytes, copyBytes, type Bytes } from './bytes';
import { demand, MalformedError } from './malformed';
import { decodeUtf8, encodeUtf8 } from './utf8';

/** An integer as CBOR has it, −2^64 … 2^64−1: a number when that is exact, else a bigint. Never both for one value. */
export type CborInteger = number | bigint;
export type CborKey = CborInteger | string;
export type CborValue = CborInteger | string | boolean | null | Bytes | CborValue[] | Map<CborKey, CborValue>;

/** What {@link encodeCbor} takes: the same shapes, read-only and on any buffer. */
export type CborInput =
  CborInteger | string | boolean | null | Uint8Array | readonly CborInput[] | ReadonlyMap<CborKey, CborInput>;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
const FALSE = 20;
const TRUE = 21;
const NULL = 22;
const MAX_UINT64 = 2n ** 64n - 1n;

// The deepest items of the format are the holder key's coordinates, at depth 3; the limit only keeps hostile nesting off the stack.
const MAX_DEPTH = 8;

/** Deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths, map keys in bytewise order. */
export function encodeCbor(value: CborInput): Bytes {
  if (typeof value === 'number' || typeof value === 'bigint') return encodeInteger(value);
  if (typeof value === 'boolean') return encodeHead(MAJOR.simple, BigInt(value ? TRUE : FALSE));
  if (value === null) return encodeHead(MAJOR.simple, BigInt(NULL));
  if (typeof value === 'string') return withLength(MAJOR.text, encodeUtf8(value));
  if (value instanceof Uint8Array) return withLength(MAJOR.bytes, value);
  if (value instanceof Map) return encodeMap(value as ReadonlyMap<CborKey, CborInput>);
  const items = value as readonly CborInput[];
  return concatBytes([encodeHead(MAJOR.array, BigInt(items.length)), ...items.map(encodeCbor)]);
}

function encodeInteger(value: CborInteger): Bytes {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`${value} is not exact`);
  const exact = BigInt(value);
  return exact >= 0n ? encodeHead(MAJOR.unsigned, exact) : encodeHead(MAJOR.negative, -1n - exact);
}

function withLength(major: number, content: Uint8Array): Bytes {
  return concatBytes([encodeHead(major, BigInt(content.length)), content]);
}

function encodeMap(map: ReadonlyMap<CborKey, CborInput>): Bytes {
  const entries = [...map].map(([key, value]) => ({ key: encodeCbor(key), value: encodeCbor(value) }));
  entries.sort((left, right) => compareBytes(left.key, right.key));
  const parts = entries.flatMap(({ key, value }) => [key, value]);
  return concatBytes([encodeHead(MAJOR.map, BigInt(entries.length)), ...parts]);
}

function encodeHead(major: number, argument: bigint): Bytes {
  if (argument > MAX_UINT64) throw new RangeError('integer does not fit 64 bits');
  const first = major << 5;
  if (argument < 24n) return Uint8Array.of(first | Number(argument));
  const [information, width] =
    argument < 0x100n ? [24, 1] : argument < 0x10000n ? [25, 2] : argument < 0x100000000n ? [26, 4] : [27, 8];
  const head = new Uint8Array(1 + width);
  head[0] = first | information;
  for (let index = width, rest = argument; index > 0; index--, rest >>= 8n)
    head[index] = Number(rest & 0xffn);
  return head;
}

/**
 * The one item that `bytes` hold. {@link MalformedError} for whatever RFC 8949 §4.2.1 does not produce (longer heads than needed,
 * indefinite lengths, keys unsorted or twice, trailing bytes), for bad UTF-8, and for what UC1 has no use for: tags, floats,
 * simple values but false, true and null, map keys that are neither integer nor text. Time and memory are linear in `bytes`.
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const reader = new CborReader(bytes);
  const value = reader.item(0);
  demand(reader.offset === bytes.length, 'bytes follow the CBOR item');
  return value;
}

class CborReader {
  offset = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  item(depth: number): CborValue {
    demand(depth <= MAX_DEPTH, 'CBOR is nested too deeply');
    const first = this.#take(1)[0]!;
    const major = first >> 5;
    const argument = this.#argument(first & 0x1f);
    switch (major) {
      case MAJOR.unsigned:
        return narrow(argument);
      case MAJOR.negative:
        return narrow(-1n - argument);
      case MAJOR.bytes:
        return copyBytes(this.#take(argument));
      case MAJOR.text:
        return decodeUtf8(this.#take(argument));
      case MAJOR.array:
        return this.#array(this.#count(argument, 1), depth);
      case MAJOR.map:
        return this.#map(this.#count(argument, 2), depth);
      case MAJOR.simple:
        return simple(first & 0x1f);
      default:
        throw new MalformedError('CBOR tags are not used');
    }
  }

  /** The head's argument, refused when a shorter head would have held it. */
  #argument(information: number): bigint {
    if (information < 24) return BigInt(information);
    demand(information <= 27, 'CBOR length is indefinite or reserved');
    const width = 1 << (information - 24);
    let argument = 0n;
    for (const byte of this.#take(width)) argument = (argument << 8n) | BigInt(byte);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    demand(argument >= least, 'CBOR head is longer than needed');
    return argument;
  }

  #take(length: number | bigint): Uint8Array {
    demand(length <= this.#bytes.length - this.offset, 'CBOR is cut off');
    const taken = this.#bytes.subarray(this.offset, this.offset + Number(length));
    this.offset += Number(length);
    return taken;
  }

  /** How many entries follow; each has at least `bytesEach` bytes, so a huge claim is refused before anything is made. */
  #count(argument: bigint, bytesEach: number): number {
    demand(argument * BigInt(bytesEach) <= this.#bytes.length - this.offset, 'CBOR is cut off');
    return Number(argument);
  }

  #array(count: number, depth: number): CborValue[] {
    const items: CborValue[] = [];
    for (let index = 0; index < count; index++) items.push(this.item(depth + 1));
    return items;
  }

  #map(count: number, depth: number): Map<CborKey, CborValue> {
    const map = new Map<CborKey, CborValue>();
    let previous: Uint8Array | null = null;
    for (let index = 0; index < count; index++) {
      const start = this.offset;
      const key = this.item(depth + 1);
      demand(isKey(key), 'CBOR map key is neither integer nor text');
      const encoded = this.#bytes.subarray(start, this.offset);
      demand(!previous || compareBytes(previous, encoded) < 0, 'CBOR map keys are unsorted or repeated');
      previous = encoded;
      map.set(key, this.item(depth + 1));
    }
    return map;
  }
}

function isKey(value: CborValue): value is CborKey {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
}

function narrow(value: bigint): CborInteger {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function simple(information: number): boolean | null {
  demand(information >= FALSE && information <= NULL, 'CBOR floats and other simple values are not used');
  return information === NULL ? null : information === TRUE;
}
