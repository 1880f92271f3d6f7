import type { InvariantId } from './invariants';

/** Something that must never be, by the invariant's id in docs/invariants.md. */
export interface Violation {
  readonly invariant: InvariantId;
  readonly detail: string;
}

/** Gathers violations and counts what was checked. */
export class Findings {
  readonly violations: Violation[] = [];
  checks = 0;

  /** Checks one thing. `detail` is only asked for when it does not hold. */
  check(invariant: InvariantId, holds: boolean, detail: () => string): void {
    this.checks++;
    if (!holds) this.violations.push({ invariant, detail: detail() });
  }

  get any(): boolean {
    return this.violations.length > 0;
  }
}
