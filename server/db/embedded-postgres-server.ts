import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, readlink, realpath, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type pg from 'pg';
import { join } from 'node:path';
import { hasCode } from '../platform/error-code';
import type { Logger } from '../platform/logger';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import type { Installation } from './embedded-postgres-installation';
import { environmentForPostgres, nameForServer } from './embedded-postgres-installation';
import { birthMarkOf, isProcessAlive } from './embedded-postgres-lock';

/** A Postgres that has accepted connections. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it has ended, on purpose or not, with what is known of how. */
  readonly ended: Promise<object>;
  stop(): Promise<void>;
}

export interface ServerContext {
  folder: string;
  installation: Installation;
  log: Logger;
  settings: Readonly<Record<string, string>>;
  /** Opens a superuser connection to what listens on this port. */
  connect: (port: number) => Promise<pg.Client>;
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A7: the detail of a failed statement quotes the row, with names and e-mails.
  log_error_verbosity: 'terse',
};
const POLL_INTERVAL = 25;
const STOP_PATIENCE = 10_000;
const WATCH_INTERVAL = 500;
const ADOPTION_PATIENCE = 30_000;
const LAUNCH_ATTEMPTS = 5;
const LOG_SIZE_LIMIT = 10 * 1024 * 1024;
/** Failures that pass: a port that was taken in between, children of a killed server that have not ended yet. */
const PASSING_FAILURE =
  /could not bind|could not create any TCP|pre-existing shared memory|lock file .* already exists/;

/**
 * The server that already runs on the folder, if there is one that answers and proves to be it (`isOurs`).
 * Otherwise `foreignPid` is the process that the stale postmaster.pid now wrongly points at, if any.
 * @throws EmbeddedPostgresError `start_failed` when a server of this folder runs but does not answer
 */
export async function adoptServer(
  context: ServerContext,
  isOurs: (client: pg.Client) => Promise<boolean>,
): Promise<Postmaster | { foreignPid: number | undefined }> {
  const deadline = Date.now() + ADOPTION_PATIENCE;
  for (;;) {
    const left = await readPostmasterFile(context.folder);
    if (!left || !isProcessAlive(left.pid)) return { foreignPid: undefined };
    if (await answersAsOurs(context, left.port, isOurs)) {
      context.log.info('adopted the Postgres that an earlier Undercroft left running', { pid: left.pid });
      const ended = watchForeignProcess(left.pid);
      return { ...left, ended, stop: () => stopProcess(context, left.pid, undefined) };
    }
    if (!(await livesIn(left.pid, context.folder))) return { foreignPid: left.pid };
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        'start_failed',
        `A Postgres (process ${left.pid}) runs on ${context.folder} but does not let Undercroft in. Stop it and start again.`,
      );
    }
    await wait(POLL_INTERVAL);
  }
}

async function answersAsOurs(
  context: ServerContext,
  port: number,
  isOurs: (client: pg.Client) => Promise<boolean>,
): Promise<boolean> {
  try {
    const client = await context.connect(port);
    try {
      return await isOurs(client);
    } finally {
      await client.end();
    }
  } catch {
    // Not up yet, no Postgres, or another one: the caller finds out by looking at the process.
    return false;
  }
}

export interface LaunchOptions {
  /** A living process that is none of ours, though postmaster.pid names it: its id was used again. */
  foreignPid: number | undefined;
  /** Default: a free one, another at each attempt. */
  port?: number;
}

/**
 * Starts a server on the folder and answers when it accepts connections.
 * @throws EmbeddedPostgresError `start_failed` with the end of the server's log
 */
export async function launchServer(
  context: ServerContext & { logFile: string },
  { foreignPid, port: fixedPort }: LaunchOptions,
): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await findFreePort());
    const logStart = await sizeOf(context.logFile);
    const child = await spawnServer(context, port, foreignPid);
    if (await becomesReady(context, child, port)) return describeChild(context, child, port);
    const log = await readFrom(context.logFile, logStart);
    if (attempt === LAUNCH_ATTEMPTS || !PASSING_FAILURE.test(log)) {
      throw new EmbeddedPostgresError(
        'start_failed',
        `Postgres did not start. Its log (${context.logFile}) says:\n${log}`,
      );
    }
    await wait(200 * attempt);
  }
}

