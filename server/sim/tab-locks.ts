/** Web Locks among the tabs of one profile. A tab that dies gives back what it holds, as a browser does. */
export class TabLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` alone under this name; `died` resolves when the tab that asks is gone. */
  alone<T>(name: string, work: () => Promise<T>, died: Promise<void>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const run = before.then(work);
    const over = run.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(
      name,
      before.then(() => Promise.race([over, died])),
    );
    return run;
  }
}
