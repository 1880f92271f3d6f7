import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { takeLink } from '../account/one-time-links';
import { createSessions } from '../auth/sessions';
import { addUser } from '../auth/testing-people';
import { createSecurityLog } from '../security/security-log';
import { createAdministrators, type Administrators } from './administrators';

const ORIGIN = 'https://parking.example';
const NAME = 'Ada';

let database: TestDatabase;
let administrators: Administrators;
const clock = createSettableClock(Date.UTC(2026, 10, 21, 9));
beforeAll(async () => {
  database = await createTestDatabase();
  const tools = { pool: database.pool, clock, newId };
  administrators = createAdministrators({ ...tools, origin: ORIGIN, securityLog: createSecurityLog(tools) });
});
afterAll(() => database.close());

async function create(email: string, withLink = false) {
  const made = await administrators.create({ email, name: NAME, withLink });
  if (!made.ok) throw new Error(made.code);
  return made.value;
}

describe('who runs the installation', () => {
  it('E2 is made with an account, no password and a link that opens it once within 30 minutes', async () => {
    const { isNewAccount, link } = await create(' Operator@Example.Test ');
    expect(isNewAccount).toBe(true);
    expect(link).toMatch(/^https:\/\/parking\.example\/recover#[a-z0-9]{32,}$/i);
    const { rows } = await database.pool.query('select from passwords natural join users');
    expect(rows).toHaveLength(0);
    const [operator] = await administrators.list();
    expect(operator).toMatchObject({ email: 'operator@example.test', name: NAME, since: clock.now() });

    const token = link!.split('#')[1]!;
    const take = (now: number) => takeLink(database.pool, { token, purposes: ['recover'], now });
    expect(await take(clock.now() + 30 * 60_000)).toBeUndefined();
    expect(await take(clock.now() + 29 * 60_000)).toMatchObject({ userId: operator!.userId });
    expect(await take(clock.now() + 29 * 60_000)).toBeUndefined();
  });

  it('E2 may be somebody with an account, who gets no link unless asked for', async () => {
    const userId = await addUser(database.pool, 'resident@example.test', 'Rita');
    await database.pool.query('update users set email_verified_at = now() where user_id = $1', [userId]);
    await database.pool.query('insert into passwords (user_id, hash, changed_at) values ($1, $2, now())', [
      ...[userId, 'none'],
    ]);
    expect(await create('resident@example.test')).toEqual({
      ...{ isNewAccount: false, isCleared: false, link: null },
    });
    expect((await create('resident@example.test', true)).link).not.toBeNull();
    const names = (await administrators.list()).map(({ name }) => name);
    expect(names).toEqual([NAME, 'Rita']);
  });

  it('E2 pre-hijacking: whoever made the account with an unproved e-mail is out, and only the link leads in', async () => {
    const { pool } = database;
    const userId = await addUser(pool, 'boss@house.example', 'Eve');
    const now = new Date(clock.now());
    await pool.query(`insert into passwords (user_id, hash, changed_at) values ($1, 'hers', $2)`, [
      userId,
      now,
    ]);
    await pool.query(
      `insert into second_factors (user_id, sealed_secret, created_at, confirmed_at) values ($1, 'hers', $2, $2)`,
      [userId, now],
    );
    const sessions = createSessions({ pool, clock });
    const { token } = await sessions.create({ userId, by: 'password' });
    const made = await create('boss@house.example');
    expect(made).toMatchObject({ isNewAccount: false, isCleared: true, link: expect.any(String) });
    expect(await createSessions({ pool, clock }).validate(token)).toBeNull();
    for (const table of ['passwords', 'second_factors'])
      expect((await pool.query(`select from ${table} where user_id = $1`, [userId])).rowCount).toBe(0);
  });

  it('E2 B10 ends the sessions of whoever gets the right: it begins with a sign-in', async () => {
    const { pool } = database;
    const userId = await addUser(pool, 'proved@example.test', 'Pia');
    await pool.query('update users set email_verified_at = now() where user_id = $1', [userId]);
    await pool.query(`insert into passwords (user_id, hash, changed_at) values ($1, 'hers', now())`, [
      userId,
    ]);
    const { token } = await createSessions({ pool, clock }).create({ userId, by: 'password' });
    expect(await create('proved@example.test')).toMatchObject({ isCleared: false, link: null });
    expect(await createSessions({ pool, clock }).validate(token)).toBeNull();
    // Only once: running the command again signs nobody out.
    const { token: next } = await createSessions({ pool, clock }).create({ userId, by: 'password' });
    await create('proved@example.test');
    expect(await createSessions({ pool, clock }).validate(next)).not.toBeNull();
    expect(await administrators.remove('proved@example.test')).toBe(true);
    expect(await administrators.remove('boss@house.example')).toBe(true);
  });

  it('E2 C10 stands in the security log once when made and once when removed', async () => {
    await create('guest@example.test');
    await create('guest@example.test');
    expect(await administrators.remove('Guest@example.test')).toBe(true);
    expect(await administrators.remove('guest@example.test')).toBe(false);
    const { rows } = await database.pool.query<{ detail: { administrator: boolean } }>(
      `select detail from security_events natural join users where kind = 'role_changed' and email = 'guest@example.test' order by event_id`,
    );
    expect(rows.map(({ detail }) => detail.administrator)).toEqual([true, false]);
  });

  it('E2 refuses what is no e-mail or no name', async () => {
    const bad = (email: string, name: string) => administrators.create({ email, name, withLink: false });
    expect(await bad('nobody', NAME)).toEqual({ ok: false, code: 'email_invalid' });
    expect(await bad('somebody@example.test', ' ')).toEqual({ ok: false, code: 'name_invalid' });
  });
});
