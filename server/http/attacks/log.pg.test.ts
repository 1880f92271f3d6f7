import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { opSchemas } from '#shared/protocol/ops';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';
import { makeHouse, wish, type House } from './testing-house';
import { makeCaller, type KindOfCaller } from './testing-people';
import { listProcedures, type RouterProcedure } from './testing-procedures';
import { isSchema, sampleOf, withValueAt, type Schema } from './testing-samples';
import { callWire } from './testing-wire';

/** Stands in everything that somebody types: names, e-mails, passwords, notes, plates, tokens. */
const mark = `hush${randomBytes(6).toString('hex')}`;
const lines: string[] = [];
/** Of all sessions that there were. */
const tokens: string[] = [];

let database: TestDatabase;
let server: TestServer;
let house: House;
const written: string[] = [];
beforeAll(async () => {
  // What goes past the logger counts, too.
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return write(chunk);
    });
  }
  database = await createTestDatabase();
  const logger = createLogger({ level: 'debug', write: (line) => void lines.push(line) });
  server = await startTestServer({
    ...{ databaseUrl: database.url, demoPassword: TEST_PASSWORD, logger },
    ...{ trustProxy: 1, jobs: true },
  });
  house = await makeHouse(database.pool, { url: server.url, mark });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
  await database.close();
});

const typed = (name: string): unknown => {
  if (/e-?mail/i.test(name)) return `${mark}@example.test`;
  if (/name/i.test(name)) return `Ms ${mark}`;
  if (/plate/i.test(name)) return mark.slice(0, 8);
  if (/Id$|^(start|end|proto)$|At$/.test(name)) return undefined;
  return `${mark} typed`;
};

/** Cookies of new people of every role for each procedure, as some delete the account; made before anything is broken. */
async function prepare(
  kinds: readonly KindOfCaller[],
): Promise<(readonly [RouterProcedure, readonly string[]])[]> {
  const { siteId } = house;
  return await Promise.all(
    listProcedures().map(async (procedure) => {
      const people = kinds.map((kind) => makeCaller(database.pool, { kind, siteId, name: `Mx ${mark}` }));
      const cookies = (await Promise.all(people)).map(({ cookie }) => cookie);
      tokens.push(...cookies.filter(Boolean).map((cookie) => cookie.split('=')[1]!));
      return [procedure, cookies] as const;
    }),
  );
}

/** Everything that can be called, by everybody, well and badly. */
async function walk(prepared: Awaited<ReturnType<typeof prepare>>): Promise<void> {
  for (const [procedure, cookies] of prepared) {
    const schema = procedure.inputs.find(isSchema);
    const input = schema ? sampleOf(schema, typed).value : undefined;
    const callAs = async (cookie: string): Promise<void> => {
      const call = { url: server.url, procedure, cookie, headers: { 'user-agent': `${mark} browser` } };
      await callWire({ ...call, input: { [mark]: mark, password: mark } });
      await callWire({ ...call, input });
    };
    await Promise.all(cookies.map(callAs));
  }
}

async function wishEverything(): Promise<void> {
  for (const [op, schema] of Object.entries(opSchemas) as unknown as [string, Schema][]) {
    const sample = sampleOf(schema, typed);
    const broken = withValueAt(sample.value, ['note'], mark);
    for (const person of Object.values(house.people))
      await wish({ pool: database.pool, url: server.url }, person, [
        { op, args: sample.value },
        { op, args: broken },
      ]);
  }
}

/** What must not stand in the log, of all that is known by now. */
async function leaks(): Promise<string[]> {
  const { rows } = await database.pool.query<{ secret: string }>(
    `select email as secret from users union all select name from users
     union all select hash from passwords union all select to_address from mails`,
  );
  const secrets = [mark, TEST_PASSWORD, ...tokens, ...rows.map(({ secret }) => secret)];
  const log = [...lines, ...written].join('\n');
  return secrets.filter((secret) => log.includes(secret));
}

describe('A7 C10 at LOG_LEVEL=debug no token, password, e-mail or name is logged', () => {
  it('A7 when every procedure is called, well and badly', async () => {
    await walk(await prepare(['signed_out', 'resident', 'manager', 'administrator']));
    expect(await leaks()).toEqual([]);
  });

  it('A7 when every op is asked for, well and badly', async () => {
    await wishEverything();
    expect(await leaks()).toEqual([]);
  });

  it('A7 when everything that looks at an account fails within the server', async () => {
    const broken = await prepare(['signed_out', 'manager']);
    const known = lines.length;
    await database.pool.query('alter table users rename column name to name_away');
    await walk(broken);
    await database.pool.query('alter table users rename column name_away to name');
    expect(lines.length).toBeGreaterThan(known);
    expect(await leaks()).toEqual([]);
    expect(lines.every((line) => line.endsWith('\n') && JSON.parse(line) !== null)).toBe(true);
  });
});
