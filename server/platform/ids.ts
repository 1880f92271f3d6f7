import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock';
import { systemClock } from './clock';

/** Makes one UUIDv7 at each call, each greater than the one before (as text and as a Postgres uuid). */
export type IdGenerator = () => string;

export interface IdGeneratorOptions {
  clock?: Clock;
  /** Fills the whole array with random bytes; must be cryptographically strong outside tests. */
  fillRandom?: (bytes: Uint8Array) => void;
}

const COUNTER_BITS = 42n;
const COUNTER_LIMIT = 1n << COUNTER_BITS;
/** A new millisecond starts in the lower half of the counter, so that it has 2^41 steps before it overflows. */
const COUNTER_START_MASK = (COUNTER_LIMIT >> 1n) - 1n;

/**
 * UUIDv7 as RFC 9562 §5.7 lays it out, monotonic by its §6.2 method 2: within one millisecond (or while the clock
 * runs backwards) a 42-bit random counter in rand_a and the top of rand_b goes up by one, and the last 32 bits are
 * always new. When the counter is used up, the embedded time runs ahead of the clock by a millisecond.
 */
export function createIdGenerator(options: IdGeneratorOptions = {}): IdGenerator {
  const clock = options.clock ?? systemClock;
  const fillRandom = options.fillRandom ?? ((bytes: Uint8Array) => void randomFillSync(bytes));
  const random = new Uint8Array(10);
  let lastTime = -1;
  let counter = 0n;

  return () => {
    fillRandom(random);
    const now = clock.now();
    if (now > lastTime) {
      lastTime = now;
      counter = bigEndian(random.subarray(0, 6)) & COUNTER_START_MASK;
    } else if (++counter === COUNTER_LIMIT) {
      lastTime += 1;
      counter = bigEndian(random.subarray(0, 6)) & COUNTER_START_MASK;
    }
    return layOut(lastTime, counter, bigEndian(random.subarray(6, 10)));
  };
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function layOut(time: number, counter: bigint, tail: bigint): string {
  const top12 = counter >> 30n;
  const low30 = counter & ((1n << 30n) - 1n);
  const value =
    (BigInt(time) << 80n) | (0x7n << 76n) | (top12 << 64n) | (0b10n << 62n) | (low30 << 32n) | tail;
  const hex = value.toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The process's own generator: system clock, crypto randomness. */
export const newId: IdGenerator = createIdGenerator();
