import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { hasCode } from '../platform/error-code';
import { readOrCreateKeptFile } from '../platform/kept-file';
import type { Logger } from '../platform/logger';
import { ADMIN_ROLE, ensureCluster } from './embedded-postgres-cluster';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import type { Installation } from './embedded-postgres-installation';
import { prepareInstallation } from './embedded-postgres-installation';
import { acquireOwnerLock, isProcessAlive } from './embedded-postgres-lock';
import { adoptServer, launchServer } from './embedded-postgres-server';
import type { SupervisedServer } from './embedded-postgres-supervision';
import { supervise } from './embedded-postgres-supervision';

export interface EmbeddedPostgresOptions {
  /** Made when missing. The cluster is `postgres/` in it; `postgres-password`, `postgres.log`, `undercroft.lock` beside it. */
  dataDir: string;
  log: Logger;
  /** Server settings over the durable defaults, such as `{fsync: 'off'}` for tests. An adopted server keeps its own. */
  settings?: Readonly<Record<string, string>>;
  /** Milliseconds to wait for an Undercroft that is just ending on the same folder. Default: 3000. */
  patience?: number;
  /** Told when the server ended by itself and could not be run again: nothing works any more. `stop` is still to be called. */
  onLost?: (error: EmbeddedPostgresError) => void;
}

export interface EmbeddedPostgres {
  /** The app's own database, as a role that owns it and is no superuser. */
  url: string;
  /** The database `postgres` as superuser. */
  adminUrl: string;
  /** Ends the server cleanly (clients are cut off) and gives the folder free. May be called twice. */
  stop(): Promise<void>;
}

const APP_ROLE = 'undercroft';
const APP_DATABASE = 'undercroft';

/**
 * Starts the Postgres that comes with the program on `<dataDir>/postgres`, or adopts the one that a killed Undercroft
 * left running there. It listens on a free port of the loopback interface only and asks for a password that is made
 * once and kept beside it. The server is no child in the usual sense: it outlives a crash of this process on purpose.
 * One that ends by itself is run again at the same port.
 * @throws EmbeddedPostgresError; `in_use` when another Undercroft runs on that folder
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const lock = await acquireOwnerLock(options.dataDir, options.patience ?? 3000);
  try {
    const folder = join(options.dataDir, 'postgres');
    const password = await readPassword(options.dataDir, folder);
    const installation = await prepareInstallation(folder);
    await ensureCluster(folder, installation, password);
    const server = await runServer(folder, installation, password, options);
    const adminUrl = urlOf(server.port, ADMIN_ROLE, password, 'postgres');
    try {
      await ensureDatabase(adminUrl, password);
    } catch (error) {
      await server.stop();
      throw error;
    }
    let stopping: Promise<void> | undefined;
    return {
      url: urlOf(server.port, APP_ROLE, password, APP_DATABASE),
      adminUrl,
      stop: () => (stopping ??= server.stop().finally(() => lock.release())),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Adoption is proved by the server reading back, from its own folder, a word that was just written there. */
async function runServer(
  folder: string,
  installation: Installation,
  password: string,
  options: EmbeddedPostgresOptions,
): Promise<SupervisedServer> {
  const word = randomBytes(16).toString('hex');
  const wordFile = join(folder, 'undercroft-adoption');
  await writeFile(wordFile, word, { mode: 0o600 });
  if (installation.runAs) await chown(wordFile, installation.runAs.uid, installation.runAs.gid);

  const connect = (port: number) => connectTo(urlOf(port, ADMIN_ROLE, password, 'postgres'));
  const { log, settings = {}, onLost = () => undefined } = options;
  const logFile = join(options.dataDir, 'postgres.log');
  const context = { folder, installation, connect, log, settings, logFile };
  const isOurs = async (client: pg.Client): Promise<boolean> => {
    const read = await client.query<{ word: string }>(`SELECT pg_read_file('undercroft-adoption') AS word`);
    return read.rows[0]?.word === word;
  };
  try {
    const adopted = await adoptServer(context, isOurs);
    const postmaster = 'stop' in adopted ? adopted : await launchServer(context, adopted);
    return supervise(postmaster, {
      log,
      onLost,
      relaunch: ({ pid, port }) => {
        // A dead process stays as a zombie where nobody asks for it; to Postgres it looks alive.
        const foreignPid = isProcessAlive(pid) ? pid : undefined;
        return launchServer(context, { foreignPid, port });
      },
    });
  } finally {
    await rm(wordFile, { force: true });
  }
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function readPassword(dataDir: string, folder: string): Promise<string> {
  const path = join(dataDir, 'postgres-password');
  if ((await exists(join(folder, 'PG_VERSION'))) && !(await exists(path))) {
    throw new EmbeddedPostgresError(
      'password_missing',
      `${path} is gone, and with it the way into ${folder}. Put it back from a backup, or move ${folder} away to begin anew.`,
    );
  }
  return (await readOrCreateKeptFile(path, () => randomBytes(24).toString('hex'))).trim();
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function ensureDatabase(adminUrl: string, password: string): Promise<void> {
  const client = await connectTo(adminUrl);
  try {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APP_ROLE]);
    // The password is hex, so that it needs no quoting beyond this.
    if (!role.rowCount) await client.query(`CREATE ROLE ${APP_ROLE} LOGIN PASSWORD '${password}'`);
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [APP_DATABASE]);
    if (!database.rowCount) await client.query(`CREATE DATABASE ${APP_DATABASE} OWNER ${APP_ROLE}`);
  } finally {
    await client.end();
  }
}

function urlOf(port: number, role: string, password: string, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
}
