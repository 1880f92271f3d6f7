import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bundleServer } from './bundle-server';
import type { DatabaseFault } from './faults';
import type { FromServer, Purchase, ToServer } from './server-messages';

export interface ServerHandleOptions {
  readonly databaseUrl: string;
  readonly seed: number;
  /** What the process is told at its start. */
  readonly orders: () => ToServer;
  readonly onFault: (fault: DatabaseFault) => void;
  /** A line that the server logged as an error. */
  readonly onError: (line: string) => void;
  /** What it asks the payment provider. */
  readonly onCheckout: (purchase: Purchase) => void;
  readonly onRefund: (topupId: string) => void;
}

/** A server process that is killed and started again on one port. */
export interface ServerHandle {
  readonly origin: string;
  /** Starts it unless it runs; resolves when it takes requests. */
  start(): Promise<void>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  tell(orders: ToServer): void;
  /** Lets the jobs run that are due by the time of these orders, or all; a process that is not there runs none. */
  tick(orders: ToServer, isEverything?: boolean): void;
  /** Whether the last `tick` still has work under way. */
  readonly isTicking: boolean;
  readonly isUp: boolean;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Finds a port; the process is started by `start`. */
export async function createServerHandle(options: ServerHandleOptions): Promise<ServerHandle> {
  const port = await freePort();
  const entry = await bundleServer(ROOT);
  let child: ChildProcess | null = null;
  let starts = 0;
  let ticks = 0;
  let ended = 0;

  // One at a time: two that start would fight for the port.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => (turn = turn.then(work));

  const startNow = async (): Promise<void> => {
    for (let attempt = 0; !isRunning(child); attempt++) {
      if (attempt === 20) throw new Error('the simulated server does not start');
      child = await launch();
    }
  };

  async function launch(): Promise<ChildProcess | null> {
    const orders = options.orders();
    const started = fork(entry, [], {
      cwd: ROOT,
      execArgv: ['--enable-source-maps'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DATABASE_URL: options.databaseUrl,
        PORT: String(port),
        SIM_ORDERS: JSON.stringify({ ...orders, killAfterCommits: null, killAfterJobStatements: null }),
        SIM_STREAM: `${String(options.seed)}/${String(starts++)}`,
      },
      // Its standard error is not shown: while Postgres is down it may well fail to start.
      stdio: ['ignore', 'ignore', process.env['SIM_DEBUG'] ? 'inherit' : 'ignore', 'ipc'],
    });
    const ready = new Promise<boolean>((resolve) => {
      started.on('message', (message: FromServer) => {
        if (message.kind === 'ready') resolve(true);
        else heard(message);
      });
      started.once('exit', () => resolve(false));
    });
    if (!(await ready)) return null;
    started.send(orders);
    // What the former one was at nobody tells the end of.
    ended = ticks;
    return started;
  }

  function heard(message: Exclude<FromServer, { kind: 'ready' }>): void {
    if (message.kind === 'fault') options.onFault(message.fault);
    else if (message.kind === 'error') options.onError(message.line);
    else if (message.kind === 'checkout') options.onCheckout(message.purchase);
    else if (message.kind === 'refund') options.onRefund(message.topupId);
    else ended = message.tick;
  }

  const tell = (orders: ToServer): void => {
    // A process that has just killed itself hears nothing more.
    if (isRunning(child) && child?.connected) child.send(orders, () => undefined);
  };

  return {
    origin: `http://127.0.0.1:${String(port)}`,
    start: () => inTurn(startNow),
    kill: () =>
      inTurn(async () => {
        const running = child;
        child = null;
        if (!isRunning(running)) return;
        const ended = once(running!, 'exit');
        running!.kill('SIGKILL');
        await ended;
      }),
    tell,
    tick(orders, isEverything = false) {
      if (!isRunning(child)) return;
      tell({ ...orders, tick: { number: ++ticks, isEverything } });
    },
    get isTicking() {
      return isRunning(child) && ended < ticks;
    },
    get isUp() {
      return isRunning(child);
    },
  };
}

function isRunning(child: ChildProcess | null): boolean {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
