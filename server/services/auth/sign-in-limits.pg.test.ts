import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import type { SignInLimitTable } from './sign-in-limits';
import { createSignInLimits, defaultLimits } from './sign-in-limits';

const limits: SignInLimitTable = {
  ...defaultLimits,
  signIn: { address: { points: 5, duration: 60 }, account: { points: 3, duration: 120 } },
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.pool.query('truncate rate_limits');
  // The library reads Date itself; only that is held still.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 21) });
});
afterEach(() => {
  vi.useRealTimers();
});

const setUp = () => createSignInLimits({ pool: database.pool, limits });
const ada = { address: '192.0.2.1', account: 'ada@example.test' };

describe('createSignInLimits', () => {
  it('B10 stops an account after its failures, from whatever address and process, and lets it again later', async () => {
    const [here, there] = [setUp(), setUp()];
    for (const last of [1, 2, 3]) {
      await expect(here.admit('signIn', { ...ada, address: `192.0.2.${last}` })).resolves.toMatchObject({
        ok: true,
      });
    }
    await expect(there.admit('signIn', ada)).resolves.toEqual({ ok: false, retryAfter: 120 });
    vi.setSystemTime(Date.now() + 119_500);
    await expect(there.admit('signIn', { ...ada, address: '192.0.2.9' })).resolves.toEqual({
      ok: false,
      retryAfter: 1,
    });
    vi.setSystemTime(Date.now() + 500);
    await expect(there.admit('signIn', { ...ada, address: '192.0.2.9' })).resolves.toMatchObject({
      ok: true,
    });
  });

  it('B10 stops an address after its failures with whatever accounts', async () => {
    const here = setUp();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await expect(here.admit('signIn', { ...ada, account: name })).resolves.toMatchObject({ ok: true });
    }
    await expect(here.admit('signIn', { ...ada, account: 'f' })).resolves.toEqual({
      ok: false,
      retryAfter: 60,
    });
    await expect(here.admit('signIn', { address: '192.0.2.2', account: 'f' })).resolves.toMatchObject({
      ok: true,
    });
    await expect(here.admit('register', { address: ada.address })).resolves.toMatchObject({ ok: true });
  });

  it('B10 does not count what succeeded', async () => {
    const here = setUp();
    for (let attempt = 0; attempt < 20; attempt++) {
      const admission = await here.admit('signIn', ada);
      expect(admission.ok).toBe(true);
      if (admission.ok) await admission.succeeded();
    }
  });

  it('B10 lets no burst slip through', async () => {
    const here = setUp();
    const burst = await Promise.all(Array.from({ length: 10 }, () => here.admit('signIn', ada)));
    expect(burst.filter((admission) => admission.ok)).toHaveLength(3);
  });

  it('keeps no e-mail in the table', async () => {
    await setUp().admit('signIn', ada);
    const { rows } = await database.pool.query<{ key: string }>('select key from rate_limits');
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain('ada');
  });
});
