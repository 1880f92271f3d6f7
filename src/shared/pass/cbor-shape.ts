import type { Bytes } from './bytes';
import type { CborInteger, CborKey, CborValue } from './cbor';
import { demand } from './malformed';

// Each reader takes a decoded item and says what it has to be; anything else is malformed. `what` names it in the detail.

/** An array of exactly `length` items. */
export function arrayOf(value: CborValue | undefined, length: number, what: string): CborValue[] {
  demand(Array.isArray(value) && value.length === length, `${what} is not an array of ${length}`);
  return value;
}

/** A map with all of `required`, possibly some of `optional`, and no other key. */
export function mapOf(
  value: CborValue | undefined,
  keys: { required: readonly CborKey[]; optional?: readonly CborKey[] },
  what: string,
): Map<CborKey, CborValue> {
  demand(value instanceof Map, `${what} is not a map`);
  for (const key of keys.required) demand(value.has(key), `${what} lacks ${key}`);
  const known = [...keys.required, ...(keys.optional ?? [])];
  for (const key of value.keys()) demand(known.includes(key), `${what} holds an unknown key`);
  return value;
}

/** A byte string, of exactly `length` bytes when given. */
export function bytesOf(value: CborValue | undefined, what: string, length?: number): Bytes {
  demand(value instanceof Uint8Array, `${what} is not a byte string`);
  demand(length === undefined || value.length === length, `${what} has not ${length} bytes`);
  return value;
}

export function textOf(value: CborValue | undefined, what: string): string {
  demand(typeof value === 'string', `${what} is not text`);
  return value;
}

export function booleanOf(value: CborValue | undefined, what: string): boolean {
  demand(typeof value === 'boolean', `${what} is not a boolean`);
  return value;
}

/** An integer of 0 … 2^64−1, exact. */
export function unsignedOf(value: CborValue | undefined, what: string): CborInteger {
  demand((typeof value === 'number' || typeof value === 'bigint') && value >= 0, `${what} is not unsigned`);
  return value;
}

/**
 * An unsigned integer as a number. Above 2^53 it is rounded: the format sets no bound below 64 bits, and such a time or index
 * is only ever compared with small ones, which rounding does not disturb. Signed bytes are never rebuilt from it.
 */
export function roundedOf(value: CborValue | undefined, what: string): number {
  return Number(unsignedOf(value, what));
}

/** Exactly `expected`. */
export function exactly(value: CborValue | undefined, expected: CborValue, what: string): void {
  demand(value === expected, `${what} is not ${String(expected)}`);
}
