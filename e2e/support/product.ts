import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { takePort } from './ports';

export const DEMO_PASSWORD = 'correct-horse-demo';
/** The variable with the folder that products begin with a copy of; without it they begin with nothing. */
export const PREPARED_DATA = 'UNDERCROFT_E2E_DATA';
const run = promisify(execFile);

/** The built server as `npm start` runs it, with the demo site on an embedded Postgres of its own. */
export interface Product {
  readonly origin: string;
  readonly dataDir: string;
  /** Of the running server. Throws between `kill` and `start`. */
  pid(): number;
  /** Starts it again on the same port and data after `kill`. */
  start(): Promise<void>;
  /** kill -9: no farewell to anybody, as in a power cut. Postgres stays behind and is adopted by the next start. */
  kill(): Promise<void>;
  /** Ends it as an operator would, with its Postgres; the data stays. */
  end(): Promise<void>;
  /** Ends it for good and removes its data. */
  close(): Promise<void>;
}

/**
 * Starts the product, at the port of the one before it, and waits until it is ready. `given` goes over what it is started
 * with; where that depends on its address, it is asked for with it.
 */
export async function startProduct(
  given: NodeJS.ProcessEnv | ((origin: string) => Promise<NodeJS.ProcessEnv>) = {},
): Promise<Product> {
  const { port, leave } = await takePort();
  const origin = `http://localhost:${String(port)}`;
  const environment = typeof given === 'function' ? await given(origin) : given;
  const dataDir = await makeDataDir();
  let server: ChildProcess | null = null;

  const start = async () => {
    server = spawn(process.execPath, ['--enable-source-maps', 'build/server/main.js'], {
      env: {
        ...process.env,
        PORT: String(port),
        ORIGIN: origin,
        DATA_DIR: dataDir,
        DEMO_PASSWORD,
        LOG_LEVEL: 'warn',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Drained, so that the server never waits for us to read.
    server.stdout?.resume();
    await untilReady(origin, server);
  };
  const stop = async (signal: NodeJS.Signals) => {
    const running = server;
    server = null;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };

  const end = async () => {
    // A killed server has left its Postgres running: a last start adopts it, and its end ends both.
    if (!server) await start();
    await stop('SIGTERM');
    leave();
  };

  try {
    await start();
  } catch (error) {
    // Else it went on in the background, and what comes next would be slow, too.
    await stop('SIGTERM');
    leave();
    throw error;
  }
  return {
    origin,
    dataDir,
    pid() {
      if (server?.pid === undefined) throw new Error('the product does not run');
      return server.pid;
    },
    start,
    kill: () => stop('SIGKILL'),
    end,
    async close() {
      await end();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** By `cp`, which keeps owners, too: where root runs the tests Postgres is another user's. Not by `join`, which drops the dot. */
async function makeDataDir(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-e2e-'));
  const prepared = process.env[PREPARED_DATA];
  if (prepared !== undefined) await run('cp', ['-Rp', `${prepared}/.`, dataDir]);
  return dataDir;
}

async function untilReady(origin: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`the server ended with code ${String(server.exitCode)}`);
    const answer = await fetch(`${origin}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the server did not get ready within a minute');
}
