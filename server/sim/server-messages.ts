import type { DatabaseFault } from './faults';

/** What the payment provider is told of a purchase; `amount` in minor units of `currency`, in lower case as Stripe has it. */
export interface Purchase {
  readonly siteId: string;
  readonly topupId: string;
  readonly amount: number;
  readonly currency: string;
}

/** What the driver tells the server's process. */
export interface ToServer {
  /** Milliseconds since 1970: the server's clock from here on. */
  readonly now: number;
  readonly databaseFaults: readonly DatabaseFault[];
  /** The process ends itself by SIGKILL right after this many further commits, before it answers; 0: not; null: as it was said before. */
  readonly killAfterCommits: number | null;
  /** The same after so many statements while a job is at work. */
  readonly killAfterJobStatements: number | null;
  /** Answered by `idle` with this number once the jobs that are due have run; `isEverything`: all of them. */
  readonly tick: { readonly number: number; readonly isEverything: boolean } | null;
}

/** What the server's process tells the driver. */
export type FromServer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'idle'; readonly tick: number }
  /** What it asks the payment provider: for a page to pay on, and to give a payment back. */
  | { readonly kind: 'checkout'; readonly purchase: Purchase }
  | { readonly kind: 'refund'; readonly topupId: string }
  | { readonly kind: 'fault'; readonly fault: DatabaseFault }
  /** A line that the server logged as an error. */
  | { readonly kind: 'error'; readonly line: string };
