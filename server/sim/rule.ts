import type { InvariantId } from './invariants';

/** A statement that finds what must not be; each of its rows is a violation. `$1` is the present moment. */
export interface Rule {
  readonly invariant: InvariantId;
  readonly what: string;
  readonly find: string;
}
