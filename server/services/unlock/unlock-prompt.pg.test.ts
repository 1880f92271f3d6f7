import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createLogger } from '../../platform/logger';
import { createSignInLimits, defaultLimits } from '../auth/sign-in-limits';
import { createUnlockPrompt } from './unlock-prompt';
import { createUnlockRequests } from './unlock-requests';

const HOUR = 3_600_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate rate_limits, unlock_requests'));

async function addUser(): Promise<string> {
  const userId = newId();
  await database.pool.query(
    `insert into users (user_id, email, name, created_at) values ($1, $2, 'Ada', now())`,
    [userId, `${userId}@example.test`],
  );
  return userId;
}

/** What a house's server does for its browsers that ask; `sent` counts the prompts. */
function setUp(limits = defaultLimits) {
  const clock = createSettableClock(Date.UTC(2026, 10, 22));
  const { pool } = database;
  const send = vi.fn<(userId: string) => Promise<number>>(() => Promise.resolve(1));
  const never = () => Promise.reject(new Error('not for a prompt'));
  const push = { publicKey: never, subscribe: never, unsubscribe: never, isSubscribed: never, send };
  const prompt = createUnlockPrompt({
    ...{ pool, clock, push },
    limits: createSignInLimits({ pool, limits }),
    logger: createLogger({ level: 'error' }),
  });
  const requests = createUnlockRequests({ pool, clock, newId });
  const ask = async (userId: string) => {
    const begun = await requests.begin({ address: '192.0.2.1', userAgent: '', askedUserId: userId });
    const { requestId, expiresAt } = begun;
    await prompt.send({ userId, address: '192.0.2.1', requestId, browser: 'Firefox', expiresAt, ttl: 120 });
    return begun;
  };
  return { clock, requests, ask, sent: () => send.mock.calls.length };
}

describe('unlock prompts', () => {
  it('B2 after a refusal the phone is left alone for an hour', async () => {
    const { ask, requests, clock, sent } = setUp();
    const userId = await addUser();
    const { requestId } = await ask(userId);
    await expect(requests.refuse({ userId, requestId, code: null })).resolves.toMatchObject({ ok: true });
    clock.advance(HOUR - 1);
    await ask(userId);
    expect(sent()).toBe(1);
    clock.advance(1);
    await ask(userId);
    expect(sent()).toBe(2);
  });

  it('B2 somebody else who refuses by the code silences nobody’s phone', async () => {
    const { ask, requests, sent } = setUp();
    const [userId, mallory] = [await addUser(), await addUser()];
    const { requestId, code } = await ask(userId);
    await expect(requests.refuse({ userId: mallory, requestId, code })).resolves.toMatchObject({ ok: true });
    await ask(userId);
    expect(sent()).toBe(2);
  });

  it('B2 whoever asks all day long wakes a phone ten times', async () => {
    // As many in ten minutes as there may be, so that the day's limit alone is looked at.
    const many = { address: { points: 1000, duration: 600 }, account: { points: 1000, duration: 600 } };
    const { ask, sent } = setUp({ ...defaultLimits, unlockPrompt: many });
    const userId = await addUser();
    for (let count = 0; count < 13; count++) await ask(userId);
    expect(sent()).toBe(10);
    await ask(await addUser());
    expect(sent()).toBe(11);
  });
});
