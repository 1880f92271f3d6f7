import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { inTransaction } from '../../db/transaction';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createOwnPassword } from './own-password';
import { deletePasskey } from './passkey-store';
import { createPasswordHasher } from './passwords';

const passwords = createPasswordHasher();
const clock = createSettableClock(Date.UTC(2026, 10, 21));

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.close());

async function makeUser(): Promise<string> {
  const userId = newId();
  await database.pool.query(
    `insert into users (user_id, email, name, created_at) values ($1, $2, 'Ada', now())`,
    [userId, `${userId}@example.test`],
  );
  return userId;
}

async function hashOf(userId: string): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ hash: string }>(
    'select hash from passwords where user_id = $1',
    [userId],
  );
  return rows[0]?.hash;
}

async function addPasskey(userId: string): Promise<string> {
  const credentialId = newId();
  await database.pool.query(
    `insert into passkeys (credential_id, user_id, public_key, counter, transports, backed_up, name, created_at)
     values ($1, $2, '\\x00', 0, '{}', false, 'Phone', now())`,
    [credentialId, userId],
  );
  return credentialId;
}

describe('one’s own password', () => {
  it('A1 B1 sets the first one and another one, and neither a short, a long nor a common one', async () => {
    const own = createOwnPassword({ pool: database.pool, clock, passwords });
    const userId = await makeUser();
    for (const [password, code] of [
      ['short', 'password_short'],
      ['ab'.repeat(65), 'password_long'],
      ['Password1', 'password_common'],
    ] as const)
      await expect(own.set({ userId, password })).resolves.toEqual({ ok: false, code });
    await expect(hashOf(userId)).resolves.toBeUndefined();
    await own.set({ userId, password: 'correct horse' });
    await own.set({ userId, password: 'battery staple' });
    await expect(passwords.verify(await hashOf(userId), 'battery staple')).resolves.toBe(true);
    await expect(passwords.verify(await hashOf(userId), 'correct horse')).resolves.toBe(false);
  });

  it('B1 never removes the last way in', async () => {
    const own = createOwnPassword({ pool: database.pool, clock, passwords });
    const userId = await makeUser();
    await own.set({ userId, password: 'correct horse' });
    await expect(own.remove(userId)).resolves.toEqual({ ok: false, code: 'password_last_way_in' });
    await addPasskey(userId);
    await expect(own.remove(userId)).resolves.toEqual({ ok: true, value: null });
    await expect(hashOf(userId)).resolves.toBeUndefined();
  });

  it('B1 an account at another provider is a way in, too', async () => {
    const own = createOwnPassword({ pool: database.pool, clock, passwords });
    const userId = await makeUser();
    await own.set({ userId, password: 'correct horse' });
    await database.pool.query(
      `insert into external_identities (issuer, subject, user_id, created_at) values ('https://id.example', 'ada', $1, now())`,
      [userId],
    );
    await expect(own.remove(userId)).resolves.toEqual({ ok: true, value: null });
  });

  it('B1 attack: password and passkey removed at the same moment leave one of them', async () => {
    const own = createOwnPassword({ pool: database.pool, clock, passwords });
    for (let turn = 0; turn < 10; turn++) {
      const userId = await makeUser();
      await own.set({ userId, password: 'correct horse' });
      const credentialId = await addPasskey(userId);
      await Promise.all([
        own.remove(userId),
        inTransaction(database.pool, (client) => deletePasskey(client, { userId, credentialId })),
      ]);
      const { rows } = await database.pool.query<{ ways: number }>(
        `select ((select count(*) from passwords where user_id = $1)
               + (select count(*) from passkeys where user_id = $1))::int4 as ways`,
        [userId],
      );
      expect(rows).toEqual([{ ways: 1 }]);
    }
  });
});
