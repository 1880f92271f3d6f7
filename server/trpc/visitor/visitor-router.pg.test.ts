import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VisitorLinkView } from '#shared/protocol/visitor-link';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { startTestServer, type TestServer } from '../../http/testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';
import { createLogger } from '../../platform/logger';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const clock = createSettableClock(NOW);
const logged: string[] = [];
let database: TestDatabase;
let server: TestServer;
let resident: TestDevice;
let guard: TestDevice;
let count = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({
    databaseUrl: database.url,
    demoPassword: TEST_PASSWORD,
    clock,
    logger: createLogger({ level: 'debug', write: (line) => void logged.push(line) }),
  });
  resident = createTestDevice(server.url);
  guard = createTestDevice(server.url);
  await resident.signIn('resident-a@demo.undercroft.test');
  await guard.signIn('guard@demo.undercroft.test');
  await database.pool.query(`update sites set policy = policy || '{"visitorPassesPerWeek": 1000}'`);
});
afterAll(async () => {
  await server.close();
  await database.close();
});

function hashOf(token: string): string {
  return createHash('sha256').update(Buffer.from(token, 'base64url')).digest('base64url');
}

/** A phone's holder key: the compressed point as base64url. */
function holderKey(): string {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const sign = (Buffer.from(y!, 'base64url').at(-1)! & 1) === 1 ? 3 : 2;
  return Buffer.concat([Buffer.from([sign]), Buffer.from(x!, 'base64url')]).toString('base64url');
}

/** Issues a pass with a link and answers its secret. */
async function issue(fields: Record<string, unknown> = {}, issuer = resident) {
  const token = randomBytes(32).toString('base64url');
  const visitorPassId = randomUUID();
  const args = {
    ...{ visitorPassId, visitors: [{ name: `Anna ${++count}`, phone: '+48 600 100 200' }], uses: 1 },
    ...{ start: clock.now(), end: clock.now() + 2 * HOUR, plate: 'WX 1', amount: 0, payment: 'none' },
    ...{ reference: '', binds: false, linkHash: hashOf(token), ...fields },
  };
  const answer = await issuer.push([{ op: 'visitor.issue@1', args }]);
  expect(answer.data?.outcomes[0]).toMatchObject({ status: 'applied' });
  return { token, visitorPassId };
}

const visitor = () => createTestDevice(server.url);
const open = (token: string, key: string | null = null) =>
  visitor().post<VisitorLinkView>('visitor.open', { token, holderKey: key });

/** The rows of this entity on a device that pulls for the first time. */
async function pulled(device: TestDevice, entity: string) {
  const { data } = await device.pull(null);
  const puts = Object.values(data!.changes).flatMap(({ put }) => put as { entity: string; row: never }[]);
  return puts.filter((put) => put.entity === entity).map(({ row }) => row as Record<string, unknown>);
}

