import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { startProduct } from '../e2e/support/product';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { createPool } from '../server/db/pool';
import { newId } from '../server/platform/ids';
import { createLogger } from '../server/platform/logger';
import { makeBenchSite, type BenchSite } from './arbiter-site';
import type { ClientsReport, ClientsRequest } from './fanout-clients';
import { percentile, report } from './figures';
import { pushReservations } from './push-reservations';

const STREAMS = [2000, 5000];
const ROUNDS = 40;
/** Milliseconds between two rounds: long enough for everything to be quiet again. */
const PAUSE = 700;
const REST_SECONDS = 10;
const CHANNEL = 'undercroft_pokes';
const HOUR = 3_600_000;
const AIM_MS = 120;
/** One for all starts: what one server has sealed, the next one opens. */
const SECRET_KEY = '5a'.repeat(32);

/**
 * One poke to all open streams of one process: from before the NOTIFY of another process commits to the last stream's
 * client having read it, and from before a push is sent to this process. Beside it a bare SSE server in the same run.
 * Sockets are real and the clients a process of their own, which takes its share of the same two cores.
 */
export async function benchFanout(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 4 });
  try {
    const filled = await startProduct({ DATABASE_URL: postgres.url, DEMO: '1', SECRET_KEY });
    const site = await makeBenchSite(pool, { members: Math.max(...STREAMS), slots: 200 });
    // The bench's policy goes beyond what a site may decide.
    await pool.query(
      `update sites set policy = policy || '{"reservationsAtATime": 100, "horizon": 31536000000}'`,
    );
    await filled.close();
    for (const count of STREAMS) {
      const bare = await measureBare(postgres.url, pool, site, count);
      const product = await measureProduct(postgres.url, pool, site, count);
      report(`${String(count)} streams: product beside bare`, {
        'ratio p50': product / bare,
        'product p50 ms': product,
        'bare p50 ms': bare,
        'aim ms': AIM_MS,
      });
    }
  } finally {
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureBare(url: string, pool: Pool, site: BenchSite, count: number): Promise<number> {
  const server = fork(new URL('fanout-bare.ts', import.meta.url), [url, CHANNEL]);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const clients = startClients();
  const target = { pid: server.pid!, port, path: '/', origin: '' };
  const name = `bare SSE, ${String(count)} streams`;
  const median = await measureStreams(name, clients, target, { pool, site, count });
  clients.kill();
  server.kill();
  await once(server, 'exit');
  return median;
}

async function measureProduct(url: string, pool: Pool, site: BenchSite, count: number): Promise<number> {
  const product = await startProduct({ DATABASE_URL: url, DEMO: '1', SECRET_KEY });
  const clients = startClients();
  const target = {
    pid: product.pid(),
    port: Number(new URL(product.origin).port),
    path: '/trpc/sync.pokes',
    origin: product.origin,
  };
  try {
    const name = `product, ${String(count)} streams`;
    return await measureStreams(name, clients, target, { pool, site, count });
  } finally {
    clients.kill();
    await product.close();
  }
}

interface Target {
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  /** Empty for the bare server, which takes no pushes. */
  readonly origin: string;
}

async function measureStreams(
  name: string,
  clients: ChildProcess,
  target: Target,
  { pool, site, count }: { pool: Pool; site: BenchSite; count: number },
): Promise<number> {
  const before = residentBytes(target.pid);
  const began = performance.now();
  const cookies = site.members.slice(0, count).map(({ token }) => token);
  await ask(clients, { kind: 'open', port: target.port, path: target.path, cookies }, 'opened');
  const opening = performance.now() - began;
  const payload = JSON.stringify({ from: 'bench', scopes: [`site:${site.id}`] });
  const cpuFirst = processorSeconds(target.pid);
  const notified = await rounds(clients, async () => {
    await pool.query('select pg_notify($1, $2)', [CHANNEL, payload]);
  });
  // What is left of it when nobody else uses the machine; the pauses between the rounds are in it too.
  const serverMilliseconds = ((processorSeconds(target.pid) - cpuFirst) / ROUNDS) * 1000;
  report(`${name}: NOTIFY to last poke`, { ...figuresOf(notified), 'server CPU ms': serverMilliseconds });
  if (target.origin !== '') {
    const pushed = await rounds(clients, reserver(target.origin, site));
    report(`${name}: push sent to last poke`, figuresOf(pushed));
  }
  const cpuBefore = processorSeconds(target.pid);
  await pause(REST_SECONDS * 1000);
  report(`${name}: at rest`, {
    'KB a stream': (residentBytes(target.pid) - before) / count / 1024,
    'CPU %': ((processorSeconds(target.pid) - cpuBefore) / REST_SECONDS) * 100,
    'opened in ms': opening,
  });
  return percentile(notified, 0.5);
}

/** Each round's milliseconds from before `act` to when the last of all streams had its poke. */
async function rounds(clients: ChildProcess, act: () => Promise<void>): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await pause(PAUSE);
    await ask(clients, { kind: 'arm' }, 'armed');
    const poked = next(clients, 'poked');
    const began = process.hrtime.bigint();
    await act();
    const { last } = await poked;
    samples.push(Number(BigInt(last) - began) / 1e6);
  }
  return samples;
}

let windowsTaken = 0;

/** Reserves another window each time, whichever server is asked. */
function reserver(origin: string, site: BenchSite): () => Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const member = site.members[0]!;
  const first = Math.ceil(Date.now() / HOUR) * HOUR + HOUR;
  return async () => {
    const start = first + Math.floor(windowsTaken / site.slotIds.length) * HOUR;
    const slotId = site.slotIds[windowsTaken % site.slotIds.length]!;
    windowsTaken += 1;
    const wish = { reservationId: newId(), slotId, start, end: start + HOUR };
    const [outcome] = await pushReservations(agent, origin, member, [wish]);
    if (outcome?.status !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  };
}

function startClients(): ChildProcess {
  return fork(new URL('fanout-clients.ts', import.meta.url));
}

function ask<K extends ClientsReport['kind']>(
  clients: ChildProcess,
  request: ClientsRequest,
  kind: K,
): Promise<ClientsReport & { kind: K }> {
  const answer = next(clients, kind);
  clients.send(request);
  return answer;
}

function next<K extends ClientsReport['kind']>(
  clients: ChildProcess,
  kind: K,
): Promise<ClientsReport & { kind: K }> {
  return new Promise((resolve, reject) => {
    const onExit = () => {
      reject(new Error(`the clients ended before they had ${kind}`));
    };
    clients.once('exit', onExit);
    clients.once('message', (message: ClientsReport) => {
      clients.off('exit', onExit);
      if (message.kind === kind) resolve(message as ClientsReport & { kind: K });
      else reject(new Error(`${message.kind} instead of ${kind}`));
    });
  });
}

function figuresOf(samples: readonly number[]): Record<string, number> {
  return {
    'p50 ms': percentile(samples, 0.5),
    'p99 ms': percentile(samples, 0.99),
    'best ms': Math.min(...samples),
  };
}

function residentBytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** User and system time, in the 1/100 s that Linux counts. */
function processorSeconds(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
