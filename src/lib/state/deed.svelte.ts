import { isRefusal } from './refusal';
import type { Refusal } from './views';

/** What a person does on a screen, one at a time: whether it is under way, and why the last one could not be done. */
export class Deed {
  #busy = $state(false);
  #problem = $state.raw<Refusal | null>(null);

  get busy(): boolean {
    return this.#busy;
  }

  get problem(): Refusal | null {
    return this.#problem;
  }

  /**
   * Does it, unless another is under way. A refusal becomes the problem, which the next deed clears; anything else is a
   * bug and is thrown. True when it was done.
   */
  async do(work: () => Promise<unknown>): Promise<boolean> {
    if (this.#busy) return false;
    this.#busy = true;
    this.#problem = null;
    try {
      await work();
      return true;
    } catch (caught) {
      if (!isRefusal(caught)) throw caught;
      this.#problem = caught;
      return false;
    } finally {
      this.#busy = false;
    }
  }

  /** The last problem is of something else than what is on screen now. */
  clear(): void {
    this.#problem = null;
  }

  /** A dialog that this screen opened could not do its part. */
  fail(problem: Refusal): void {
    this.#problem = problem;
  }
}
