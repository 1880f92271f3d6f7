import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../platform/logger';
import { findProjectRoot } from '../platform/project-root';
import type { EmbeddedPostgres } from './embedded-postgres';
import { startEmbeddedPostgres } from './embedded-postgres';
import { IS_ROOT } from './embedded-postgres-installation';
import { isProcessAlive } from './embedded-postgres-lock';

const log = createLogger({ level: 'error' });
const silent = createLogger({ write: () => undefined });
const PATIENT = { timeout: 15_000, interval: 50 };
const OWNER = `
  import { startEmbeddedPostgres } from './server/db/embedded-postgres.ts';
  import { createLogger } from './server/platform/logger.ts';
  const { url } = await startEmbeddedPostgres({ dataDir: process.argv[1], log: createLogger({ level: 'error' }) });
  console.log(url);
  setInterval(() => {}, 1000);`;

/** A data folder that was started and stopped once. To make one takes initdb's second of processor time, to copy it little. */
let made: string;
let parent: string;
let dataDir: string;
let started: EmbeddedPostgres[];

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'undercroft-embedded-made-'));
  await startEmbeddedPostgres({ dataDir: made, log }).then((postgres) => postgres.stop());
});
afterAll(() => rm(made, { recursive: true }));
beforeEach(async () => {
  // For root, a folder that only root may enter: the user that Postgres then runs as cannot walk there.
  parent = await mkdtemp(join(IS_ROOT ? homedir() : tmpdir(), 'undercroft-embedded-'));
  await chmod(parent, 0o700);
  dataDir = join(parent, 'not made yet', 'data');
  started = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const postgres of started) await postgres.stop();
  await rm(parent, { recursive: true });
});

async function start(folder = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log, patience: 200 });
  started.push(postgres);
  return postgres;
}

/** For a test of something else than how a folder is made. */
async function layOutMade(): Promise<void> {
  await mkdir(dirname(dataDir), { mode: 0o700 });
  const [code] = (await once(spawn('cp', ['-a', made, dataDir]), 'exit')) as [number | null];
  expect(code).toBe(0);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** Another process that owns the folder, as a second `npm start` would be. */
async function startOwner(): Promise<{ owner: ChildProcess; url: string }> {
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', OWNER, dataDir], {
    cwd: findProjectRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, url: chunk.toString().trim() };
}

