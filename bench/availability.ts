import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { SELECT_FREE_SLOTS, selectFreeSlots } from '../server/db/free-slots';
import { migrate } from '../server/db/migrate';
import { createPool } from '../server/db/pool';
import { newId } from '../server/platform/ids';
import { createLogger } from '../server/platform/logger';
import { percentile, report } from './figures';

const SITES = [
  { slots: 1000, aim: 3 },
  { slots: 10_000, aim: 12 },
];
const RESERVATIONS = 1_000_000;
const QUESTIONS = 1000;
const ANTI_JOINS = 20;
const HOUR = 3_600_000;
/** Longest reservation, as the default policy has it. */
const LONGEST_HOURS = 24;

/**
 * A3: which slots of a site are free in [a, b)? Two sites with a million active reservations between them, each slot
 * taken for about two thirds of the time, questions of one to eight hours at random. Beside it what the exclusion constraint's
 * index would answer: the same question as an anti-join over gist.
 */
export async function benchAvailability(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 2 });
  try {
    await migrate({ url: postgres.url });
    const sites = [];
    for (const { slots, aim } of SITES) {
      sites.push({ id: await fillSite(pool, slots, RESERVATIONS / SITES.length), slots, aim });
    }
    await pool.query('vacuum analyze');
    for (const site of sites) await measureSite(pool, site);
  } finally {
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Half of the slots are the site's own, half are lent for all of the time. */
async function fillSite(pool: Pool, slots: number, reservations: number): Promise<string> {
  const [siteId, memberId] = [newId(), newId()];
  await pool.query(
    `insert into sites (site_id, name, time_zone, policy, issuance_account_id) values ($1, 'x', 'UTC', '{}', $2)`,
    [siteId, newId()],
  );
  await pool.query(`insert into users (user_id, email, name) values ($1, $2, 'x')`, [
    memberId,
    `${memberId}@x.test`,
  ]);
  await pool.query(
    `insert into members (site_id, member_id, user_id, role, name) values ($1, $2, $2, 'resident', 'x')`,
    [siteId, memberId],
  );
  await pool.query(
    `insert into slots (site_id, slot_id, label, owner_id, lent)
     select $1, gen_random_uuid(), 'S-' || n, case when n % 2 = 0 then $3::uuid end,
            case when n % 2 = 0 then tstzmultirange(tstzrange(now(), now() + interval '9 years')) else '{}' end
       from generate_series(1, $2::integer) as n`,
    [siteId, slots, memberId],
  );
  // One after the other on each slot: 1 h to LONGEST_HOURS taken (8 h on average), 0 to 8 h free. No change index: nobody pulls.
  await pool.query('alter table reservations disable trigger sync_reservations_insert');
  await pool.query(
    `with lengths as (
       select slot_id, n, ceil(power(random(), 2) * $4) as taken, random() * 8 as free
         from slots, generate_series(1, $3::integer) as n where site_id = $1),
     placed as (
       select slot_id, taken, now() + interval '1 hour' * (sum(taken + free) over (partition by slot_id order by n) - taken) as starts
         from lengths)
     insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
     select $1, gen_random_uuid(), slot_id, $2, tstzrange(starts, starts + interval '1 hour' * taken), 'confirmed', 3, $1, now()
       from placed order by starts`,
    [siteId, memberId, reservations / slots, LONGEST_HOURS],
  );
  await pool.query('alter table reservations enable trigger sync_reservations_insert');
  return siteId;
}

async function measureSite(
  pool: Pool,
  { id, slots, aim }: { id: string; slots: number; aim: number },
): Promise<void> {
  const client = await pool.connect();
  try {
    const inside: number[] = [];
    const onProcessor: number[] = [];
    const processor = await processorClockOf(client);
    const outside: number[] = [];
    let free = 0;
    for (let round = 0; round < QUESTIONS; round++) {
      const question = askAtRandom(id);
      const began = performance.now();
      free += (await selectFreeSlots(client, question)).length;
      outside.push(performance.now() - began);
      const before = processor();
      inside.push(await executionTime(client, `execute "${SELECT_FREE_SLOTS.name}" ${literals(question)}`));
      onProcessor.push(processor() - before);
    }
    const antiJoins: number[] = [];
    await client.query(`prepare anti_join (uuid, timestamptz, timestamptz, timestamptz) as ${ANTI_JOIN}`);
    for (let round = 0; round < ANTI_JOINS; round++) {
      antiJoins.push(await executionTime(client, `execute anti_join ${literals(askAtRandom(id))}`));
    }
    const name = `${String(slots)} slots`;
    report(`${name}: in the database`, {
      'p50 ms': percentile(inside, 0.5),
      'p99 ms': percentile(inside, 0.99),
      'aim p99 ms': aim,
      'slots free': free / QUESTIONS,
      load: loadavg()[0]!,
    });
    report(`${name}: in the database, on the processor`, {
      'p50 ms': percentile(onProcessor, 0.5),
      'p99 ms': percentile(onProcessor, 0.99),
    });
    report(`${name}: with the rows read by Node`, {
      'p50 ms': percentile(outside, 0.5),
      'p99 ms': percentile(outside, 0.99),
    });
    report(`${name}: anti-join over gist`, {
      'p50 ms': percentile(antiJoins, 0.5),
      'times slower': percentile(antiJoins, 0.5) / percentile(inside, 0.5),
    });
  } finally {
    // With its prepared statements.
    client.release(true);
  }
}

const ANTI_JOIN = `
  select s.slot_id from slots s
   where s.site_id = $1 and (s.owner_id is null or s.lent @> tstzrange($2, $3))
     and not exists (
       select from reservations r
        where r.site_id = s.site_id and r.slot_id = s.slot_id and r.state in ('held', 'confirmed')
          and r.during && tstzrange($2, $3) and (r.hold_expires_at is null or r.hold_expires_at > $4))`;

type Question = Parameters<typeof selectFreeSlots>[1];

/** Within the 20 days from tomorrow, of 1 to 8 hours. */
function askAtRandom(siteId: string): Question {
  const now = Date.now();
  const start = now + 24 * HOUR + Math.floor(Math.random() * 20 * 24 * HOUR);
  return { siteId, start, end: start + HOUR * (1 + Math.floor(Math.random() * 8)), now };
}

function literals({ siteId, start, end, now }: Question): string {
  const times = [start, end, now].map((at) => `'${new Date(at).toISOString()}'`);
  return `('${siteId}', ${times.join(', ')})`;
}

/** Milliseconds as Postgres has measured them, with all rows made but not sent. */
async function executionTime(client: PoolClient, statement: string): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
    `explain (analyze, timing off, buffers off, format json) ${statement}`,
  );
  return rows[0]!['QUERY PLAN'][0]['Execution Time'];
}

/**
 * Tells the milliseconds that the connection's process has had of a processor, from Linux: the time that remains of a
 * question when others do not use the same machine. NaN elsewhere.
 */
async function processorClockOf(client: PoolClient): Promise<() => number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const path = `/proc/${String(rows[0]!.pid)}/schedstat`;
  return () => (existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6 : Number.NaN);
}
