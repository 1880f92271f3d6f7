import type { BenchSite } from './arbiter-site';

/** What the generator works on; sent to it once. */
export interface LoadSetup {
  readonly databaseUrl: string;
  readonly origin: string;
  readonly site: BenchSite;
}

/** One measurement. */
export interface LoadJob {
  /** `http`: pushes to the server; `direct`: calls of bench_reserve on connections of its own. */
  readonly by: 'http' | 'direct';
  /** Connections, each with one call under way at any moment. */
  readonly concurrency: number;
  /** Reservations a call. A direct call makes one. */
  readonly size: number;
  /** The site's first so many slots are reserved, in turn. */
  readonly slots: number;
  /** How many calls in a row want the same window: 1, or else all but one are told that it is taken. */
  readonly rivals: number;
  /** Milliseconds before measuring begins, and of measuring. */
  readonly warmUp: number;
  readonly measure: number;
}

export interface LoadResult {
  /** Intents with an outcome, a second. */
  readonly rate: number;
  /** Milliseconds of a call. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of processor time an intent: of the generator, and of all together (server, Postgres, generator). */
  readonly generator: number;
  readonly processor: number;
}
