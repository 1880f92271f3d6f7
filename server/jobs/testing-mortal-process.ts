/*
 * The whole server but its pages as a process of its own, jobs and all, that stops for good at a step which it is told of, so that
 * it can be killed exactly there. Started by testing-mortal.ts alone. What is not the product: the clock, plain http to a push
 * service on this machine, and the driver's `query`, which looks at each statement before it is sent.
 */
import { tmpdir } from 'node:os';
import pg from 'pg';
import { startApplication } from '../http/application';
import { startServer } from '../http/server';
import { createLogger } from '../platform/logger';
import type { PushTransport } from '../services/push/push-transport';
import { TAKEN, type Birth, type Fate, type FromMortal, type Step } from './testing-mortal-messages';

/** Milliseconds after which a process that nobody kills ends itself: whoever had started it is gone. */
const LEFT_ALONE = 60_000;

const birth = JSON.parse(process.env['BIRTH'] ?? '') as Birth;
const tell = (message: FromMortal): void => void process.send?.(message);
let now = birth.now;
let steps: Step[] = [];

process.on('message', (fate: Fate) => {
  now = fate.now;
  steps = [...fate.steps];
  tell({ kind: 'heard' });
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** Called at each step, before it is taken. Never returns from the last that was told of: nothing else goes on either. */
function pass(at: string, values: unknown): void {
  const [next, ...others] = steps;
  if (!next || !at.startsWith(next.at)) return;
  if (next.with !== undefined && !JSON.stringify(values ?? null).includes(next.with)) return;
  steps = others;
  if (others.length > 0) return;
  tell({ kind: 'stopped' });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEFT_ALONE);
  process.kill(process.pid, 'SIGKILL');
}

type Query = (this: pg.Client, ...args: unknown[]) => unknown;
const prototype = pg.Client.prototype as unknown as { query: Query };
const query = prototype.query;
prototype.query = function (...args) {
  const [asked, values] = args as [string | { name?: string; text?: string; values?: unknown }, unknown];
  if (typeof asked === 'string') pass(asked, values);
  else pass(asked.name ?? asked.text ?? '', asked.values ?? values);
  return query.apply(this, args);
};

/** One message after the other, so that "the second was taken" says what became of the third. */
let turn: Promise<unknown> = Promise.resolve();
const pushTransport: PushTransport = {
  accepts: (endpoint) => endpoint.startsWith(birth.pushService),
  post(endpoint, { headers, body }) {
    const mine = turn.then(async () => {
      const answer = await fetch(endpoint, { method: 'POST', headers, body: Buffer.from(body) });
      await answer.arrayBuffer();
      if (answer.ok) pass(TAKEN, endpoint);
      return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
    });
    turn = mine.catch(() => undefined);
    return mine;
  },
};

const origin = 'http://localhost';
const application = await startApplication({
  ...{ databaseUrl: birth.databaseUrl, secretKey: Buffer.from(birth.secretKey, 'base64') },
  ...{ dataDir: tmpdir(), demo: false, demoPassword: undefined, origin, trustProxy: 0 },
  smtp: { url: birth.smtpUrl, from: 'parking@example.test' },
  stripe: { secretKey: 'sk_test_1', webhookSecret: 'whsec_test' },
  clock: { now: () => now },
  logger: createLogger({ level: 'error' }),
  pushTransport,
});
const { port } = await startServer({
  api: application.api,
  ...{ pages: null, origin, host: '127.0.0.1', port: 0 },
});
tell({ kind: 'ready', url: `http://127.0.0.1:${String(port)}` });
