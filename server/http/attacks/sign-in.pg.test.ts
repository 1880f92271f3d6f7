import { randomUUID } from 'node:crypto';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { defaultLimits } from '../../services/auth/sign-in-limits';
import {
  createTestAuthenticator,
  type Misbehaviour,
  type TestAuthenticator,
} from '../../services/auth/testing-authenticator';
import { demoId } from '../../services/demo/demo-people';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';
import { anyAddress, makeCaller } from './testing-people';
import { callWire, type WireAnswer } from './testing-wire';

const ORIGIN = 'http://localhost';
const RESIDENT = 'resident-a@demo.undercroft.test';

let database: TestDatabase;
let servers: TestServer[];
beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, trustProxy: 1, origin: ORIGIN };
  // Two processes, as behind a load balancer.
  servers = [
    await startTestServer({ ...options, demoPassword: TEST_PASSWORD }),
    await startTestServer(options),
  ];
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await database.close();
});

interface Post {
  cookie?: string;
  /** Where from; another household at each call without one. */
  address?: string;
  /** Which process answers. */
  process?: number;
}

function post(
  path: string,
  input: unknown,
  { cookie = '', address, process = 0 }: Post = {},
): Promise<WireAnswer> {
  const headers = { 'x-forwarded-for': address ?? anyAddress() };
  const procedure = { path, type: 'mutation' } as const;
  return callWire({ url: servers[process]!.url, procedure, cookie, input, headers });
}

const signIn = (email: string, password: string, from?: Post) =>
  post('auth.signIn', { email, password }, from);

/** An account with a passkey alone. */
async function enrol(): Promise<{ authenticator: TestAuthenticator; userId: string }> {
  const { cookie, userId } = await makeCaller(database.pool, { kind: 'resident', siteId: demoId('site/0') });
  const authenticator = createTestAuthenticator(ORIGIN);
  const asked = dataOf<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }>(
    await post('auth.passkeyRegisterOptions', undefined, { cookie }),
  );
  const response = authenticator.create(asked.options);
  const { challengeId } = asked;
  const made = await post('auth.passkeyRegister', { challengeId, response, name: 'Phone' }, { cookie });
  expect(made.code).toBeNull();
  return { authenticator, userId: userId! };
}

async function askForChallenge() {
  return dataOf<{ challengeId: string; options: PublicKeyCredentialRequestOptionsJSON }>(
    await post('auth.passkeySignInOptions', undefined),
  );
}

async function signInByPasskey(authenticator: TestAuthenticator, wrong?: Misbehaviour) {
  const { challengeId, options } = await askForChallenge();
  const request = { challengeId, response: authenticator.get(options, wrong) };
  return { request, answer: await post('auth.passkeySignIn', request) };
}

describe('B10 guessing passwords', () => {
  it('B10 password spraying from one address ends at its limit, in every process, and says when to come back', async () => {
    const address = anyAddress();
    const { points } = defaultLimits.signIn.address;
    const codes: (string | null)[] = [];
    for (let count = 0; count < points + 5; count++) {
      const email = `somebody-${String(count)}@example.test`;
      codes.push((await signIn(email, 'Summer2026!', { address, process: count % 2 })).code);
    }
    expect(codes.slice(0, points)).toEqual(Array<string>(points).fill('credentials_wrong'));
    expect(codes.slice(points)).toEqual(Array<string>(5).fill('too_many_requests'));
    const refused = await signIn(RESIDENT, TEST_PASSWORD, { address });
    expect(refused).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await signIn(RESIDENT, TEST_PASSWORD)).code).toBeNull();
  });

  it('B10 one account guessed at from many addresses ends at its limit, known or not', async () => {
    const { points } = defaultLimits.signIn.account!;
    for (const email of ['resident-b@demo.undercroft.test', 'nobody@example.test']) {
      const codes: (string | null)[] = [];
      for (let count = 0; count < points + 2; count++)
        codes.push((await signIn(email, `guess ${String(count)}`, { process: count % 2 })).code);
      expect(codes, email).toEqual([
        ...Array<string>(points).fill('credentials_wrong'),
        ...['too_many_requests', 'too_many_requests'],
      ]);
    }
    // Whoever comes by passkey is not locked out by strangers' guesses.
    const { authenticator } = await enrol();
    expect((await signInByPasskey(authenticator)).answer.code).toBeNull();
  });
});

