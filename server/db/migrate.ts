import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findProjectRoot } from '../platform/project-root';

export interface MigrateOptions {
  url: string;
  /** The folder of `NNNN_name.sql`. Default: `migrations/` of the checkout. */
  directory?: string;
  /** Told of each migration as it begins. */
  onApply?: (name: string) => void;
}

export type MigrationErrorCode =
  'bad_file_name' | 'duplicate_number' | 'history_missing' | 'history_changed' | 'out_of_order' | 'failed';

export class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor(
    readonly code: MigrationErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

interface Migration {
  number: number;
  name: string;
  sql: string;
  sha256: string;
}

interface AppliedMigration {
  number: number;
  name: string;
  sha256: string;
}

/** Any constant will do, as long as nothing else in the database locks it: the bytes of "undrcrft". */
const ADVISORY_LOCK = '8461811192333231732';

const CREATE_HISTORY = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

/**
 * Brings the database to the newest migration: forward only, each file in a transaction of its own (so no
 * `CREATE INDEX CONCURRENTLY`), under an advisory lock, so that it may be run twice and by many processes at once.
 * Answers the file names that this call applied.
 * @throws MigrationError when the history is not a prefix of the files, or when a migration fails (that one is
 * rolled back, those before it stay)
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(options.directory ?? join(findProjectRoot(), 'migrations'));
  const client = new pg.Client({ connectionString: options.url, application_name: 'undercroft-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(CREATE_HISTORY);
    const { rows: applied } = await client.query<AppliedMigration>(
      'SELECT number, name, sha256 FROM schema_migrations ORDER BY number',
    );
    const pending = findPending(migrations, applied);
    for (const migration of pending) {
      options.onApply?.(migration.name);
      await apply(client, migration);
    }
    return pending.map((migration) => migration.name);
  } finally {
    // Ending the session gives the lock back, also when a statement left the session unusable.
    await client.end();
  }
}

/** Reads and numbers the files; other files than `*.sql` are ignored. */
async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(directory, name)));
  const seen = new Map<number, string>();
  for (const { number, name } of migrations) {
    const other = seen.get(number);
    if (other) throw new MigrationError('duplicate_number', `${other} and ${name} have the same number`);
    seen.set(number, name);
  }
  return migrations;
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
  if (!number) {
    throw new MigrationError('bad_file_name', `${name}: a migration is called NNNN_what_it_does.sql`);
  }
  // A checkout with CRLF line ends (git on Windows) is the same migration.
  const sql = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n');
  return { number: Number(number), name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}

/** What is still to be applied; the applied ones must be the first of the files, unchanged. */
function findPending(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const files = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const { number, name, sha256 } of applied) {
    const file = files.get(number);
    if (!file) {
      throw new MigrationError(
        'history_missing',
        `The database has migration ${name}, which this build does not have. Is the database newer than the program?`,
      );
    }
    if (file.sha256 !== sha256) {
      throw new MigrationError(
        'history_changed',
        `${file.name} was changed after it had been applied (as ${name}). Put it back, and write a new migration for the change.`,
      );
    }
  }
  const last = applied.at(-1)?.number ?? 0;
  const done = new Set(applied.map(({ number }) => number));
  const pending = migrations.filter(({ number }) => !done.has(number));
  const late = pending.find(({ number }) => number < last);
  if (late) {
    throw new MigrationError(
      'out_of_order',
      `${late.name} comes before the last applied one: give it a number above ${last}.`,
    );
  }
  return pending;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (number, name, sha256) VALUES ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError('failed', `${migration.name}: ${reason}`, { cause: error });
  }
}
