import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { createAccounts, insertUser } from './accounts';
import { createPasswordHasher } from './passwords';
import { addUser } from './testing-people';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('delete from users'));

const good = { email: 'ada@example.test', password: 'correct horse' };

/** Ada, with a password, and the services that find her. */
async function setUp() {
  const passwords = createPasswordHasher();
  const accounts = createAccounts({ pool: database.pool, passwords });
  const client = await database.pool.connect();
  const userId = newId();
  const hash = await passwords.hash(good.password);
  await insertUser(client, { userId, email: good.email, name: 'Ada', hash, at: new Date(0) });
  client.release();
  return { accounts, passwords, userId };
}

describe('signIn', () => {
  it('A2 finds the user by e-mail, however it is spelt, and password', async () => {
    const { accounts, userId } = await setUp();
    await expect(accounts.signIn({ ...good, email: 'Ada@EXAMPLE.test' })).resolves.toEqual({
      ok: true,
      value: { userId },
    });
  });

  it('A2 says the same and does the same work for a wrong password, an unknown e-mail and a user without password', async () => {
    const { accounts, passwords } = await setUp();
    await addUser(database.pool, 'passkey@example.test');
    const verify = vi.spyOn(passwords, 'verify');
    for (const email of [good.email, 'eve@example.test', 'passkey@example.test', 'no e-mail']) {
      const result = await accounts.signIn({ email, password: 'wrong horse' });
      expect(result).toEqual({ ok: false, code: 'credentials_wrong' });
    }
    expect(verify).toHaveBeenCalledTimes(4);
  });
});