describe('A2 telling who has an account', () => {
  /** All that comes over the wire but what differs from call to call: nothing is to. */
  const seen = ({ status, text, headers }: WireAnswer) => ({
    status,
    text,
    headers: [...headers].filter(([name]) => name !== 'date'),
  });

  it('A2 user enumeration by answer: a wrong password, a wrong e-mail and a broken one are answered alike', async () => {
    const known = await signIn('guard@demo.undercroft.test', 'wrong horse');
    expect(known.code).toBe('credentials_wrong');
    expect(seen(await signIn('nobody-at-all@example.test', 'wrong horse'))).toEqual(seen(known));
    expect(seen(await signIn('no address', 'wrong horse'))).toEqual(seen(known));
    // An account that has no password.
    expect(seen(await signIn('ines.fuchs@demo.undercroft.test', 'wrong horse'))).toEqual(seen(known));
  });

  it('A2 user enumeration by answer: recovery answers everybody alike', async () => {
    const ask = (email: string) => post('account.recover', { email });
    const known = await ask('manager@demo.undercroft.test');
    expect(known.code).toBeNull();
    expect(seen(await ask('nobody-at-all@example.test'))).toEqual(seen(known));
  });

  it('A2 user enumeration by answer: a passkey that nobody has and one that signs wrongly are answered alike', async () => {
    const { authenticator } = await enrol();
    const wrong = await signInByPasskey(authenticator, { origin: 'https://evil.example' });
    const stranger = await signInByPasskey(createTestAuthenticator(ORIGIN));
    expect(wrong.answer.code).toBe('passkey_refused');
    expect(seen(stranger.answer)).toEqual(seen(wrong.answer));
  });

  it.each([
    ['sign-in', (email: string) => signIn(email, 'wrong horse')],
    ['recovery', (email: string) => post('account.recover', { email })],
  ])('A2 user enumeration by time: %s', async (what, ask) => {
    const times = { known: [] as number[], unknown: [] as number[] };
    const measure = async (kind: keyof typeof times, email: string) => {
      const began = performance.now();
      await ask(email);
      times[kind].push(performance.now() - began);
    };
    // In turns, so that a machine that slows down slows both; each account once, so that no limit stands in the way.
    for (let round = 0; round < 15; round++) {
      const userId = newId();
      await database.pool.query(`insert into users (user_id, email, name) values ($1, $2, 'Timed')`, [
        ...[userId, `${userId}@example.test`],
      ]);
      await database.pool.query(
        `insert into passwords (user_id, hash, changed_at) select $1, hash, now() from passwords where user_id = $2`,
        [userId, demoId('user/guard')],
      );
      await measure('known', `${userId}@example.test`);
      await measure('unknown', `${randomUUID()}@example.test`);
    }
    const [known, unknown] = [median(times.known), median(times.unknown)];
    console.log(
      `enumeration by time, ${what}: known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms`,
    );
    // Gross differences only, such as a hash that is not computed: a test on a shared machine cannot tell finer ones.
    expect(Math.abs(known - unknown)).toBeLessThan(Math.max(15, 0.5 * Math.max(known, unknown)));
  });
});

describe('K6 passkeys that are not what they seem', () => {
  it('K6 challenge replay: an answer opens one session, once, in whichever process', async () => {
    const { authenticator } = await enrol();
    const { request, answer } = await signInByPasskey(authenticator);
    expect(answer.code).toBeNull();
    for (const process of [0, 1]) {
      const replayed = await post('auth.passkeySignIn', request, { process });
      expect(replayed).toMatchObject({ status: 401, code: 'passkey_refused' });
      expect(replayed.headers.getSetCookie()).toEqual([]);
    }
  });

  it('K6 challenge replay: an answer to another challenge, or to another ceremony, opens nothing', async () => {
    const { authenticator, userId } = await enrol();
    const [one, other] = [await askForChallenge(), await askForChallenge()];
    const response = authenticator.get(one.options);
    const crossed = await post('auth.passkeySignIn', { challengeId: other.challengeId, response });
    expect(crossed.code).toBe('passkey_refused');

    const { cookie } = await makeCaller(database.pool, { kind: 'resident', siteId: demoId('site/0') });
    const third = await askForChallenge();
    const verifying = { challengeId: third.challengeId, response: authenticator.get(third.options) };
    // A sign-in's challenge, and somebody else's passkey.
    expect((await post('auth.verifyByPasskey', verifying, { cookie })).code).toBe('passkey_refused');
    const { rows } = await database.pool.query(
      'select from sessions where user_id = $1 and signed_in_by = $2',
      [...[userId, 'passkey']],
    );
    expect(rows).toHaveLength(0);
  });

  it('K6 counter rollback: a copied authenticator that counts behind is refused', async () => {
    const { authenticator } = await enrol();
    expect((await signInByPasskey(authenticator, { counter: 9 })).answer.code).toBeNull();
    for (const counter of [9, 3]) {
      const { answer } = await signInByPasskey(authenticator, { counter });
      expect(answer.code, String(counter)).toBe('passkey_refused');
    }
    expect((await signInByPasskey(authenticator, { counter: 10 })).answer.code).toBeNull();
  });
});

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!;
}

function dataOf<T>({ text }: WireAnswer): T {
  return (JSON.parse(text) as { result: { data: T } }).result.data;
}
