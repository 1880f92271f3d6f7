import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../db/embedded-postgres';
import { migrate } from '../db/migrate';
import { createLogger } from '../platform/logger';
import { withDatabase, type Cluster } from './sim-database';
import type { Grounds } from './world';

/** A Postgres of the simulation's own, for as many runs as wanted. */
export interface OwnCluster extends Grounds {
  /** Between runs: a server that crashed is started afresh, so that its supervisor has all its attempts again. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The crashes are of the process, not of the machine: what is written reaches the kernel, so fsync changes nothing but time.
 * Commits are written before they are told (synchronous_commit), as in production.
 */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '200' };

/** Starts it in a temporary folder with a migrated template. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'undercroft-sim-'));
  const start = () =>
    startEmbeddedPostgres({
      dataDir,
      log: createLogger({ level: 'error', write: () => undefined }),
      settings: SETTINGS,
    });
  let postgres: EmbeddedPostgres = await start();
  const template = `sim_template_${randomBytes(4).toString('hex')}`;
  await makeTemplate(postgres, template);
  let hasCrashed = false;
  return {
    cluster: (): Cluster => ({ adminUrl: postgres.adminUrl, ownerUrl: postgres.url, template }),
    async crashPostgres() {
      hasCrashed = true;
      const [pid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      // An immediate shutdown: no farewell, no checkpoint; the next start recovers from the log.
      process.kill(Number(pid), 'SIGQUIT');
    },
    async refresh() {
      if (!hasCrashed) return;
      hasCrashed = false;
      await postgres.stop();
      postgres = await start();
    },
    async stop() {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function makeTemplate(postgres: EmbeddedPostgres, template: string): Promise<void> {
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  const owner = pg.escapeIdentifier(new URL(postgres.url).username);
  await admin.query(`create database ${template} owner ${owner}`);
  await admin.end();
  await migrate({ url: withDatabase(postgres.url, template) });
}
