import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createAuthServices } from '../auth/auth-services';
import { createTestAuthenticator } from '../auth/testing-authenticator';
import { makeSite } from '../sites/make-site';

const ORIGIN = 'https://parking.example';
const START = Date.UTC(2026, 10, 22);
const from = { address: '192.0.2.1', userAgent: 'Test/1' };
const good = { email: 'ada@example.test', password: 'correct horse', name: 'Ada', from };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate users, sites cascade'));

const clock = createSettableClock(START);
function setUp() {
  const secretKey = new Uint8Array(32);
  return createAuthServices({ pool: database.pool, clock, newId, secretKey, origin: ORIGIN });
}

async function addSite(registration: 'open' | 'request' | 'invited', createdAt = 0): Promise<string> {
  const client = await database.pool.connect();
  const site = { name: 'House', timeZone: 'Europe/Berlin', registration } as const;
  const siteId = await makeSite(client, site, { newId, signingKeys: { make: () => Promise.resolve() } });
  await client.query('update sites set created_at = $2 where site_id = $1', [siteId, new Date(createdAt)]);
  client.release();
  return siteId;
}

async function count(table: 'users' | 'members' | 'passkeys' | 'passkey_challenges'): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`select count(*) from ${table}`);
  return rows[0]?.count ?? -1;
}

describe('registering with a password', () => {
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
    await addSite('open');
    await expect(setUp().registrations.byPassword({ ...good, ...wrong })).resolves.toEqual({
      ok: false,
      code,
    });
    await expect(count('users')).resolves.toBe(0);
  });

  it('A1 refuses a taken e-mail, however it is spelt', async () => {
    await addSite('open');
    const { registrations } = setUp();
    await expect(registrations.byPassword(good)).resolves.toMatchObject({ ok: true });
    const again = { ...good, email: '  ADA@Example.test ' };
    await expect(registrations.byPassword(again)).resolves.toEqual({ ok: false, code: 'email_taken' });
    await expect(count('users')).resolves.toBe(1);
  });

  it('A1 makes one account when the same e-mail registers many times at once', async () => {
    await addSite('open');
    const { registrations } = setUp();
    const results = await Promise.all([good, good, good].map((it) => registrations.byPassword(it)));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.code === 'email_taken')).toHaveLength(2);
    await expect(count('members')).resolves.toBe(1);
  });

  it('A1 refuses where every site is by invitation only', async () => {
    await addSite('invited');
    const { registrations } = setUp();
    await expect(registrations.isOpen()).resolves.toBe(false);
    await expect(registrations.byPassword(good)).resolves.toEqual({ ok: false, code: 'registration_closed' });
    await expect(count('users')).resolves.toBe(0);
  });

  it('A1 joins the open site, the oldest of several, and says which', async () => {
    await addSite('request', 0);
    await addSite('open', 2);
    const siteId = await addSite('open', 1);
    const { registrations } = setUp();
    await expect(registrations.isOpen()).resolves.toBe(true);
    const result = await registrations.byPassword({ ...good, name: ' Ada ' });
    expect(result).toMatchObject({ ok: true, value: { siteId } });
    const { rows } = await database.pool.query('select site_id, name, role from members');
    expect(rows).toEqual([{ site_id: siteId, name: 'Ada', role: 'resident' }]);
  });

  it('A1 where sites take requests alone, makes an account that belongs nowhere yet', async () => {
    await addSite('request');
    const { registrations } = setUp();
    await expect(registrations.isOpen()).resolves.toBe(true);
    await expect(registrations.byPassword(good)).resolves.toMatchObject({
      ok: true,
      value: { siteId: null },
    });
    await expect(count('members')).resolves.toBe(0);
  });

  it('A1 leaves no account behind when joining the site fails', async () => {
    const siteId = await addSite('open');
    await database.pool.query('update sites set issuance_account_id = $2 where site_id = $1', [
      siteId,
      newId(),
    ]);
    await expect(setUp().registrations.byPassword(good)).rejects.toThrow();
    await expect(count('users')).resolves.toBe(0);
  });
});

