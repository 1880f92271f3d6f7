import type { Writable } from 'node:stream';
import type { CustomTypesConfig } from 'pg';
import pg from 'pg';

const OID = { int8: 20, int8Array: 1016, date: 1082 } as const;

export interface PoolOptions {
  url: string;
  /** Connections at most. The embedded Postgres takes about 100 for all its clients together. */
  max?: number;
  /** Milliseconds to wait for a free connection before giving up. */
  connectionTimeout?: number;
  /** Milliseconds after which Postgres cancels a statement (57014, which `inTransaction` retries). 0: never. */
  statementTimeout?: number;
  applicationName?: string;
  /** Told of connections that break while nobody uses them; the pool has replaced them already. */
  onIdleError?: (error: Error) => void;
}

/**
 * A pool whose rows read as the domain wants them:
 * - int8 (and its array): a number; a value beyond 2^53 fails the query with a RangeError rather than being rounded;
 * - timestamptz: a Date, pg's default (`infinity` is the number Infinity); on the wire use `getTime()`;
 * - numeric, xid8, ranges and multiranges: text, pg's default.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    Client: CorkedClient,
    connectionString: options.url,
    max: options.max ?? 20,
    connectionTimeoutMillis: options.connectionTimeout ?? 10_000,
    idleTimeoutMillis: 60_000,
    application_name: options.applicationName ?? 'undercroft',
    statement_timeout: options.statementTimeout ?? 0,
    keepAlive: true,
    // Queries sent together travel together: the arbiter loads and writes a batch's tables in one round trip.
    pipeline: true,
    types: rowTypes,
  });
  // Without a listener a connection that Postgres closes while it is idle would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/**
 * pg writes each pipelined query by itself, and writes to sockets were 13 % of the main thread's time (`npm run bench -- arbiter`).
 * Here the queries of one turn of the event loop leave in one: the 16 statements of the arbiter's batch in 7 writes.
 */
class CorkedClient extends pg.Client {
  // The overloads of `query` cannot be written out again; it is handed through as it is.
  override query: pg.Client['query'] = (...request: unknown[]) => {
    // pg's own property, which its types leave out.
    const { stream } = (this as unknown as { connection: { stream: Writable } }).connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    return (super.query as (...all: unknown[]) => never)(...request);
  };
}

/** The parsers described at `createPool`, for a `pg.Client` of one's own. */
export const rowTypes: CustomTypesConfig = {
  // pg's declared type asks for a function generic in its format; the parsers here are for text, which pg always asks for.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === OID.int8) return parseInt8;
    if (format !== 'binary' && oid === OID.int8Array) return parseInt8Array;
    // As it is written, YYYY-MM-DD: a local day is no moment.
    if (format !== 'binary' && oid === OID.date) return (text: string) => text;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as CustomTypesConfig['getTypeParser'],
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a number`);
  return value;
}

type Nested<T> = T | null | Nested<T>[];

function parseInt8Array(text: string): Nested<number> {
  // pg's own parser, which leaves the elements as text; its declared type lists no array types.
  const parseArray = pg.types.getTypeParser(OID.int8Array as number, 'text') as (
    text: string,
  ) => Nested<string>;
  const toNumbers = (item: Nested<string>): Nested<number> =>
    Array.isArray(item) ? item.map(toNumbers) : item === null ? null : parseInt8(item);
  return toNumbers(parseArray(text));
}
