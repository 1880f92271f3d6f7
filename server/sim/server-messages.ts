import type { DatabaseFault } from './faults';

/** What the driver tells the server's process. */
export interface ToServer {
  /** Milliseconds since 1970: the server's clock from here on. */
  readonly now: number;
  readonly databaseFaults: readonly DatabaseFault[];
  /** The process ends itself by SIGKILL right after this many further commits, before it answers; 0: not; null: as it was said before. */
  readonly killAfterCommits: number | null;
}

/** What the server's process tells the driver. */
export type FromServer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault'; readonly fault: DatabaseFault }
  /** A line that the server logged as an error. */
  | { readonly kind: 'error'; readonly line: string };
