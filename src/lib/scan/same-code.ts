/** How long (ms) a code must have left the camera's view before it is taken as shown anew. */
export const LEFT_AFTER = 3000;

/** How long (ms) until a code is checked again whose check came to nothing: not with every frame, each failure sounds. */
export const RETRY_AFTER = 2000;

/**
 * Decides which readings of a running camera are worth a check. A code that stays in view is checked once; so is a pass
 * that was let in, though its live code is redrawn every 20 s: otherwise a guard who lingers would see green turn into
 * "already used". Shown again after it left for 3 s, it is checked again, and then a copy or second use is found. A check that came to nothing does not count as one.
 */
export class SameCodeFilter {
  #seenCodes = new Map<string, number>();
  #seenLetIn = new Map<string, number>();
  #notStored = new Map<string, number>();
  readonly #passIdOf: (text: string) => string | null;

  /** `passIdOf` reads the pass id out of a code, null when there is none. */
  constructor(passIdOf: (text: string) => string | null) {
    this.#passIdOf = passIdOf;
  }

  /** Whether `text`, read at `at` (ms, rising), is to be checked. Every reading is to be reported. */
  isNew(text: string, at: number): boolean {
    this.#forget(at);
    const known = this.#seenCodes.has(text);
    this.#seenCodes.set(text, at);
    const passId = this.#seenLetIn.size > 0 ? this.#passIdOf(text) : null;
    if (passId === null || !this.#seenLetIn.has(passId)) return !known;
    this.#seenLetIn.set(passId, at);
    return false;
  }

  /** A pass was let in on what was read at `at`: its further codes are the same showing. */
  letIn(passId: string, at: number): void {
    this.#seenLetIn.set(passId, at);
  }

  /** The check of `text` came to nothing at `at`: after RETRY_AFTER it is new again, also when it never left. */
  notStored(text: string, at: number): void {
    this.#notStored.set(text, at);
  }

  /** The camera looked away from `pausedAt` to `resumedAt`; that time does not count as having left. */
  resume(pausedAt: number, resumedAt: number): void {
    this.#forget(pausedAt);
    for (const seen of [this.#seenCodes, this.#seenLetIn]) {
      for (const key of seen.keys()) seen.set(key, resumedAt);
    }
  }

  #forget(at: number): void {
    for (const seen of [this.#seenCodes, this.#seenLetIn]) {
      for (const [key, seenAt] of seen) if (at - seenAt >= LEFT_AFTER) seen.delete(key);
    }
    for (const [text, failedAt] of this.#notStored) {
      if (at - failedAt < RETRY_AFTER) continue;
      this.#notStored.delete(text);
      this.#seenCodes.delete(text);
    }
  }
}
