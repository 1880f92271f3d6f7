import pg from 'pg';
import { DATABASE_RATES, type DatabaseFault } from './faults';
import type { Random } from './random';

export interface DatabaseFaultOptions {
  readonly random: Random;
  /** The kinds that happen now; asked at each statement. */
  readonly enabled: () => ReadonlySet<DatabaseFault>;
  readonly onFault: (fault: DatabaseFault) => void;
  /** Told after each COMMIT that went through, before anybody else hears of it. */
  readonly onCommit: () => void;
  /** Told of each statement of this process before it is sent. */
  readonly onStatement: () => void;
}

const STATES = { serialization: '40001', deadlock: '40P01' } as const;

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/**
 * Makes chosen statements of this process fail, for good: with a real error of Postgres that aborts the transaction (so that
 * statements sent behind it fail as they would), or, at COMMIT, by losing the connection once it has gone through. Only
 * statements that a transaction awaits by promise are touched; pg-pool's own calls go by callback.
 */
export function injectDatabaseFaults(options: DatabaseFaultOptions): void {
  const { random, enabled } = options;
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  const fail = (client: pg.Client, kind: keyof typeof STATES) => {
    options.onFault(kind);
    const raise = `do $$ begin raise exception 'injected' using errcode = '${STATES[kind]}'; end $$`;
    return original.call(client, raise);
  };
  const strikes = (kind: DatabaseFault) => enabled().has(kind) && random.chance(DATABASE_RATES[kind]);

  prototype.query = function (...args) {
    options.onStatement();
    const text = textOf(args[0]);
    const isAwaited = args.every((arg) => typeof arg !== 'function');
    if (!isAwaited || text === null || /^(BEGIN|ROLLBACK|LISTEN)/i.test(text)) {
      return original.apply(this, args);
    }
    if (strikes('serialization')) return fail(this, 'serialization');
    if (strikes('deadlock')) return fail(this, 'deadlock');
    if (strikes('slow')) {
      options.onFault('slow');
      // Its answer stands before the statement's own, so that locks are held for longer and transactions overlap.
      void (original.call(this, 'select pg_sleep(0.02)') as Promise<unknown>).catch(() => undefined);
    }
    if (text !== 'COMMIT') return original.apply(this, args);
    return (original.apply(this, args) as Promise<unknown>).then((result) => {
      options.onCommit();
      if (!strikes('commit-unknown')) return result;
      options.onFault('commit-unknown');
      (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    });
  };
}

function textOf(query: unknown): string | null {
  if (typeof query === 'string') return query;
  const text = (query as { text?: unknown } | null)?.text;
  return typeof text === 'string' ? text : null;
}
