import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Installation } from './embedded-postgres-installation';
import { environmentForPostgres, nameForServer } from './embedded-postgres-installation';
import { EmbeddedPostgresError } from './embedded-postgres-error';

/** The superuser that initdb makes; the app itself uses a role that owns its database and no more. */
export const ADMIN_ROLE = 'postgres';

/**
 * Makes the cluster in `folder` unless it is there. It is made aside and renamed, since an initdb that was killed
 * half-way leaves a folder that looks like a cluster and is none.
 * @throws EmbeddedPostgresError `wrong_version`, `init_failed`
 */
export async function ensureCluster(
  folder: string,
  installation: Installation,
  password: string,
): Promise<void> {
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return await createCluster(folder, installation, password);
  if (version.trim() === installation.majorVersion) return;
  throw new EmbeddedPostgresError(
    'wrong_version',
    `${folder} was made by Postgres ${version.trim()}, this build brings Postgres ${installation.majorVersion}. ` +
      'Start the build that made it, or move the folder away to begin anew.',
  );
}

async function createCluster(folder: string, installation: Installation, password: string): Promise<void> {
  const aside = `${folder}.new`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o700 });
  await giveTo(aside, installation);
  // Not below the data folder: its user may not be able to walk there.
  const letter = await mkdtemp(join(tmpdir(), 'undercroft-initdb-'));
  try {
    const passwordFile = join(letter, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    await giveTo(passwordFile, installation);
    await giveTo(letter, installation);
    await runInitdb(aside, installation, passwordFile);
  } finally {
    await rm(letter, { recursive: true, force: true });
  }
  await rename(aside, folder);
}

async function giveTo(path: string, installation: Installation): Promise<void> {
  if (installation.runAs) await chown(path, installation.runAs.uid, installation.runAs.gid);
}

async function runInitdb(folder: string, installation: Installation, passwordFile: string): Promise<void> {
  const child = spawn(
    installation.initdb,
    [
      ...['-D', nameForServer(folder, installation.runAs), `--username=${ADMIN_ROLE}`],
      ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-instructions'],
      // Said in full, or else LANG decides: without one the database would be SQL_ASCII.
      ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentForPostgres(),
      ...installation.runAs,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `${code ?? signal}\n${output}`));
  });
  if (failure !== undefined) throw new EmbeddedPostgresError('init_failed', `initdb failed: ${failure}`);
}
