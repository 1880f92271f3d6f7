import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSessionToken } from '../../services/auth/session-token';
import { demoId } from '../../services/demo/demo-people';
import { startTestServer, type TestServer } from '../testing';
import { createTestDevice, TEST_PASSWORD } from '../testing-device';
import { makeCaller, openSession } from './testing-people';
import { callWire, type WireAnswer } from './testing-wire';

const RESIDENT = 'resident-a@demo.undercroft.test';
const session = { path: 'auth.session', type: 'query' } as const;

let database: TestDatabase;
let servers: TestServer[];
let siteId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, trustProxy: 1 };
  servers = [
    await startTestServer({ ...options, demoPassword: TEST_PASSWORD }),
    await startTestServer(options),
  ];
  siteId = demoId('site/0');
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await database.close();
});

function call(path: string, cookie: string, input?: unknown, process = 0): Promise<WireAnswer> {
  const procedure = path === session.path ? session : ({ path, type: 'mutation' } as const);
  return callWire({ url: servers[process]!.url, procedure, cookie, input });
}

const signIn = (cookie: string) => call('auth.signIn', cookie, { email: RESIDENT, password: TEST_PASSWORD });

/** Whose a cookie is; null for nobody's. */
async function userOf(cookie: string, process = 0): Promise<string | null> {
  const { text } = await call('auth.session', cookie, undefined, process);
  const answer = JSON.parse(text) as { result: { data: { user: { id: string } | null } } };
  return answer.result.data.user?.id ?? null;
}

function issued({ headers }: WireAnswer): string {
  return headers.getSetCookie().at(-1)?.split(';')[0] ?? '';
}

describe('A2 session fixation', () => {
  it('A2 a token that somebody planted before the sign-in is worth nothing after it', async () => {
    const planted = `undercroft=${createSessionToken()}`;
    const answer = await signIn(planted);
    expect(answer.code).toBeNull();
    expect(issued(answer)).not.toBe(planted);
    expect(await userOf(planted)).toBeNull();
    expect(await userOf(issued(answer))).toBe(demoId('user/resident-a'));
  });

  it("A2 an attacker's own session planted in a browser never becomes the victim's", async () => {
    const attacker = await makeCaller(database.pool, { kind: 'resident', siteId });
    const answer = await signIn(attacker.cookie);
    expect(await userOf(issued(answer))).toBe(demoId('user/resident-a'));
    for (const process of [0, 1]) expect(await userOf(attacker.cookie, process)).toBeNull();
  });

  it('A2 two cookies of one name: what the browser did not get from here is not preferred', async () => {
    const attacker = await makeCaller(database.pool, { kind: 'resident', siteId });
    const own = issued(await signIn(''));
    // Browsers send the older or longer path first; either way it is one session, whole, never a mix.
    expect([demoId('user/resident-a'), attacker.userId]).toContain(
      await userOf(`${own}; ${attacker.cookie}`),
    );
  });
});

describe('B5 A2 a stolen cookie', () => {
  it('A2 opens nothing once its owner has signed out, here at once and elsewhere within 2 s', async () => {
    const cookie = issued(await signIn(''));
    for (const process of [0, 1]) expect(await userOf(cookie, process)).not.toBeNull();
    await call('auth.signOut', cookie);
    expect(await userOf(cookie)).toBeNull();
    await expect.poll(() => userOf(cookie, 1), { timeout: 4000 }).toBeNull();
  });

  it('B5 opens nothing and hears nothing once its owner has ended all other sessions', async () => {
    const { userId, cookie: own } = await makeCaller(database.pool, { kind: 'resident', siteId });
    const stolen = await openSession(database.pool, { userId: userId! });
    const thief = createTestDevice(servers[0]!.url);
    for (const process of [0, 1])
      expect((await call('sync.pull', stolen, pullOf(thief.clientId), process)).code).toBeNull();
    const revoked = await call('sessions.revokeOthers', own, {});
    expect(revoked.code).toBeNull();
    const refusals = ['session_revoked', 'signed_out'];
    expect(refusals).toContain((await call('sync.pull', stolen, pullOf(thief.clientId))).code);
    expect(await userOf(stolen)).toBeNull();
    await expect
      .poll(async () => (await call('sync.pull', stolen, pullOf(thief.clientId), 1)).code, { timeout: 4000 })
      .toSatisfy((code: string | null) => refusals.includes(code ?? ''));
    const streamed = await callWire({
      url: servers[0]!.url,
      procedure: { path: 'sync.pokes', type: 'subscription' },
      cookie: stolen,
    });
    expect(refusals).toContain(streamed.code);
    // The owner's own goes on, whatever token it has now.
    expect(await userOf(issued(revoked) || own)).toBe(userId);
  });

  it('B10 is not renewed by the thief for ever: a session has an end that no use moves', async () => {
    const { userId, cookie } = await makeCaller(database.pool, { kind: 'manager', siteId });
    await database.pool.query(
      `update sessions set ends_at = now() - interval '1 second' where user_id = $1`,
      [userId],
    );
    expect(await userOf(cookie)).toBeNull();
  });
});

describe('K6 a right that was taken away', () => {
  it('B10 K6 a manager who is made a resident is no manager anywhere within 2 s', async () => {
    const { memberId, cookie } = await makeCaller(database.pool, { kind: 'manager', siteId });
    const managing = { path: 'invitation.issueLink', type: 'mutation' } as const;
    for (const { url } of servers)
      expect((await callWire({ url, procedure: managing, cookie, input: {} })).code).not.toBe(
        'role_forbidden',
      );
    await database.pool.query(`update members set role = 'resident' where member_id = $1`, [memberId]);
    for (const { url } of servers) {
      await expect
        .poll(async () => (await callWire({ url, procedure: managing, cookie, input: {} })).code, {
          timeout: 4000,
        })
        .toSatisfy((code: string | null) =>
          ['role_forbidden', 'signed_out', 'session_revoked'].includes(code ?? ''),
        );
    }
  });
});

function pullOf(clientId: string) {
  return { proto: 1, build: 'test', clientId, cookie: null };
}
