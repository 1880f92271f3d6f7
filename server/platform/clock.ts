/** Where the server's time comes from. `now()` is epoch milliseconds, the unit of every `…At` in the domain. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is told to move; for tests and the simulation. */
export interface SettableClock extends Clock {
  /** Moves to this instant (epoch ms), also backwards. */
  set(at: number): void;
  /** Moves on by this many milliseconds. */
  advance(milliseconds: number): void;
}

/** A `SettableClock` that starts at `at` (epoch ms). */
export function createSettableClock(at: number): SettableClock {
  let current = at;
  return {
    now: () => current,
    set: (next) => {
      current = next;
    },
    advance: (milliseconds) => {
      current += milliseconds;
    },
  };
}
