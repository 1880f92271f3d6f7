import type { SyncApi } from '$lib/api/sync-api';
import type { DeviceDatabase } from '$lib/client-db/database';
import type { Tabs } from './shared-pokes';

/** All that one sync pass needs; nothing in sync/ reaches for a global, so that the simulation can run the same code. */
export interface PassDependencies {
  readonly db: DeviceDatabase;
  readonly api: SyncApi;
  readonly clock: { now(): number };
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** The build's name, for the server's log. */
  readonly build: string;
  /** The member whose database this is. */
  readonly memberId: string;
  /** Whether this install is still signed in as that member: another tab may have changed it. */
  readonly isCurrent: () => boolean;
  /** Milliseconds between two comparisons of the copy with the server's. Default: 6 hours. */
  readonly digestEvery?: number;
}

/** What is between two passes: time, chance and other tabs. */
export interface EngineDependencies extends PassDependencies {
  /** Runs `work` alone among the tabs where the browser can do that, at once where it cannot. */
  readonly locks: { alone<T>(name: string, work: () => Promise<T>): Promise<T> };
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Runs `work` once after `milliseconds`, unless the returned function is called before. */
  readonly after: (milliseconds: number, work: () => void) => () => void;
  /** The other tabs, to share one stream of pokes with; without it each tab has its own. */
  readonly tabs?: Tabs | null;
}
