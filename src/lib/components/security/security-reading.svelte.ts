import { readSecurityLog, type SecurityFilter, type SecurityLine } from '$lib/auth/devices';
import type { AuthFailure } from '$lib/auth/auth-failure';
import { eventGroups, type EventGroup } from './event-words';

export interface ReadingChoice {
  readonly group: EventGroup | '';
  /** A member's user id; empty for everybody. */
  readonly userId: string;
  /** Days back; 0 for all that is kept. */
  readonly days: number;
}

const DAY = 86_400_000;

/** What of the log a screen shows: pages by the choice, appended as one asks for older lines. */
export class SecurityReading {
  #lines = $state.raw<readonly SecurityLine[]>([]);
  #more = $state(false);
  #busy = $state(false);
  #failure = $state.raw<AuthFailure | null>(null);
  /** The answer to an earlier choice is not shown under a later one. */
  #turn = 0;

  get lines(): readonly SecurityLine[] {
    return this.#lines;
  }
  get more(): boolean {
    return this.#more;
  }
  get busy(): boolean {
    return this.#busy;
  }
  get failure(): AuthFailure | null {
    return this.#failure;
  }

  /** Reads the first page of a choice; `now` in ms since 1970. */
  begin(choice: ReadingChoice, now: number): Promise<void> {
    return this.#read(filterOf(choice, now), []);
  }

  /** Reads what is older than the last line. */
  older(choice: ReadingChoice, now: number): Promise<void> {
    const last = this.#lines.at(-1);
    if (!last) return this.begin(choice, now);
    const before = { at: last.at, id: last.id };
    return this.#read({ ...filterOf(choice, now), before }, this.#lines);
  }

  async #read(filter: SecurityFilter, known: readonly SecurityLine[]): Promise<void> {
    const turn = ++this.#turn;
    this.#busy = true;
    this.#failure = null;
    const result = await readSecurityLog(filter);
    if (turn !== this.#turn) return;
    this.#busy = false;
    if (!result.ok) {
      this.#failure = result.failure;
      return;
    }
    this.#lines = [...known, ...result.value.events];
    this.#more = result.value.more;
  }
}

function filterOf({ group, userId, days }: ReadingChoice, now: number): SecurityFilter {
  return {
    ...(group !== '' && { kinds: [...eventGroups[group]] }),
    ...(userId !== '' && { userId }),
    ...(days > 0 && { from: Math.round(now - days * DAY) }),
  };
}
