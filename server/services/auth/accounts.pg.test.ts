import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createAccounts } from './accounts';
import { createPasswordHasher } from './passwords';
import { addSite, addUser } from './testing-people';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('delete from users; delete from sites'));

const good = { email: 'ada@example.test', password: 'correct horse', name: 'Ada' };

function setUp() {
  const passwords = createPasswordHasher();
  const joinAsResident = vi.fn(() => Promise.resolve());
  const clock = createSettableClock(Date.UTC(2026, 10, 21));
  const accounts = createAccounts({ pool: database.pool, clock, newId, passwords, joinAsResident });
  return { accounts, passwords, joinAsResident };
}

async function countUsers(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>('select count(*) from users');
  return rows[0]?.count ?? -1;
}

describe('register', () => {
  it.each([
    ['email_invalid', { email: 'ada' }],
    ['email_invalid', { email: 'ada@' }],
    ['email_invalid', { email: '' }],
    ['email_invalid', { email: `${'a'.repeat(250)}@example.test` }],
    ['password_short', { password: '1234567' }],
    ['password_long', { password: 'a'.repeat(129) }],
    ['name_invalid', { name: '  ' }],
    ['name_invalid', { name: 'a'.repeat(81) }],
    ['name_invalid', { name: 'Ada\u0000' }],
  ])('A1 refuses %s (case %#)', async (code, wrong) => {
    await addSite(database.pool, 'open');
    const { accounts, joinAsResident } = setUp();
    await expect(accounts.register({ ...good, ...wrong })).resolves.toEqual({ ok: false, code });
    expect(joinAsResident).not.toHaveBeenCalled();
    await expect(countUsers()).resolves.toBe(0);
  });

  it('A1 refuses a taken e-mail, however it is spelt', async () => {
    await addSite(database.pool, 'open');
    const { accounts } = setUp();
    await expect(accounts.register(good)).resolves.toMatchObject({ ok: true });
    const again = { ...good, email: '  ADA@Example.test ' };
    await expect(accounts.register(again)).resolves.toEqual({ ok: false, code: 'email_taken' });
    await expect(countUsers()).resolves.toBe(1);
  });

  it('A1 makes one account when the same e-mail registers many times at once', async () => {
    await addSite(database.pool, 'open');
    const { accounts } = setUp();
    const results = await Promise.all([good, good, good].map((it) => accounts.register(it)));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.code === 'email_taken')).toHaveLength(2);
  });

  it('A1 refuses where every site is by invitation only', async () => {
    await addSite(database.pool, 'invited');
    const { accounts } = setUp();
    await expect(accounts.isRegistrationOpen()).resolves.toBe(false);
    await expect(accounts.register(good)).resolves.toEqual({ ok: false, code: 'registration_closed' });
  });

  it('A1 joins the open site, the oldest of several, and says to whom', async () => {
    await addSite(database.pool, 'invited', new Date(0));
    await addSite(database.pool, 'open', new Date(2));
    const siteId = await addSite(database.pool, 'open', new Date(1));
    const { accounts, joinAsResident } = setUp();
    await expect(accounts.isRegistrationOpen()).resolves.toBe(true);
    const result = await accounts.register({ ...good, name: ' Ada ' });
    const userId = result.ok ? result.value.userId : '';
    expect(joinAsResident).toHaveBeenCalledExactlyOnceWith(expect.anything(), {
      siteId,
      userId,
      name: 'Ada',
    });
  });

  it('A1 leaves no account behind when joining the site fails', async () => {
    await addSite(database.pool, 'open');
    const { accounts, joinAsResident } = setUp();
    joinAsResident.mockRejectedValueOnce(new Error('no account for you'));
    await expect(accounts.register(good)).rejects.toThrow('no account for you');
    await expect(countUsers()).resolves.toBe(0);
  });
});

describe('signIn', () => {
  it('A2 finds the user by e-mail, however it is spelt, and password', async () => {
    await addSite(database.pool, 'open');
    const { accounts } = setUp();
    const registered = await accounts.register(good);
    await expect(accounts.signIn({ ...good, email: 'Ada@EXAMPLE.test' })).resolves.toEqual(registered);
  });

  it('A2 says the same and does the same work for a wrong password, an unknown e-mail and a user without password', async () => {
    await addSite(database.pool, 'open');
    const { accounts, passwords } = setUp();
    await accounts.register(good);
    await addUser(database.pool, 'passkey@example.test');
    const verify = vi.spyOn(passwords, 'verify');
    for (const email of [good.email, 'eve@example.test', 'passkey@example.test', 'no e-mail']) {
      const result = await accounts.signIn({ email, password: 'wrong horse' });
      expect(result).toEqual({ ok: false, code: 'credentials_wrong' });
    }
    expect(verify).toHaveBeenCalledTimes(4);
  });
});