describe('registering with a passkey alone', () => {
  const person = { email: good.email, name: good.name };

  it('A1 K6 makes an account that the passkey opens, and that has no password', async () => {
    await addSite('open');
    const { registrations, passkeys, accounts } = setUp();
    const authenticator = createTestAuthenticator(ORIGIN);
    const asked = await registrations.passkeyOptions(person);
    if (!asked.ok) throw new Error(asked.code);
    expect(asked.value.options.user).toMatchObject({ name: person.email, displayName: 'Ada' });
    const { challengeId, options } = asked.value;
    const request = {
      ...person,
      from,
      challengeId,
      response: authenticator.create(options),
      passkeyName: 'Phone',
    };
    const made = await registrations.byPasskey(request);
    expect(made).toMatchObject({ ok: true, value: { userId: challengeId } });
    await expect(accounts.hasPassword(challengeId)).resolves.toBe(false);
    const use = await passkeys.signInOptions();
    const answer = { challengeId: use.challengeId, response: authenticator.get(use.options) };
    await expect(passkeys.signIn(answer)).resolves.toEqual({ ok: true, value: { userId: challengeId } });

    // Challenge replay: the same answer makes no second account.
    const replayed = await registrations.byPasskey({ ...request, email: 'eve@example.test' });
    expect(replayed).toEqual({ ok: false, code: 'passkey_refused' });
    await expect(count('users')).resolves.toBe(1);
  });

  it('A1 asks for no passkey for an e-mail that has an account, and keeps none when somebody was quicker', async () => {
    await addSite('open');
    const { registrations } = setUp();
    const asked = await registrations.passkeyOptions(person);
    if (!asked.ok) throw new Error(asked.code);
    await registrations.byPassword(good);
    await expect(registrations.passkeyOptions(person)).resolves.toEqual({ ok: false, code: 'email_taken' });
    const { challengeId, options } = asked.value;
    const response = createTestAuthenticator(ORIGIN).create(options);
    const late = await registrations.byPasskey({
      ...person,
      from,
      challengeId,
      response,
      passkeyName: 'Phone',
    });
    expect(late).toEqual({ ok: false, code: 'email_taken' });
    await expect(count('passkeys')).resolves.toBe(0);
  });

  it('A1 where nobody is let in, nobody is told who has an account', async () => {
    const siteId = await addSite('open');
    const { registrations, invitations } = setUp();
    const manager = await registrations.byPassword({ ...good, email: 'manager@example.test' });
    if (!manager.ok) throw new Error(manager.code);
    await registrations.byPassword(good);
    await database.pool.query(`update sites set registration = 'invited'`);
    const ask = (email: string, invitation?: string) =>
      registrations.passkeyOptions({ ...person, email, invitation });
    for (const email of [person.email, 'nobody@example.test']) {
      await expect(ask(email)).resolves.toEqual({ ok: false, code: 'registration_closed' });
      const madeUp = await ask(email, 'ABCDE-FGHJK');
      expect(madeUp).toEqual({ ok: false, code: 'invitation_not_found' });
    }
    const { rows } = await database.pool.query<{ member_id: string }>(
      `update members set role = 'manager' where user_id = $1 returning member_id`,
      [manager.value.userId],
    );
    const issuer = { userId: manager.value.userId, memberId: rows[0]!.member_id, siteId, from };
    const issued = await invitations.issueLink(
      { ...issuer, siteName: 'House', name: 'Mia' },
      { role: 'resident', flat: '', days: 1, uses: 1 },
    );
    if (!issued.ok) throw new Error(issued.code);
    const { secret } = issued.value;
    await expect(ask('nobody@example.test', secret)).resolves.toEqual({ ok: true, value: expect.anything() });
    await expect(ask(person.email, secret)).resolves.toEqual({ ok: false, code: 'email_taken' });
  });

  it('A1 refuses a challenge that was made for something else, a foreign origin and one that is over', async () => {
    await addSite('open');
    const { registrations, passkeys } = setUp();
    const authenticator = createTestAuthenticator(ORIGIN);
    const refusal = { ok: false, code: 'passkey_refused' };
    const { challengeId, options } = await passkeys.signInOptions();
    const creation = await registrations.passkeyOptions(person);
    if (!creation.ok) throw new Error(creation.code);
    const forged = authenticator.create({ ...creation.value.options, challenge: options.challenge });
    const base = { ...person, from, passkeyName: 'Phone' };
    await expect(registrations.byPasskey({ ...base, challengeId, response: forged })).resolves.toEqual(
      refusal,
    );

    const foreign = authenticator.create(creation.value.options, { origin: 'https://evil.example' });
    const wrong = { ...base, challengeId: creation.value.challengeId, response: foreign };
    await expect(registrations.byPasskey(wrong)).resolves.toEqual(refusal);

    const late = await registrations.passkeyOptions(person);
    if (!late.ok) throw new Error(late.code);
    clock.advance(5 * 60_000);
    const response = authenticator.create(late.value.options);
    const over = { ...base, challengeId: late.value.challengeId, response };
    await expect(registrations.byPasskey(over)).resolves.toEqual(refusal);
    await expect(count('users')).resolves.toBe(0);
  });
});
