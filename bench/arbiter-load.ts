import pg from 'pg';
import { openRawConnection } from './arbiter-http';
import type { LoadJob, LoadResult, LoadSetup } from './arbiter-jobs';
import { createWork, type Work } from './arbiter-work';
import { percentile } from './figures';
import { processorTimeOf } from './processor-time';

/*
 * The load generator: a process of its own, so that its work does not wait for the bench's. The parent sends a LoadSetup and
 * then one LoadJob after another; each is answered with a LoadResult.
 */

/** More than any machine is expected to answer: what is not sent is thrown away. */
const CALLS_PER_SECOND = 6000;
const CALLS_PER_SECOND_AND_CONNECTION = 800;
const DIRECT = {
  name: 'bench-reserve',
  text: 'select bench_reserve($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as made',
};
const APPLIED = '"status":"applied"';
const TAKEN = '"code":"slot_taken"';

/** One connection: makes its next call, or answers false when there is none left. */
type Caller = () => Promise<boolean>;

let setup: LoadSetup | null = null;
let work: Work | null = null;

process.on('message', (message: LoadSetup | LoadJob) => {
  if ('site' in message) {
    setup = message;
    work = createWork(message.site);
    return;
  }
  void run(message, setup!, work!).then((result) => process.send!(result));
});

async function run(job: LoadJob, setup: LoadSetup, work: Work): Promise<LoadResult> {
  const perSecond = Math.min(CALLS_PER_SECOND, CALLS_PER_SECOND_AND_CONNECTION * job.concurrency) / job.size;
  const count = Math.ceil((perSecond * (job.warmUp + job.measure)) / 1000);
  const { callers, close } =
    job.by === 'http'
      ? await prepareHttp(job, { setup, work, count })
      : await prepareDirect(job, { setup, work, count });
  try {
    return await measure(job, callers);
  } finally {
    await close();
  }
}

interface Preparation {
  readonly setup: LoadSetup;
  readonly work: Work;
  readonly count: number;
}

async function prepareHttp(job: LoadJob, { setup, work, count }: Preparation) {
  const port = Number(new URL(setup.origin).port);
  const pushes = work.pushes(job, { port, count });
  let sent = 0;
  const connections = await Promise.all(
    Array.from({ length: job.concurrency }, () => openRawConnection(port)),
  );
  const callers = connections.map(({ ask }): Caller => async () => {
    const push = pushes[sent];
    if (!push) return false;
    sent++;
    const answer = await ask(push.request);
    const expected = occurrences(answer, APPLIED) + (job.rivals > 1 ? occurrences(answer, TAKEN) : 0);
    if (expected !== job.size) throw new Error(`not as expected: ${answer}`);
    return true;
  });
  const close = async () => {
    for (const connection of connections) connection.close();
    work.giveBack(pushes.slice(sent));
  };
  return { callers, close };
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

async function prepareDirect(job: LoadJob, { setup, work, count }: Preparation) {
  const calls = work.directCalls(job, count).values();
  const clients = Array.from(
    { length: job.concurrency },
    () => new pg.Client({ connectionString: setup.databaseUrl }),
  );
  // One by one: opening hundreds at once outruns the listener's backlog.
  for (const client of clients) await client.connect();
  const callers = clients.map((client): Caller => async () => {
    const next = calls.next();
    if (next.done) return false;
    const { rows } = await client.query<{ made: boolean }>({ ...DIRECT, values: next.value });
    if (!rows[0]!.made && job.rivals === 1) throw new Error('a direct reservation was refused');
    return true;
  });
  const close = async () => void (await Promise.all(clients.map((client) => client.end())));
  return { callers, close };
}

async function measure({ size, ...job }: LoadJob, callers: readonly Caller[]): Promise<LoadResult> {
  await runFor(job.warmUp, callers, []);
  const samples: number[] = [];
  const before = process.cpuUsage();
  const processorBefore = processorTimeOf(process.ppid);
  const seconds = await runFor(job.measure, callers, samples);
  const { user, system } = process.cpuUsage(before);
  const processor = processorTimeOf(process.ppid) - processorBefore;
  return {
    rate: (samples.length * size) / seconds,
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    generator: (user + system) / 1000 / (samples.length * size),
    processor: processor / (samples.length * size),
  };
}

/** Calls from all callers for so many ms; collects the ms of each call; answers the seconds it took. */
async function runFor(milliseconds: number, callers: readonly Caller[], samples: number[]): Promise<number> {
  const begin = performance.now();
  const loop = async (call: Caller) => {
    let before = performance.now();
    while (before - begin < milliseconds && (await call())) {
      const after = performance.now();
      samples.push(after - before);
      before = after;
    }
  };
  await Promise.all(callers.map(loop));
  return (performance.now() - begin) / 1000;
}
