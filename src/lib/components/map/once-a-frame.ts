/**
 * Does `work` at most once a frame, with the newest value given since the frame before: a finger moves more often than a screen is drawn,
 * and on a level of 1,000 slots each move makes all places anew.
 */
export class OnceAFrame<T> {
  readonly #work: (value: T) => void;
  #waiting: { readonly value: T; readonly frame: number } | null = null;

  constructor(work: (value: T) => void) {
    this.#work = work;
  }

  /** `value` is taken up with the next frame, unless a newer one comes before. */
  give(value: T): void {
    const frame = this.#waiting?.frame ?? requestAnimationFrame(() => this.flush());
    this.#waiting = { value, frame };
  }

  /** Does at once what waits. */
  flush(): void {
    const waiting = this.#waiting;
    this.forget();
    if (waiting) this.#work(waiting.value);
  }

  /** What waits is not done. */
  forget(): void {
    if (this.#waiting) cancelAnimationFrame(this.#waiting.frame);
    this.#waiting = null;
  }
}
