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
import { createSimulatedStripe, SIM_STRIPE } from './simulated-stripe';
import { SIM_SECRET_KEY } from './sim-secret-key';
import { SimulatedJobs } from './simulated-jobs';

const tell = (message: FromServer): void => void process.send?.(message);

const clock = { now: () => orders.now };
const jobs = new SimulatedJobs(clock);
let orders: ToServer = JSON.parse(process.env['SIM_ORDERS'] ?? '') as ToServer;
let faults = new Set<DatabaseFault>();
process.on('message', (message: ToServer) => {
  orders = {
    ...message,
    killAfterCommits: countdown(message.killAfterCommits, orders.killAfterCommits),
    killAfterJobStatements: countdown(message.killAfterJobStatements, orders.killAfterJobStatements),
  };
  faults = new Set(orders.databaseFaults);
  const { tick } = message;
  if (tick) void jobs.tick(tick.isEverything).then(() => tell({ kind: 'idle', tick: tick.number }));
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
  onStatement() {
    if (orders.killAfterJobStatements === null || !jobs.isAtWork) return;
    orders = { ...orders, killAfterJobStatements: orders.killAfterJobStatements - 1 };
    if (orders.killAfterJobStatements! <= 0) process.kill(process.pid, 'SIGKILL');
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
  clock,
  startJobs: jobs.start,
  stripe: SIM_STRIPE,
  stripeFetch: createSimulatedStripe({
    random: createRandom('stripe', process.env['SIM_STREAM'] ?? ''),
    tell,
  }),
  logger: createLogger({ level: 'error', write: (line) => tell({ kind: 'error', line }) }),
  checkSessionsEvery: 500,
});
await startServer({ api: application.api, pages: null, origin, host: '127.0.0.1', port });
tell({ kind: 'ready' });

/** What is left of an order: 0 takes it back, null leaves it as it was. */
function countdown(said: number | null, before: number | null): number | null {
  return said === 0 ? null : (said ?? before);
}
