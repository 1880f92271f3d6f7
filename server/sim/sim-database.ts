import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPool } from '../db/pool';
import { isRetryable } from '../db/transaction';
import { hasCode } from '../platform/error-code';

/** One run's database on a server that the run shares with others. */
export interface SimDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Makes the backup that `restore` goes back to. Nobody else may be connected who would not come back. */
  backUp(): Promise<void>;
  /** Goes back to the backup, as an operator does: under a new epoch. */
  restore(): Promise<void>;
  readonly hasBackup: boolean;
  close(): Promise<void>;
}

export interface Cluster {
  /** The database `postgres` as one who may make databases. */
  readonly adminUrl: string;
  /** Any database, as the role that owns what the runs make. */
  readonly ownerUrl: string;
  /** A migrated database that nobody is connected to. */
  readonly template: string;
}

/** A database of one's own, cloned from the template. */
export async function createSimDatabase(cluster: Cluster): Promise<SimDatabase> {
  const name = `sim_${randomBytes(6).toString('hex')}`;
  const backup = `${name}_backup`;
  const url = withDatabase(cluster.ownerUrl, name);
  const owner = pg.escapeIdentifier(new URL(cluster.ownerUrl).username);
  const clone = async (admin: pg.Client, to: string, from: string): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      try {
        await admin.query(`create database ${to} template ${from} owner ${owner}`);
        return;
      } catch (error) {
        // object_in_use: a connection that was cut off takes a moment to go.
        if (attempt >= 100 || !hasCode(error, '55006')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  };
  await asAdmin(cluster, (admin) => clone(admin, name, cluster.template));
  const pool = createPool({ url, max: 6, applicationName: 'undercroft-sim' });
  pool.on('connect', (client) => client.on('error', () => undefined));
  let hasBackup = false;
  return {
    url,
    pool,
    async backUp() {
      await asAdmin(cluster, async (admin) => {
        await admin.query(`drop database if exists ${backup}`);
        await cutOff(admin, name);
        await clone(admin, backup, name);
      });
      hasBackup = true;
    },
    async restore() {
      await asAdmin(cluster, async (admin) => {
        await admin.query(`drop database ${name} with (force)`);
        await clone(admin, name, backup);
      });
      await persist(() => pool.query('update epoch set epoch = gen_random_uuid()'));
    },
    get hasBackup() {
      return hasBackup;
    },
    async close() {
      await pool.end();
      await asAdmin(cluster, async (admin) => {
        await admin.query(`drop database if exists ${name} with (force)`);
        await admin.query(`drop database if exists ${backup} with (force)`);
      });
    },
  };
}

/** Runs it again until the database is there: for what the simulation itself must know, not what it tests. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 300 || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The same server and role, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function cutOff(admin: pg.Client, name: string): Promise<void> {
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [name],
  );
}

function asAdmin<T>(cluster: Cluster, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  return persist(async () => {
    const admin = new pg.Client({ connectionString: cluster.adminUrl });
    admin.on('error', () => undefined);
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.end().catch(() => undefined);
    }
  });
}