async function spawnServer(
  context: ServerContext & { logFile: string },
  port: number,
  foreignPid: number | undefined,
): Promise<ChildProcess> {
  const { folder, installation } = context;
  if ((await sizeOf(context.logFile)) > LOG_SIZE_LIMIT) await rename(context.logFile, `${context.logFile}.1`);
  const log = await open(context.logFile, 'a', 0o600);
  const settings = Object.entries({ ...SETTINGS, ...context.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  try {
    const child = spawn(
      installation.postgres,
      ['-D', nameForServer(folder, installation.runAs), '-p', String(port), ...settings],
      {
        cwd: folder,
        stdio: ['ignore', log.fd, log.fd],
        // Its own process group: Ctrl-C in a terminal must reach it only after the app has finished with it.
        detached: true,
        // Postgres trusts postmaster.pid while any process has that id, but for its parents'; this variable is its own
        // way (used by pg_ctl) to name one. Deleting the file instead would also switch off its check for orphaned children.
        env: {
          ...environmentForPostgres(),
          ...(foreignPid === undefined ? {} : { PG_GRANDPARENT_PID: String(foreignPid) }),
        },
        ...installation.runAs,
      },
    );
    child.unref();
    // A failed spawn also shows as a child without a pid; unheard, this event would end the process.
    child.on('error', (error) => context.log.error('Postgres could not be run', { error }));
    return child;
  } finally {
    await log.close();
  }
}

/** Resolves to whether it accepts connections, or false when it has ended instead. Recovery after a crash may take long. */
async function becomesReady(context: ServerContext, child: ChildProcess, port: number): Promise<boolean> {
  while (child.pid !== undefined && !hasEnded(child)) {
    try {
      const client = await context.connect(port);
      await client.end();
      return true;
    } catch (error) {
      if (hasCode(error, '28P01')) {
        await stopProcess(context, child.pid, child);
        throw new EmbeddedPostgresError(
          'start_failed',
          `The password kept beside ${context.folder} is not the one that it was made with. Put the right one back from a backup.`,
        );
      }
    }
    await wait(POLL_INTERVAL);
  }
  return false;
}

function describeChild(context: ServerContext, child: ChildProcess, port: number): Postmaster {
  const { pid } = child;
  if (pid === undefined) throw new EmbeddedPostgresError('start_failed', 'Postgres has no process id');
  const ended = new Promise<object>((resolve) => {
    if (hasEnded(child)) resolve({});
    else child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { pid, port, ended, stop: () => stopProcess(context, pid, child) };
}

/** Resolves when a process has ended that is no child of this one, so that nobody tells. */
function watchForeignProcess(pid: number): Promise<object> {
  const birthMark = birthMarkOf(pid);
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isProcessAlive(pid) && birthMarkOf(pid) === birthMark) return;
      clearInterval(timer);
      resolve({});
    }, WATCH_INTERVAL).unref();
  });
}

/** A fast shutdown (open transactions are rolled back, a checkpoint is written); an immediate one if that takes too long. */
async function stopProcess(
  context: ServerContext,
  pid: number,
  child: ChildProcess | undefined,
): Promise<void> {
  const hasStopped = async (): Promise<boolean> =>
    child ? hasEnded(child) : !isProcessAlive(pid) || (await readPostmasterFile(context.folder))?.pid !== pid;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (await hasStopped()) return;
    sendStop(context, pid, signal);
    const deadline = Date.now() + STOP_PATIENCE;
    while (Date.now() < deadline) {
      if (await hasStopped()) return;
      await wait(POLL_INTERVAL);
    }
  }
  context.log.error('Postgres does not end', { pid });
}

function sendStop(context: ServerContext, pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  if (process.platform === 'win32') {
    // Windows has no signals; process.kill would end it as kill -9 does.
    const mode = signal === 'SIGINT' ? 'fast' : 'immediate';
    spawnSync(context.installation.pgCtl, ['stop', '-D', context.folder, '-m', mode], {
      env: environmentForPostgres(),
    });
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** postmaster.pid: process id, data folder, start time, port, …, one a line. */
async function readPostmasterFile(folder: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  });
  const [pid, , , port] = text.split('\n');
  return pid ? { pid: Number(pid), port: Number(port) } : undefined;
}

/** Whether that process is a Postgres at home in this folder; where there is no /proc, whether it is a Postgres at all. */
async function livesIn(pid: number, folder: string): Promise<boolean> {
  try {
    if (process.platform === 'linux')
      return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder));
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(
      'postgres',
    );
  } catch {
    return false;
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('The probe has no port');
  return address.port;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function readFrom(path: string, start: number): Promise<string> {
  return (await readFile(path)).subarray(start).toString('utf8').slice(-4000);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
