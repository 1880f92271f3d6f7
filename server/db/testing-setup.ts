import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { createLogger } from '../platform/logger';
import { startEmbeddedPostgres } from './embedded-postgres';
import { findLivingOwner } from './embedded-postgres-lock';
import { migrateJobs } from '../jobs/graphile-worker';
import { migrate } from './migrate';
import type { TestPostgres } from './testing';
import { asAdmin, withDatabase } from './testing';

const FOLDER_PREFIX = 'undercroft-test-postgres-';
/** Nothing of a test needs to survive a power cut. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

/**
 * vitest runs this once before the first `.pg.test.ts`, and not at all when none is run: one Postgres for the run
 * (TEST_DATABASE_URL, or else an embedded one in a temporary folder), one template database with all migrations.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given ? await useGiven(given) : await startOwn();
  const template = `test_template_${randomBytes(4).toString('hex')}`;
  try {
    await asAdmin(server.adminUrl, (admin) =>
      admin.query(
        `CREATE DATABASE ${template} TEMPLATE template0 OWNER ${pg.escapeIdentifier(server.owner.name)}`,
      ),
    );
    await migrate({ url: withDatabase(server.owner.url, template) });
    await migrateJobs(withDatabase(server.owner.url, template), createLogger({ level: 'error' }));
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('testPostgres', { adminUrl: server.adminUrl, owner: server.owner, template });
  return async () => {
    await asAdmin(server.adminUrl, (admin) => admin.query(`DROP DATABASE ${template} WITH (FORCE)`));
    await server.stop();
  };
}

type TestServer = Omit<TestPostgres, 'template'> & { stop: () => Promise<void> };

async function useGiven(url: string): Promise<TestServer> {
  const name = await asAdmin(url, async (admin) => {
    const { rows } = await admin.query<{ name: string }>('SELECT current_user AS name');
    return rows[0]?.name ?? '';
  });
  return { adminUrl: url, owner: { url, name }, stop: () => Promise.resolve() };
}

async function startOwn(): Promise<TestServer> {
  await removeLeftBehind();
  const dataDir = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: createLogger({ level: 'error' }),
    settings: SETTINGS,
  });
  return {
    adminUrl: postgres.adminUrl,
    owner: { url: postgres.url, name: new URL(postgres.url).username },
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A run that was killed leaves a server running and a folder behind; the next run ends it. */
async function removeLeftBehind(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const dataDir of names.map((name) => join(tmpdir(), name))) {
    const entries = await readdir(dataDir).catch((): string[] => []);
    // Without a cluster it may be a run that is starting at this moment.
    if (!entries.includes('postgres') || (await findLivingOwner(dataDir)) !== undefined) continue;
    const log = createLogger({ level: 'error' });
    const stopped = await startEmbeddedPostgres({ dataDir, log, patience: 0 }).then(
      (left) => left.stop().then(() => true),
      () => false,
    );
    if (stopped) await rm(dataDir, { recursive: true, force: true });
  }
}
