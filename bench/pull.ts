import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Pool } from 'pg';
import { PROTOCOL_VERSION } from '#shared/protocol/push';
import { MAXIMUM_PAGE, type PullResponse } from '#shared/protocol/pull';
import { startProduct } from '../e2e/support/product';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { createPool } from '../server/db/pool';
import { systemClock } from '../server/platform/clock';
import { newId } from '../server/platform/ids';
import { createLogger } from '../server/platform/logger';
import { createPull } from '../server/services/sync/pull';
import { makeBenchSite, type BenchMember, type BenchSite } from './arbiter-site';
import { percentile, report } from './figures';
import { pushReservations } from './push-reservations';

const SIZES = [100, 1000, 10_000];
const FIRST_LOADS = 7;
const DELTAS = 100;
const HOUR = 3_600_000;
const AIMS = { bytes: 2048, milliseconds: 10 };

/**
 * The first load of a site (a slot and a reservation of it a row each), and what one reservation of somebody else costs
 * another device afterwards: through HTTP as a device asks, and by the server's own function without HTTP.
 */
export async function benchPull(): Promise<void> {
  for (const slots of SIZES) await measureSize(slots);
}

async function measureSize(slots: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 4 });
  const product = await startProduct({ DATABASE_URL: postgres.url, DEMO: '1' });
  try {
    const site = await makeBenchSite(pool, { members: 20, slots });
    // The bench's policy goes beyond what the wire's schema lets a site decide.
    await pool.query(
      `update sites set policy = policy || '{"reservationsAtATime": 100, "horizon": 31536000000}'`,
    );
    await reserveEach(pool, site);
    const setup: Setup = { pool, origin: product.origin, site, agent: new Agent({ keepAlive: true }) };
    for (const encoding of ['identity', 'gzip', 'br']) await measureFirstLoads(setup, encoding);
    await measureDeltas(setup);
    setup.agent.destroy();
  } finally {
    await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Setup {
  readonly pool: Pool;
  readonly origin: string;
  readonly site: BenchSite;
  readonly agent: Agent;
}

/** A reservation of every slot, six to eighteen hours from now. */
async function reserveEach(pool: Pool, site: BenchSite): Promise<void> {
  await pool.query(
    `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
     select site_id, gen_random_uuid(), slot_id, $2, tstzrange(now() + interval '6 hours', now() + interval '18 hours'), 'confirmed', 3, owner_id, now()
       from slots where site_id = $1 and owner_id is not null and slot_id = any($3::uuid[])`,
    [site.id, site.members.at(-1)!.id, site.slotIds],
  );
  await pool.query('vacuum analyze');
}

async function measureFirstLoads(setup: Setup, encoding: string): Promise<void> {
  const totals: number[] = [];
  const firsts: number[] = [];
  let bytes = 0;
  let answers = 0;
  for (let run = 0; run < FIRST_LOADS; run++) {
    const member = setup.site.members[run]!;
    const pulled = await pullAll(setup, member, { cookie: null, encoding });
    totals.push(pulled.milliseconds);
    firsts.push(pulled.firstMilliseconds);
    ({ bytes, answers } = pulled);
  }
  report(`${String(setup.site.slotIds.length)} slots: first load, ${encoding}`, {
    KB: bytes / 1024,
    'p50 ms': percentile(totals, 0.5),
    'first answer ms': percentile(firsts, 0.5),
    answers: String(answers),
  });
}

async function measureDeltas(setup: Setup): Promise<void> {
  const { site, pool } = setup;
  const [writer, reader] = [site.members[0]!, site.members[1]!];
  const pull = createPull({
    pool,
    clock: systemClock,
    logger: createLogger({ level: 'error' }),
    statusLists: { ensureFresh: () => Promise.resolve() },
    keyBundles: { ensureFresh: () => Promise.resolve() },
  });
  let { cookie } = await pullAll(setup, reader, { cookie: null, encoding: 'identity' });
  const http: number[] = [];
  const inside: number[] = [];
  let raw = 0;
  for (let round = 0; round < DELTAS; round++) {
    await reserveAnother(setup, writer, round);
    const began = performance.now();
    const question = { siteId: site.id, member: { id: reader.id, role: 'resident' as const } };
    await pull({ ...question, clientId: reader.clientId, cookie, pages: MAXIMUM_PAGE });
    inside.push(performance.now() - began);
    const pulled = await pullAll(setup, reader, { cookie, encoding: 'br' });
    http.push(pulled.milliseconds);
    raw = Math.max(raw, pulled.rawBytes);
    ({ cookie } = pulled);
    if (pulled.rows !== 1) throw new Error(`${String(pulled.rows)} rows came for one change`);
  }
  const name = `${String(site.slotIds.length)} slots: delta of one change`;
  const aims = { 'aim bytes': AIMS.bytes, 'aim ms': AIMS.milliseconds };
  report(`${name}, server alone`, {
    'p50 ms': percentile(inside, 0.5),
    'p99 ms': percentile(inside, 0.99),
    ...aims,
  });
  report(`${name}, HTTP`, {
    bytes: raw,
    'p50 ms': percentile(http, 0.5),
    'p99 ms': percentile(http, 0.99),
    ...aims,
  });
}

async function reserveAnother({ origin, agent, site }: Setup, member: BenchMember, round: number) {
  const start = Math.ceil(Date.now() / HOUR) * HOUR + (48 + round) * HOUR;
  const wish = { reservationId: newId(), slotId: site.slotIds[round % 10]!, start, end: start + HOUR };
  const [outcome] = await pushReservations(agent, origin, member, [wish]);
  if (outcome?.status !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
}

interface Pulled {
  readonly cookie: string;
  /** As sent, and as it is once decompressed, of all answers. */
  readonly bytes: number;
  readonly rawBytes: number;
  readonly rows: number;
  readonly answers: number;
  readonly milliseconds: number;
  readonly firstMilliseconds: number;
}

/** Pulls as a device does, until nothing is left of a load. */
async function pullAll(
  { agent, origin }: Setup,
  member: BenchMember,
  { cookie, encoding }: { cookie: string | null; encoding: string },
): Promise<Pulled> {
  const sum = { bytes: 0, rawBytes: 0, rows: 0, answers: 0, milliseconds: 0, firstMilliseconds: 0 };
  for (let next = cookie; ;) {
    const began = performance.now();
    const body = {
      proto: PROTOCOL_VERSION,
      build: 'bench',
      clientId: member.clientId,
      cookie: next,
      pages: MAXIMUM_PAGE,
    };
    const answer = await post(agent, `${origin}/trpc/sync.pull`, {
      token: member.token,
      encoding,
      text: JSON.stringify(body),
    });
    sum.milliseconds += performance.now() - began;
    if (sum.answers === 0) sum.firstMilliseconds = sum.milliseconds;
    const raw = decompress(answer);
    const { result } = JSON.parse(raw.toString()) as { result?: { data: PullResponse } };
    if (!result) throw new Error(`pull failed: ${raw.toString()}`);
    sum.answers += 1;
    sum.bytes += answer.body.length;
    sum.rawBytes += raw.length;
    sum.rows += Object.values(result.data.changes).reduce((rows, { put }) => rows + put.length, 0);
    next = result.data.cookie;
    if (!result.data.loading) return { ...sum, cookie: next };
  }
}

interface HttpAnswer {
  readonly encoding: string | undefined;
  readonly body: Buffer;
}

function decompress({ encoding, body }: HttpAnswer): Buffer {
  if (encoding === 'br') return brotliDecompressSync(body);
  return encoding === 'gzip' ? gunzipSync(body) : body;
}

function post(
  agent: Agent,
  url: string,
  { token, encoding, text }: { token: string; encoding: string; text: string },
): Promise<HttpAnswer> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'accept-encoding': encoding,
    cookie: `undercroft=${token}`,
    origin: new URL(url).origin,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) });
      });
    });
    call.on('error', reject);
    call.end(text);
  });
}
