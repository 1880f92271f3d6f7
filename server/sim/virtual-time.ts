import type { Clock } from '../platform/clock';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

/** The simulation's time: it stands still until it is told to move, for devices and server alike. */
export class VirtualTime implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** Starts at `now`, milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Runs `work` once `milliseconds` have passed, unless the returned function is called before. */
  after(milliseconds: number, work: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, work };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Resolves once `milliseconds` have passed. */
  passing(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  /** Moves on, and runs what is due in the order of its time; what that adds within this time runs too. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end);
      if (due.length === 0) break;
      due.sort((one, other) => one.at - other.at || one.order - other.order);
      const [timer] = due;
      this.#timers.delete(timer!);
      this.#now = Math.max(this.#now, timer!.at);
      timer!.work();
    }
    this.#now = end;
  }
}