describe('D2 visitor.open', () => {
  test('shows the pass to who has the link, signed in or not, and nothing of a phone number', async () => {
    const { token } = await issue({
      uses: 2,
      visitors: [
        { name: 'Anna', phone: '+48 600 100 200' },
        { name: 'Ben', phone: '555 123' },
      ],
    });
    const answer = await open(token);
    expect(answer.status).toBe(200);
    expect(answer.data).toMatchObject({
      visitors: ['Anna', 'Ben'],
      plate: 'WX 1',
      uses: 2,
      state: 'valid',
      holder: 'anybody',
      timeZone: 'Europe/Berlin',
      serverNow: clock.now(),
    });
    expect(answer.data?.code).toMatch(/^[A-Z2-9]{8}$/);
    expect(answer.text).not.toContain('600 100');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    randomBytes(32).toString('base64url'),
    'x',
    '',
    `${'A'.repeat(42)}=`,
    '../etc',
    'A'.repeat(200),
  ])('D2 says the same to every secret that no pass has: %j', async (token) => {
    const answer = await open(token);
    expect([answer.status, answer.error?.code]).toEqual([404, 'visitor_pass_not_found']);
  });

  test('D2 an old link opens nothing once there is a new one, nor one that was taken away', async () => {
    const { token, visitorPassId } = await issue();
    const next = randomBytes(32).toString('base64url');
    await resident.push([{ op: 'visitor.link@1', args: { visitorPassId, linkHash: hashOf(next) } }]);
    expect((await open(token)).error?.code).toBe('visitor_pass_not_found');
    expect((await open(next)).data?.state).toBe('valid');
    await resident.push([{ op: 'visitor.link@1', args: { visitorPassId, linkHash: null } }]);
    expect((await open(next)).error?.code).toBe('visitor_pass_not_found');
  });

  test('D2 a revoked pass is said to be revoked, and its code is gone', async () => {
    const { token, visitorPassId } = await issue();
    await guard.push([{ op: 'visitor.revoke@1', args: { visitorPassId } }]);
    expect((await open(token)).data).toMatchObject({ state: 'revoked', code: null, signed: null });
  });

  test('D2 a pass that is over, and one that is used up', async () => {
    const { token, visitorPassId } = await issue();
    const { rows } = await database.pool.query<{ pass_id: string }>(
      'select pass_id from passes where visitor_pass_id = $1',
      [visitorPassId],
    );
    const args = {
      ...{ scanId: randomUUID(), passId: rows[0]!.pass_id, gate: 1, scannedAt: clock.now() },
      ...{ result: 'valid', reason: '', code: '' },
    };
    await guard.push([{ op: 'scan.record@1', args }]);
    const used = (await open(token)).data;
    expect(used?.state).toBe('used');
    // It is shown once more when leaving.
    expect(used?.signed).not.toBeNull();
    clock.advance(2 * HOUR);
    expect((await open(token)).data).toMatchObject({ state: 'over', code: null, signed: null });
  });

  test('D2 D4 a double pass that nobody took before somebody came in on it is for no phone any more', async () => {
    const { token, visitorPassId } = await issue({ uses: 2, binds: true });
    const { rows } = await database.pool.query<{ pass_id: string }>(
      'select pass_id from passes where visitor_pass_id = $1',
      [visitorPassId],
    );
    const args = {
      ...{ scanId: randomUUID(), passId: rows[0]!.pass_id, gate: 1, scannedAt: clock.now() },
      ...{ result: 'valid', reason: '', code: '' },
    };
    await guard.push([{ op: 'scan.record@1', args }]);
    expect((await open(token, holderKey())).data).toMatchObject({
      state: 'used',
      holder: 'nobody_yet',
      code: null,
    });
  });

  test('D2 X1 binds to the first phone with a key, for good, and never shows the static form', async () => {
    const { token, visitorPassId } = await issue({ binds: true });
    expect((await open(token)).data).toMatchObject({ holder: 'nobody_yet', code: null, signed: null });
    const [mine, theirs] = [holderKey(), holderKey()];
    const first = (await open(token, mine)).data;
    expect(first).toMatchObject({ holder: 'this_phone', state: 'valid' });
    expect((await open(token, mine)).data?.signed).toBe(first?.signed);
    expect((await open(token, theirs)).data).toMatchObject({
      holder: 'another_phone',
      code: null,
      signed: null,
    });
    expect((await open(token)).data).toMatchObject({ holder: 'another_phone', signed: null });
    const { rows } = await database.pool.query(
      'select status, signed, holder_key from passes where visitor_pass_id = $1 order by status',
      [visitorPassId],
    );
    expect(rows).toMatchObject([{ status: 'revoked', holder_key: null }, { status: 'valid' }]);
    expect(first?.signed).toBe((rows[1] as { signed: Buffer }).signed.toString('base64url'));
  });

  test('D2 twenty phones at once: one has it, the others are told', async () => {
    const { token } = await issue({ binds: true });
    const answers = await Promise.all(Array.from({ length: 20 }, () => open(token, holderKey())));
    const holders = answers.map(({ data }) => data?.holder);
    expect(holders.filter((holder) => holder === 'this_phone')).toHaveLength(1);
    expect(holders.filter((holder) => holder === 'another_phone')).toHaveLength(19);
  });

  test('D2 A7 nothing of the secret is in the log or the database', async () => {
    const { token } = await issue({ binds: true });
    await open(token, holderKey());
    await open(`${token.slice(0, 42)}A`, null);
    await visitor().post('visitor.open', `{"token":"${token}","holderKey":5}`);
    await visitor().post('visitor.open', `{"token":"${token}"`);
    expect(logged.filter((line) => line.includes(token.slice(0, 20)))).toEqual([]);
    const { rows } = await database.pool.query<{ found: number }>(
      `select count(*)::int as found from intents where args::text like '%' || $1 || '%' or outcome::text like '%' || $1 || '%'`,
      [token],
    );
    expect(rows[0]?.found).toBe(0);
  });

  test('D2 a key that is none is refused', async () => {
    const { token } = await issue({ binds: true });
    expect((await open(token, 'AAAA')).error?.code).toBe('request_invalid');
  });
});

