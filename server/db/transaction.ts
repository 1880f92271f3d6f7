import type { Pool, PoolClient } from 'pg';
import { codeOf, hasCode } from '../platform/error-code';

export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

export interface TransactionOptions {
  /** Default: read committed. */
  isolation?: IsolationLevel;
  readOnly?: boolean;
  /** How often the whole of `fn` is run again after a failure that `isRetryable`. Default: 5. */
  retries?: number;
  /**
   * Says that running `fn` again after it has in fact been committed changes nothing (as for intents, whose stored
   * outcome is found). Without it, a connection lost during COMMIT is a `CommitUnknownError` rather than a retry. Default:
   * whether it is read-only.
   */
  idempotent?: boolean;
  /** A number in [0, 1) for the jitter. */
  random?: () => number;
  sleep?: (milliseconds: number) => Promise<void>;
}

/** The connection broke while COMMIT was under way: the transaction may or may not have happened. */
export class CommitUnknownError extends Error {
  readonly code = 'commit_unknown';
  override readonly name = 'CommitUnknownError';

  constructor(cause: unknown) {
    super('The connection broke during COMMIT; whether it happened is not known', { cause });
  }
}

/** `fn` swallowed the failure of a statement: Postgres had aborted the transaction, and COMMIT rolled it back. */
export class TransactionAbortedError extends Error {
  readonly code = 'transaction_aborted';
  override readonly name = 'TransactionAbortedError';

  constructor() {
    super('COMMIT rolled back, because an earlier statement had failed and its error was not passed on');
  }
}

/** serialization_failure, deadlock_detected, lock_not_available, query_canceled. */
const RETRYABLE_STATES = new Set(['40001', '40P01', '55P03', '57014']);
/** connection_exception; insufficient_resources. */
const RETRYABLE_CLASSES = ['08', '53'];
/** admin_shutdown, crash_shutdown, cannot_connect_now: how a connection ends when Postgres itself goes down or comes up. */
const SHUTDOWN_STATES = new Set(['57P01', '57P02', '57P03']);
/** read_only_sql_transaction: after a failover, a connection to the server that was the primary. */
const READ_ONLY_STATE = '25006';
const NETWORK_CODES = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  // A name that moves with a failover or a restarted container is not known for a moment.
  ...['EAI_AGAIN', 'ENOTFOUND'],
]);
/** pg gives these no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

const BACKOFF_BASE = 10;
const BACKOFF_CAP = 500;
const DEFAULT_RETRIES = 5;

/** Whether the connection itself is gone, as opposed to a statement having failed on it. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code === undefined) return CONNECTION_MESSAGES.test(error.message);
  return (code.length === 5 && code.startsWith('08')) || SHUTDOWN_STATES.has(code) || NETWORK_CODES.has(code);
}

/**
 * Whether the same transaction may succeed when it is run again from its start: 40001, 40P01, 55P03, 57014, 25006,
 * classes 08 and 53, and every other way in which a connection breaks. Never the outcome of an intent.
 */
export function isRetryable(error: unknown): boolean {
  if (isConnectionFailure(error)) return true;
  const code = codeOf(error);
  if (code?.length !== 5) return false;
  return (
    code === READ_ONLY_STATE || RETRYABLE_STATES.has(code) || RETRYABLE_CLASSES.includes(code.slice(0, 2))
  );
}

/**
 * Runs `fn` in one transaction on one connection, commits, and answers what it answered. On a failure that
 * `isRetryable` all of `fn` runs again, up to `retries` times, after a wait of random length up to 10 ms · 2^attempt
 * (500 ms at most). `fn` must therefore do nothing but database work. A connection that is broken, or leads to a server
 * that has become read-only, is destroyed, not given back.
 * @throws what `fn` or the last attempt threw; CommitUnknownError; TransactionAbortedError
 */
export async function inTransaction<T>(
  pool: Pick<Pool, 'connect'>,
  fn: (client: PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const retries = options.retries ?? DEFAULT_RETRIES;
  const random = options.random ?? Math.random;
  const sleep = options.sleep ?? wait;
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(pool, fn, options);
    } catch (error) {
      if (attempt >= retries || !isRetryable(error)) throw error;
      await sleep(random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt));
    }
  }
}

async function attemptOnce<T>(
  pool: Pick<Pool, 'connect'>,
  fn: (client: PoolClient) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const client = await pool.connect();
  let isBroken = false;
  // A checked-out client that loses its connection between two statements emits this; unheard it would end the process.
  const onError = () => {
    isBroken = true;
  };
  client.on('error', onError);
  try {
    await client.query(beginStatement(options));
    const result = await fn(client);
    await commit(client, options.idempotent ?? options.readOnly ?? false);
    return result;
  } catch (error) {
    isBroken ||= isOfNoMoreUse(error) || !(await rollBack(client));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(isBroken);
  }
}

/** Whether a connection on which this happened is to be left: broken, or (perhaps) to a server that takes no writes. */
function isOfNoMoreUse(error: unknown): boolean {
  const isReadOnly = hasCode(error, READ_ONLY_STATE);
  return isReadOnly || error instanceof CommitUnknownError || isConnectionFailure(error);
}

function beginStatement(options: TransactionOptions): string {
  return `BEGIN ISOLATION LEVEL ${options.isolation ?? 'read committed'} ${options.readOnly ? 'READ ONLY' : 'READ WRITE'}`;
}

async function commit(client: PoolClient, idempotent: boolean): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw isConnectionFailure(error) && !idempotent ? new CommitUnknownError(error) : error;
  });
  if (command !== 'COMMIT') throw new TransactionAbortedError();
}

async function rollBack(client: PoolClient): Promise<boolean> {
  return await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
