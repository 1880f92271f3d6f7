import type { StorageProblem } from '$lib/client-db/connection-lost';
import type { Platform } from './platform';
import { isRefusal, refusalOfStorage } from './refusal';
import type { StorageView } from './views';

/** X4: whether this device keeps what it is given. */
export class StorageState implements StorageView {
  readonly #platform: Pick<Platform, 'askToPersist' | 'isPersisted'>;
  #persisted = $state<boolean | null>(null);
  #quotaProblem = $state(false);
  /** Of sync passes, beside that of what a person does: a small wish may find room where a pull does not. */
  #syncProblem = $state<StorageProblem | null>(null);
  #failure = $state<StorageProblem | null>(null);

  constructor(platform: Pick<Platform, 'askToPersist' | 'isPersisted'>) {
    this.#platform = platform;
  }

  get persisted(): boolean | null {
    return this.#persisted;
  }

  get quotaProblem(): boolean {
    return this.#quotaProblem || this.#syncProblem === 'storage_full';
  }

  get failure(): StorageProblem | null {
    return this.#failure;
  }

  /** Does what stores something for a person: notes whether the device was full. Rejects with a RefusalError then. */
  async keeping<T>(work: () => Promise<T>): Promise<T> {
    try {
      const kept = await work();
      this.#quotaProblem = false;
      return kept;
    } catch (caught) {
      const error = refusalOfStorage(caught);
      if (isRefusal(error) && error.code === 'storage_full') this.#quotaProblem = true;
      throw error;
    }
  }

  /** What kept a sync pass from storing something; null once one has. */
  noteSync(problem: StorageProblem | null): void {
    this.#syncProblem = problem;
  }

  /** Why the database could not be opened; null once it could. */
  noteOpening(problem: StorageProblem | null): void {
    this.#failure = problem;
  }

  async lookWhetherPersisted(): Promise<void> {
    this.#persisted = await this.#platform.isPersisted();
  }

  /** The browser may ask the person, and take as long. */
  async askToPersist(): Promise<void> {
    this.#persisted = await this.#platform.askToPersist();
  }
}