describe('D2 what comes down', () => {
  test('to the issuer: the pass with its code, but nothing of one that is for the visitor’s phone alone', async () => {
    const plain = await issue();
    const bound = await issue({ binds: true });
    const own = await pulled(resident, 'visitor_pass');
    expect(own.find(({ id }) => id === plain.visitorPassId)).toMatchObject({
      linkHash: hashOf(plain.token),
      openedAt: null,
      binds: false,
      code: expect.stringMatching(/^[A-Z2-9]{8}$/) as string,
      signed: expect.any(String) as string,
    });
    expect(own.find(({ id }) => id === bound.visitorPassId)).toMatchObject({ code: null, signed: null });
    await open(bound.token, holderKey());
    const after = (await pulled(resident, 'visitor_pass')).find(({ id }) => id === bound.visitorPassId);
    expect(after).toMatchObject({ openedAt: clock.now(), code: null, signed: null });
    // Not among the passes that are the member's own.
    expect(await pulled(resident, 'pass')).toEqual([]);
    expect(await pulled(guard, 'visitor_pass')).toEqual([]);
  });

  test('to the gate: names, host and plate, and no phone number', async () => {
    const { visitorPassId } = await issue({
      visitors: [
        { name: 'Zoe', phone: '+44 7700 900123' },
        { name: 'Yan', phone: '+44 7700 900124' },
      ],
    });
    const { data, text } = await guard.pull(null);
    const rows = Object.values(data!.changes).flatMap(({ put }) => put as { row: Record<string, unknown> }[]);
    const listed = rows.find(({ row }) => row['visitorPassId'] === visitorPassId)?.row;
    expect(listed).toMatchObject({
      personName: 'Zoe & Yan',
      plate: 'WX 1',
      kind: 1,
      slotLabel: '',
      bound: false,
    });
    expect(listed?.['hostName']).toEqual(expect.stringMatching(/\w/));
    expect(text).not.toContain('7700 900');
  });

  test('30 days after its end it comes down no more', async () => {
    const { visitorPassId } = await issue();
    clock.advance(2 * HOUR + 29 * 24 * HOUR);
    const has = async () => (await pulled(resident, 'visitor_pass')).some(({ id }) => id === visitorPassId);
    expect(await has()).toBe(true);
    clock.advance(24 * HOUR);
    expect(await has()).toBe(false);
  });
});

test('D2 A8 one address asks for so many links and no more, and is told when to come again', async () => {
  const { token } = await issue();
  let refused: Awaited<ReturnType<typeof open>> | null = null;
  for (let calls = 0; calls < 650 && refused === null; calls += 25) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => open(token)));
    refused = answers.find(({ status }) => status === 429) ?? null;
  }
  expect(refused?.error?.code).toBe('too_many_requests');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
});
