/*
 * The real server as a process of its own that can be killed: all of it but the pages, with a clock that the driver sets
 * and statements that fail when told to. Started by server-handle.ts alone.
 */
import { tmpdir } from 'node:os';
import { startApplication } from '../http/application';
import { startServer } from '../http/server';
import { createLogger } from '../platform/logger';
import { injectDatabaseFaults } from './database-faults';
import type { DatabaseFault } from './faults';
import { createRandom } from './random';
import type { FromServer, ToServer } from './server-messages';
import { SIM_SECRET_KEY } from './sim-secret-key';

const tell = (message: FromServer): void => void process.send?.(message);

let orders: ToServer = JSON.parse(process.env['SIM_ORDERS'] ?? '') as ToServer;
let faults = new Set<DatabaseFault>();
process.on('message', (message: ToServer) => {
  const { killAfterCommits } = message;
  orders = { ...message, killAfterCommits: killAfterCommits ?? orders.killAfterCommits };
  if (killAfterCommits === 0) orders = { ...orders, killAfterCommits: null };
  faults = new Set(orders.databaseFaults);
});
// The driver has gone, in whatever way.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

injectDatabaseFaults({
  random: createRandom('database', process.env['SIM_STREAM'] ?? ''),
  enabled: () => faults,
  onFault: (fault) => tell({ kind: 'fault', fault }),
  onCommit() {
    if (orders.killAfterCommits === null) return;
    orders = { ...orders, killAfterCommits: orders.killAfterCommits - 1 };
    if (orders.killAfterCommits! <= 0) process.kill(process.pid, 'SIGKILL');
  },
});

const port = Number(process.env['PORT']);
const origin = `http://127.0.0.1:${String(port)}`;
const application = await startApplication({
  databaseUrl: process.env['DATABASE_URL'] ?? '',
  dataDir: tmpdir(),
  secretKey: SIM_SECRET_KEY,
  demo: false,
  demoPassword: undefined,
  origin,
  trustProxy: 0,
  clock: { now: () => orders.now },
  logger: createLogger({ level: 'error', write: (line) => tell({ kind: 'error', line }) }),
  checkSessionsEvery: 500,
});
await startServer({ api: application.api, pages: null, origin, host: '127.0.0.1', port });
tell({ kind: 'ready' });