async function killHard(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function postmasterPid(folder = dataDir): Promise<number> {
  return Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

describe('startEmbeddedPostgres', () => {
  it('A8 makes a durable UTF-8 cluster on loopback, for the app a role without special rights', async () => {
    const postgres = await start();
    const show = async (name: string) => (await query(postgres.url, `SHOW ${name}`))[0];
    expect(await show('server_encoding')).toBe('UTF8');
    expect(await show('listen_addresses')).toBe('127.0.0.1');
    expect([await show('fsync'), await show('synchronous_commit'), await show('full_page_writes')]).toEqual([
      'on',
      'on',
      'on',
    ]);
    expect(await query(postgres.url, `SELECT lower('ÄÖÉ')`)).toEqual(['äöé']);
    expect(await query(postgres.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([
      false,
    ]);
    expect(await query(postgres.url, 'CREATE EXTENSION btree_gist')).toEqual([]);
  });

  it('asks for the password, and keeps it for its owner alone', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it('keeps what was committed over a clean stop, which ends the server', async () => {
    await layOutMade();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(postmasterPid()).rejects.toMatchObject({ code: 'ENOENT' });
    const second = await start();
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([42]);
  });

  it('hands the secrets of this process to no Postgres', async () => {
    await layOutMade();
    vi.stubEnv('SECRET_KEY', 'a-secret-of-the-app').stubEnv('DEMO_PASSWORD', 'another-secret');
    const { adminUrl } = await start();
    await query(adminUrl, 'CREATE TABLE environment (line text)');
    // The server's own variables come down to the programs that it runs.
    await query(adminUrl, `COPY environment FROM PROGRAM 'env' WITH (DELIMITER E'\\x01')`);
    const lines = (await query(adminUrl, 'SELECT line FROM environment')) as string[];
    expect(lines).toContain(`PATH=${process.env['PATH']}`);
    expect(lines.filter((line) => /SECRET_KEY|DEMO_PASSWORD|secret|npm_|VITEST/.test(line))).toEqual([]);
  });

  it('runs a server that ended by itself again, at the same port, with what was committed', async () => {
    await layOutMade();
    const { url, stop } = await start();
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS value');
    for (let time = 0; time < 2; time++) {
      const pid = await postmasterPid();
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(async () => expect(await query(url, 'SELECT value FROM kept')).toEqual([42]), PATIENT);
      expect(await postmasterPid()).not.toBe(pid);
    }
    const last = await postmasterPid();
    await stop();
    expect(isProcessAlive(last)).toBe(false);
    // Ended on purpose it stays so.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await expect(postmasterPid()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('runs an adopted server that ended by itself again', async () => {
    await layOutMade();
    const { owner, url } = await startOwner();
    await killHard(owner);
    await start();
    process.kill(await postmasterPid(), 'SIGKILL');
    await vi.waitFor(async () => expect(await query(url, 'SELECT 1')).toEqual([1]), PATIENT);
  });

  it('says so when a server that ended by itself does not start again, and leaves the folder free', async () => {
    await layOutMade();
    const onLost = vi.fn<(error: Error) => void>();
    const postgres = await startEmbeddedPostgres({ dataDir, log: silent, onLost });
    const configuration = join(dataDir, 'postgres', 'postgresql.conf');
    const good = await readFile(configuration, 'utf8');
    await writeFile(configuration, 'nonsense = 1');
    process.kill(await postmasterPid(), 'SIGKILL');
    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), PATIENT);
    expect(onLost.mock.calls[0]?.[0]).toMatchObject({
      code: 'lost',
      message: expect.stringContaining('nonsense'),
    });
    await postgres.stop();
    await writeFile(configuration, good);
    await start();
  });

  it('refuses a second owner of the folder with a message that names the first, who goes on', async () => {
    await layOutMade();
    const { owner, url } = await startOwner();
    await expect(start()).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining(`process ${owner.pid}`),
    });
    expect(await query(url, 'SELECT 1')).toEqual([1]);
    await killHard(owner);
    await start();
  });

  it('adopts the server of a killed owner, with what was committed, and can stop it', async () => {
    await layOutMade();
    const { owner, url } = await startOwner();
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS value');
    const pid = await postmasterPid();
    await killHard(owner);
    const postgres = await start();
    expect(postgres.url).toBe(url);
    expect(await postmasterPid()).toBe(pid);
    expect(await query(postgres.url, 'SELECT value FROM kept')).toEqual([42]);
    await postgres.stop();
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('recovers when owner and server were both killed', async () => {
    await layOutMade();
    const { owner, url } = await startOwner();
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS value');
    const pid = await postmasterPid();
    await killHard(owner);
    process.kill(pid, 'SIGKILL');
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT value FROM kept')).toEqual([42]);
  });

  it('starts although the process id in a stale postmaster.pid belongs to somebody else by now', async () => {
    await layOutMade();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    const left = await readFile(file, 'utf8');
    await first.stop();
    const stranger = spawn('sleep', ['60']);
    await writeFile(file, left.replace(/^\d+/, String(stranger.pid)));
    const second = await start();
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([42]);
    await killHard(stranger);
  });

  it('does not adopt the server of the folder that this one was copied from', async () => {
    await layOutMade();
    const original = await start();
    const copy = join(parent, 'copy');
    await cp(dataDir, copy, { recursive: true, filter: (path) => !path.endsWith('undercroft.lock') });
    // As root, cp makes root the owner of the copy, and so a cluster that no user may run.
    if (IS_ROOT) await chownLike(join(dataDir, 'postgres'), join(copy, 'postgres'));
    const second = await start(copy);
    expect(second.url).not.toBe(original.url);
    expect(await postmasterPid(copy)).not.toBe(await postmasterPid());
  });

  it('begins anew when the making of the cluster was cut off', async () => {
    await layOutMade();
    await rename(join(dataDir, 'postgres'), join(dataDir, 'postgres.new'));
    expect(await query((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it.each([
    ['wrong_version', () => writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '9\n')],
    ['password_missing', () => rm(join(dataDir, 'postgres-password'))],
    ['start_failed', () => writeFile(join(dataDir, 'postgres-password'), 'another')],
    ['start_failed', () => writeFile(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense = 1')],
  ])('says %s when the folder is spoilt, and leaves the folder free', async (code, spoil) => {
    await layOutMade();
    await spoil();
    await expect(start()).rejects.toMatchObject({ code });
    await expect(start()).rejects.toMatchObject({ code });
  });
});

async function chownLike(model: string, folder: string): Promise<void> {
  const { uid, gid } = await stat(model);
  const chown = spawn('chown', ['-R', `${uid}:${gid}`, folder]);
  await once(chown, 'exit');
}
