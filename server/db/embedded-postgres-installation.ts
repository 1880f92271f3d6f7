import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error';

/** The user as whom Postgres runs, where that is not the user of this process. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** Binaries that can be run, and as whom. */
export interface Installation {
  initdb: string;
  postgres: string;
  pgCtl: string;
  /** Such as `18`, the content of a cluster's PG_VERSION. */
  majorVersion: string;
  runAs: RunAs | undefined;
}

interface PlatformPackage {
  initdb: string;
  postgres: string;
  pg_ctl: string;
}

/** Postgres refuses to run as root, so that root has to run it as somebody else, who may not see root's folders. */
export const IS_ROOT = process.getuid?.() === 0;

const VARIABLES_FOR_POSTGRES =
  process.platform === 'win32' ? /^(PATH|LANG|LC_\w+|TZ|SystemRoot|TEMP)$/i : /^(PATH|LANG|LC_\w+|TZ)$/;

/**
 * What Postgres and its tools are told of this process's environment: nothing that is the app's own, since whoever may
 * run a program from SQL can read it, and the process outlives this one.
 */
export function environmentForPostgres(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => VARIABLES_FOR_POSTGRES.test(name)),
  );
}

/**
 * Finds the binaries of `@embedded-postgres/<platform>`. For root it also finds whom to run them as: the owner of
 * `clusterFolder` if that exists and is another's, else the system user `postgres`, who is made when missing. When
 * that user cannot reach the binaries (a checkout in /root) they are copied to where it can.
 * @throws EmbeddedPostgresError `no_binaries`, `no_user`, `unreachable`
 */
export async function prepareInstallation(clusterFolder: string): Promise<Installation> {
  const found = await importBinaries();
  const runAs = IS_ROOT ? (ownerOf(clusterFolder) ?? findOrCreateUser()) : undefined;
  const home = await reachableHome(dirname(dirname(found.postgres)), runAs);
  const executable = (path: string) => join(home, 'bin', path.slice(dirname(path).length + 1));
  const postgres = executable(found.postgres);
  return {
    initdb: executable(found.initdb),
    postgres,
    pgCtl: executable(found.pg_ctl),
    majorVersion: /\d+/.exec(versionOf(postgres, runAs) ?? '')?.[0] ?? '',
    runAs,
  };
}

async function importBinaries(): Promise<PlatformPackage> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The name is not a literal so that the bundler leaves it alone: only one of the platform packages is installed.
    return (await import(name)) as PlatformPackage;
  } catch (error) {
    throw new EmbeddedPostgresError(
      'no_binaries',
      `${name} is not installed (npm ci installs it where it exists). Use a Postgres of your own: DATABASE_URL=postgres://…`,
      { cause: error },
    );
  }
}

function versionOf(postgres: string, runAs: RunAs | undefined): string | undefined {
  const run = spawnSync(postgres, ['--version'], { cwd: dirname(postgres), encoding: 'utf8', ...runAs });
  return run.status === 0 ? run.stdout : undefined;
}

/** `native`, or a copy of it from which `runAs` can run the binaries. */
async function reachableHome(native: string, runAs: RunAs | undefined): Promise<string> {
  const runs = (home: string) => versionOf(join(home, 'bin', 'postgres'), runAs) !== undefined;
  if (runs(native)) return native;
  const reason = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8', ...runAs });
  if (!runAs) {
    throw new EmbeddedPostgresError(
      'no_binaries',
      `The embedded Postgres does not run here: ${reason.error?.message ?? reason.stderr}. Use a Postgres of your own: DATABASE_URL=postgres://…`,
    );
  }
  for (const shelf of ['/var/lib/undercroft', join(tmpdir(), 'undercroft-postgres')]) {
    const copy = await copyOnto(shelf, native).catch(() => undefined);
    if (copy && runs(copy)) return copy;
  }
  throw new EmbeddedPostgresError(
    'unreachable',
    `Run by root, Postgres must run as user ${runAs.uid}, who cannot reach its binaries (${reason.error?.message ?? reason.stderr}). ` +
      'Start Undercroft as an ordinary user, or use a Postgres of your own: DATABASE_URL=postgres://…',
  );
}

async function copyOnto(shelf: string, native: string): Promise<string> {
  const description: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  const { name, version } = description as { name: string; version: string };
  const copy = join(shelf, `${name.replace(/.*\//, '')}-${version}`);
  await mkdir(shelf, { recursive: true, mode: 0o755 });
  await chmodIfMine(shelf);
  if (!(await isMine(copy))) {
    const aside = `${copy}.${randomBytes(6).toString('hex')}`;
    await cp(native, aside, { recursive: true, verbatimSymlinks: true });
    await chmod(aside, 0o755);
    // Another process may have been faster; its copy is as good.
    await rename(aside, copy).catch(() => rm(aside, { recursive: true }));
  }
  if (!(await isMine(copy))) throw new Error(`${copy} is not to be trusted`);
  return copy;
}

/** What lies in a folder that others may write to (/tmp) is only trusted when root made it and nobody else can change it. */
async function isMine(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && info.uid === 0 && (info.mode & 0o022) === 0;
}

async function chmodIfMine(shelf: string): Promise<void> {
  if ((await stat(shelf)).uid !== 0) throw new Error(`${shelf} is not root's`);
  await chmod(shelf, 0o755);
}

function ownerOf(folder: string): RunAs | undefined {
  const info = statSync(folder, { throwIfNoEntry: false });
  return info && info.uid !== 0 ? { uid: info.uid, gid: info.gid } : undefined;
}

function findOrCreateUser(): RunAs {
  const existing = readUser();
  if (existing) return existing;
  // shadow-utils (Debian, Fedora …), then busybox (Alpine).
  spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]);
  if (!readUser()) spawnSync('adduser', ['-S', '-D', '-H', 'postgres']);
  const made = readUser();
  if (made) return made;
  throw new EmbeddedPostgresError(
    'no_user',
    'Postgres refuses to run as root, and the user "postgres" is missing and could not be made. ' +
      'Make it, start Undercroft as an ordinary user, or use a Postgres of your own: DATABASE_URL=postgres://…',
  );
}

function readUser(): RunAs | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/**
 * How the server names its own folder when it runs there. Where its user cannot walk the path (a data folder below
 * /root), Linux still lets a process reach the folder that it was started in through /proc/self/cwd; Postgres and
 * all its children stay in their data folder, so that this is as good as the path.
 * @throws EmbeddedPostgresError `unreachable`
 */
export function nameForServer(folder: string, runAs: RunAs | undefined): string {
  if (!runAs) return folder;
  const visit = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { cwd: '/', ...runAs });
  if (visit.status === 0) return folder;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new EmbeddedPostgresError(
    'unreachable',
    `Run by root, Postgres must run as user ${runAs.uid}, who cannot reach ${folder}. Give it a folder it can reach with DATA_DIR, or start Undercroft as an ordinary user.`,
  );
}
