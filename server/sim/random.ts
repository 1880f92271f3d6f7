import { createHash } from 'node:crypto';

/** A stream of choices that its key fixes. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** An integer, 0 ≤ n < `below`. */
  integer(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** Fills with bytes that look random and are not: for ids and keys of simulated devices alone. */
  fill(bytes: Uint8Array): void;
}

/**
 * The stream of a key such as `(seed, 'device', 7)`. Streams of different keys know nothing of each other, so that taking
 * one device or one kind of fault out of a run leaves the choices of all others as they were (that is what shrinking needs).
 * The generator is sfc32 (Doty-Humphrey, PractRand), its state the SHA-256 of the key.
 */
export function createRandom(...key: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(key.join('/')).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)) as [
    number,
    number,
    number,
    number,
  ];
  const word = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  const next = (): number => word() / 2 ** 32;
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(list.length)]!,
    fill(bytes) {
      for (let place = 0; place < bytes.length; place++) bytes[place] = word() & 0xff;
    },
  };
}
