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

  it('B10 stops guesses at many accounts from many networks, but spares whom nobody has guessed at', async () => {
    const signIn = { ...limits.signIn, site: { points: 4, duration: 60, spared: 2 } };
    const told: unknown[] = [];
    const [here, there] = [1, 2].map(() =>
      createSignInLimits({
        ...{ pool: database.pool, limits: { ...limits, signIn } },
        onLimited: ({ by }) => told.push(by),
      }),
    );
    const from = (n: number, account = `nobody-${n}@example.test`) => ({
      address: `198.51.${n}.7`,
      account,
    });
    for (const n of [1, 2, 3]) await here!.admit('signIn', from(n));
    // One that succeeds does not count.
    const honest = await here!.admit('signIn', from(4));
    if (honest.ok) await honest.succeeded();
    const guessedAt = 'nobody-1@example.test';
    await expect(there!.admit('signIn', from(5, guessedAt))).resolves.toMatchObject({ ok: true });
    // Used up: an account with two failures has to wait, one with none does not, wherever it comes from.
    await expect(there!.admit('signIn', from(6, guessedAt))).resolves.toEqual({ ok: false, retryAfter: 60 });
    for (const process of [here!, there!]) {
      const owner = await process.admit('signIn', from(7, 'owner@example.test'));
      expect(owner.ok).toBe(true);
      if (owner.ok) await owner.succeeded();
    }
    await expect(here!.admit('passkeySignIn', from(8))).resolves.toMatchObject({ ok: true });
    expect(told).toEqual(['site']);
  });

  it('B10 who uses up registering keeps nobody out who is invited', async () => {
    const register = { address: { points: 9, duration: 60 }, site: { points: 1, duration: 60 } };
    const here = createSignInLimits({ pool: database.pool, limits: { ...limits, register } });
    await here.admit('register', { address: '192.0.2.1' });
    await expect(here.admit('register', { address: '198.51.100.1' })).resolves.toMatchObject({ ok: false });
    await expect(here.admit('registerInvited', { address: '198.51.100.1' })).resolves.toMatchObject({
      ok: true,
    });
  });

  it.each([
    ['IPv6 /48', (n: number) => `2001:db8:7:${n.toString(16)}::1`, '2001:db8:8::1'],
    ['IPv4 /24', (n: number) => `198.51.100.${n}`, '198.51.101.1'],
  ])('B10 stops an %s, whatever networks in it the guesses come from', async (_area, address, elsewhere) => {
    const signIn = { ...limits.signIn, area: { points: 6, duration: 60 } };
    const here = createSignInLimits({ pool: database.pool, limits: { ...limits, signIn } });
    const guess = (from: string, n: number) => here.admit('signIn', { address: from, account: `${n}` });
    for (let n = 1; n <= 6; n++) expect(await guess(address(n), n)).toMatchObject({ ok: true });
    await expect(guess(address(7), 7)).resolves.toEqual({ ok: false, retryAfter: 60 });
    await expect(guess(elsewhere, 8)).resolves.toMatchObject({ ok: true });
  });

  it('C10 tells of a limit once, not of each call that is turned away', async () => {
    const told: unknown[] = [];
    const limited = createSignInLimits({
      ...{ pool: database.pool, limits },
      onLimited: ({ call, by }) => told.push([call, by]),
    });
    for (let n = 1; n <= 6; n++) await limited.admit('signIn', { ...ada, address: `192.0.2.${n}` });
    expect(told).toEqual([['signIn', 'account']]);
  });
});
