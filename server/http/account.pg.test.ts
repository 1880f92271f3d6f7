import { readFile } from 'node:fs/promises';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { AccountSummary, OutboxMail } from '#shared/protocol/account';
import type { SessionAnswer, SignInAnswer } from '#shared/protocol/session';
import type { UnlockBegun } from '#shared/protocol/unlock';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createSettableClock } from '../platform/clock';
import { LINK_LIFETIME } from '../services/account/one-time-links';
import type { AccountExport } from '../services/account/export-data';
import { createSecondFactor } from '../services/auth/second-factor';
import { secretOf, TEST_SECRET_KEY, waitingMails } from '../services/mail/testing-mail';
import { startTestServer, type TestServer } from './testing';
import { createTestBrowser } from './testing-browser';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from './testing-device';

const START = Date.UTC(2026, 10, 22, 9);
const clock = createSettableClock(START);

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, clock });
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  clock.set(START);
  await database.pool.query('truncate rate_limits, mails, one_time_links, recovery_asks');
});

const mailsOf = <K extends Parameters<typeof waitingMails>[1]['kind']>(kind: K, to?: string) =>
  waitingMails(database.pool, { kind, ...(to !== undefined && { to }) });
const newDevice = () => createTestDevice(server.url);
let made = 0;

/** Somebody new at the demo site, signed in. */
async function register(name = 'Ada'): Promise<{ device: TestDevice; email: string; userId: string }> {
  const email = `${name.toLowerCase()}-${made++}@example.test`;
  const device = newDevice();
  const { data, text } = await device.post<SessionAnswer>('auth.register', {
    ...{ email, name, password: TEST_PASSWORD },
  });
  if (!data?.user) throw new Error(text);
  await database.pool.query('truncate mails, one_time_links');
  return { device, email, userId: data.user.id };
}

const summaryOf = async (device: TestDevice) => (await device.get<AccountSummary>('account.summary')).data;

/** A claim with a photo, ways of being told, a notice, a place in line and credits bought: what comes with daily life. */
async function liveHere({ device, userId }: { device: TestDevice; userId: string }): Promise<void> {
  const claimId = crypto.randomUUID();
  const claimed = await device.push([
    {
      op: 'slot.claim@1',
      args: {
        claimId,
        label: claimId.slice(0, 8),
        level: 'B',
        kind: 'car',
        note: 'by my door',
        photo: 'AQID',
      },
    },
  ]);
  expect(claimed.data?.outcomes).toMatchObject([{ status: 'applied' }]);
  const ofMember = 'from members where user_id = $1';
  for (const sql of [
    `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at)
     select site_id, gen_random_uuid(), member_id, 'credits_low', '{"balance": 3}', 'low', $2 ${ofMember}`,
    `insert into notice_preferences (site_id, member_id, preferences)
     select site_id, member_id, jsonb_build_object('push', '{}'::jsonb, 'at', $2::timestamptz) ${ofMember}`,
    `insert into waitlist_entries (site_id, entry_id, member_id, during, take_for_me, created_at, state)
     select site_id, gen_random_uuid(), member_id, tstzrange($2::timestamptz + interval '1 day', $2::timestamptz + interval '2 days'),
            false, $2, 'waiting' ${ofMember}`,
    `insert into topups (site_id, topup_id, member_id, credits, amount, currency, method, state, created_by, created_at, ended_at)
     select site_id, gen_random_uuid(), member_id, 20, 1000, 'EUR', 'cash', 'failed', member_id, $2, $2 ${ofMember}`,
  ])
    await database.pool.query(sql, [userId, new Date(START)]);
}

/** Asks for a link into the account, and answers its secret. */
async function askToRecover(email: string, typed = email): Promise<string> {
  await newDevice().post('account.recover', { email: typed });
  await server.application.api.recovery.answerAsks();
  return secretOf((await mailsOf('recover', email)).at(-1));
}

const secondFactorOf = () => createSecondFactor({ pool: database.pool, clock, secretKey: TEST_SECRET_KEY });

async function turnSecondFactorOn({ userId, email }: { userId: string; email: string }) {
  const begun = await secondFactorOf().begin({ id: userId, email });
  if (!begun.ok) throw new Error(begun.code);
  const { base32 } = begun.value;
  const confirmed = await secondFactorOf().confirm({ userId, code: codeAt(base32, START) });
  if (!confirmed.ok) throw new Error(confirmed.code);
  return { base32 };
}

const proveEmail = (userId: string) =>
  database.pool.query('update users set email_verified_at = now() where user_id = $1', [userId]);

describe('verification and change of the e-mail', () => {
  it('A1 a link proves the address, once', async () => {
    const { device, email } = await register();
    expect(await summaryOf(device)).toMatchObject({ email, isEmailVerified: false, mailDelivery: 'outbox' });
    await device.post('account.sendEmailVerification', {});
    const token = secretOf((await mailsOf('verify_email', email))[0]);
    const used = await device.post('account.useEmailLink', { token });
    expect(used.data).toEqual({ email, isChanged: false });
    expect(await summaryOf(device)).toMatchObject({ isEmailVerified: true });
    const again = await device.post('account.useEmailLink', { token });
    expect(again).toMatchObject({ status: 410, error: { code: 'link_over' } });
    await database.pool.query('truncate mails');
    await device.post('account.sendEmailVerification', {});
    await expect(mailsOf('verify_email')).resolves.toEqual([]);
  });

  it('A1 registering sends that link by itself', async () => {
    const email = `new-${made++}@example.test`;
    const device = newDevice();
    await device.post('auth.register', { email, name: 'Ada', password: TEST_PASSWORD });
    const token = secretOf((await mailsOf('verify_email', email))[0]);
    expect((await device.post('account.useEmailLink', { token })).data).toEqual({ email, isChanged: false });
  });

  it('B1 pre-hijacking: a link lends the address to no account but the one that is signed in', async () => {
    const eve = await register('Eve');
    const owner = await register('Owner');
    await eve.device.post('account.sendEmailVerification', {});
    await eve.device.post('account.changeEmail', { email: 'victim@example.test' });
    const elsewhere = { status: 403, error: { code: 'link_elsewhere' } };
    const mails = [
      (await mailsOf('verify_email', eve.email))[0],
      (await mailsOf('change_email', 'victim@example.test'))[0],
    ];
    for (const mail of mails)
      for (const browser of [newDevice(), owner.device]) {
        const token = secretOf(mail);
        expect(await browser.post('account.useEmailLink', { token })).toMatchObject(elsewhere);
      }
    expect(await summaryOf(eve.device)).toMatchObject({ email: eve.email, isEmailVerified: false });
    // Nothing is used up by that.
    const token = secretOf(mails[0]);
    expect((await eve.device.post('account.useEmailLink', { token })).status).toBe(200);
  });

  it('A1 a link is over after its time, and one for something else is none', async () => {
    const { device, email } = await register();
    await device.post('account.sendEmailVerification', {});
    const token = secretOf((await mailsOf('verify_email', email))[0]);
    const over = { status: 410, error: { code: 'link_over' } };
    expect(await newDevice().post('account.recoverWith', { token })).toMatchObject(over);
    clock.set(START + LINK_LIFETIME.verify_email);
    expect(await device.post('account.useEmailLink', { token })).toMatchObject(over);
    for (const forged of ['', 'x', `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`, 'a'.repeat(32)])
      expect(await device.post('account.useEmailLink', { token: forged })).toMatchObject(over);
    clock.set(START);
    const recovery = await askToRecover(email);
    expect(await device.post('account.useEmailLink', { token: recovery })).toMatchObject(over);
  });

  it('A1 another address is used only once its mailbox has said so, and the former one is told', async () => {
    const { device, email } = await register();
    const old = await askToRecover(email);
    const next = `new-${email}`;
    const asked = await device.post('account.changeEmail', { email: ` ${next.toUpperCase()} ` });
    expect(asked.status).toBe(200);
    expect(await summaryOf(device)).toMatchObject({ email, newEmail: next, isEmailVerified: false });
    const token = secretOf((await mailsOf('change_email', next))[0]);
    expect((await device.post('account.useEmailLink', { token })).data).toEqual({
      ...{ email: next, isChanged: true },
    });
    expect(await summaryOf(device)).toMatchObject({ email: next, newEmail: null, isEmailVerified: true });
    expect((await device.get<SessionAnswer>('auth.session')).data?.user?.email).toBe(next);
    const [told] = await mailsOf('email_changed', email);
    expect(told?.content.newEmail).toBe(next);
    // What lies in the former mailbox opens nothing any more.
    expect((await newDevice().post('account.recoverWith', { token: old })).error?.code).toBe('link_over');
    const { rows } = await database.pool.query(
      `select kind, detail from security_events where kind = 'email_changed' and at = $1`,
      [new Date(START)],
    );
    expect(rows).toEqual([{ kind: 'email_changed', detail: {} }]);
  });

  it('A1 only the last link changes the address, and not one that somebody else has by now', async () => {
    const { device } = await register();
    await device.post('account.changeEmail', { email: 'first@example.test' });
    await device.post('account.changeEmail', { email: 'second@example.test' });
    const first = secretOf((await mailsOf('change_email', 'first@example.test'))[0]);
    const second = secretOf((await mailsOf('change_email', 'second@example.test'))[0]);
    expect((await device.post('account.useEmailLink', { token: first })).error?.code).toBe('link_over');
    await database.pool.query(
      `insert into users (user_id, email, name) values (gen_random_uuid(), $1, 'Eve')`,
      ['second@example.test'],
    );
    expect(await device.post('account.useEmailLink', { token: second })).toMatchObject({
      ...{ status: 409, error: { code: 'email_taken' } },
    });
  });

  it('B10 does not tell who asks for an address whether it has an account: its owner is told', async () => {
    const { device } = await register();
    const owner = await register('Bob');
    const free = await device.post('account.changeEmail', { email: 'free@example.test' });
    const taken = await device.post('account.changeEmail', { email: owner.email });
    expect(taken.text).toBe(free.text);
    await expect(mailsOf('change_email', owner.email)).resolves.toEqual([]);
    await expect(mailsOf('already_registered', owner.email)).resolves.toHaveLength(1);
    expect((await device.post('account.changeEmail', { email: 'no' })).error?.code).toBe('email_invalid');
  });

  it('B10 sends at most five mails an hour', async () => {
    const { device } = await register();
    for (let at = 0; at < 5; at++) await device.post('account.sendEmailVerification', {});
    const refused = await device.post('account.sendEmailVerification', {});
    expect(refused).toMatchObject({ status: 429, error: { code: 'too_many_requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('K6 changes the address only for who has just proved who it is', async () => {
    const { device } = await register();
    clock.set(START + VERIFIED_FOR);
    for (const [procedure, input] of [
      ['account.changeEmail', { email: 'other@example.test' }],
      ['account.exportData', {}],
      ['account.delete', {}],
    ] as const)
      expect((await device.post(procedure, input)).error?.code).toBe('verification_needed');
    await expect(mailsOf('change_email')).resolves.toEqual([]);
  });
});

describe('recovery by a link', () => {
  it('B1 lets in once, ends all other sessions, proves the address and tells by mail', async () => {
    const { device, email, userId } = await register();
    await proveEmail(userId);
    const token = await askToRecover(email, ` ${email.toUpperCase()} `);
    const browser = newDevice();
    const { data } = await browser.post<SessionAnswer>('account.recoverWith', { token });
    expect(data).toMatchObject({ user: { email }, verifiedAt: START });
    expect((await browser.get<SessionAnswer>('auth.session')).data?.user?.id).toBe(userId);
    expect((await device.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
    const [told] = await mailsOf('ways_in_changed', email);
    expect(told?.content.what).toBe('recovered');
    // It is forgotten, or in wrong hands.
    await expect(newDevice().signIn(email)).rejects.toThrow('credentials_wrong');
  });

  it('B1 B5 ends what is under way, too: a second step, a link to another address, a browser that was approved', async () => {
    const { device, email, userId } = await register();
    await proveEmail(userId);
    await device.post('account.changeEmail', { email: `next-${email}` });
    const browser = createTestBrowser(server.url);
    const { data: begun } = await browser.post<UnlockBegun>('unlock.begin', { email: null });
    if (!begun) throw new Error('no unlock');
    const { requestId, code, matchNumber: number } = begun;
    const approved = await device.post('unlock.approve', { requestId, code, number });
    expect(approved.status).toBe(200);
    const { base32 } = await turnSecondFactorOn({ userId, email });
    const waiting = await secondFactorOf().beginStep(userId, 'password');
    clock.set(START + 60_000);
    const owner = newDevice();
    const token = await askToRecover(email);
    const { data } = await owner.post<SignInAnswer>('account.recoverWith', { token });
    if (!data || !('secondFactor' in data)) throw new Error('no second factor was asked for');
    const answer = { stepToken: data.secondFactor.stepToken, code: codeAt(base32, clock.now()) };
    expect((await owner.post('auth.signInSecondFactor', answer)).status).toBe(200);

    const late = { stepToken: waiting?.stepToken, code: codeAt(base32, clock.now() + 30_000) };
    const tried = await newDevice().post('auth.signInSecondFactor', late);
    expect(tried.error?.code).toBe('sign_in_step_over');
    expect((await browser.post('unlock.collect', { requestId })).data).toEqual({ state: 'refused' });
    expect(await summaryOf(owner)).toMatchObject({ email, newEmail: null });
  });

  it('B1 one ask that fails holds up no other, and is dropped after half an hour', async () => {
    const { email } = await register();
    const bad = await register('Bad');
    await newDevice().post('account.recover', { email: bad.email });
    clock.set(START + 1000);
    await newDevice().post('account.recover', { email });
    await database.pool.query(
      `create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$`,
    );
    await database.pool.query(
      `create trigger broken before insert on one_time_links for each row when (new.email = '${bad.email}')
       execute function fail()`,
    );
    const { recovery } = server.application.api;
    await expect(recovery.answerAsks()).rejects.toThrow('broken');
    await expect(mailsOf('recover', email)).resolves.toHaveLength(1);
    await expect(recovery.answerAsks()).rejects.toThrow('broken');
    clock.set(START + 30 * 60_000);
    await expect(recovery.answerAsks()).resolves.toBe(0);
    await database.pool.query('drop function fail cascade');
    expect((await database.pool.query('select from recovery_asks')).rowCount).toBe(0);
  });

  it('B1 recovery link reuse: a second use, also at the same moment, opens nothing', async () => {
    const { email } = await register();
    const token = await askToRecover(email);
    const browsers = [1, 2, 3, 4, 5].map(newDevice);
    const answers = await Promise.all(browsers.map((it) => it.post('account.recoverWith', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410]);
    expect((await newDevice().post('account.recoverWith', { token })).error?.code).toBe('link_over');
  });

  it('B1 a link is good for 30 minutes, and the others end with the one that is used', async () => {
    const { email } = await register();
    const [one, other] = [await askToRecover(email), await askToRecover(email)];
    clock.set(START + LINK_LIFETIME.recover);
    expect((await newDevice().post('account.recoverWith', { token: one })).error?.code).toBe('link_over');
    clock.set(START + LINK_LIFETIME.recover - 1);
    expect((await newDevice().post('account.recoverWith', { token: one })).status).toBe(200);
    expect((await newDevice().post('account.recoverWith', { token: other })).error?.code).toBe('link_over');
  });

  it('B1 recovery never bypasses the second factor', async () => {
    const { device, email, userId } = await register();
    await proveEmail(userId);
    const { base32 } = await turnSecondFactorOn({ userId, email });
    clock.set(START + 60_000);
    const token = await askToRecover(email);
    const browser = newDevice();
    const { data } = await browser.post<SignInAnswer>('account.recoverWith', { token });
    if (!data || !('secondFactor' in data)) throw new Error('no second factor was asked for');
    expect(Object.keys(data)).toEqual(['secondFactor']);
    // Nothing has happened yet, to anybody.
    expect((await browser.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
    expect((await device.get<SessionAnswer>('auth.session')).data?.user).not.toBeNull();
    await expect(mailsOf('ways_in_changed')).resolves.toEqual([]);
    const { stepToken } = data.secondFactor;
    const wrong = await browser.post('auth.signInSecondFactor', { stepToken, code: '000000' });
    expect(wrong.status).toBe(401);
    const code = codeAt(base32, clock.now());
    const right = await browser.post<SessionAnswer>('auth.signInSecondFactor', { stepToken, code });
    expect(right.data?.user?.id).toBe(userId);
    expect((await device.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
  });

  it('B1 pre-hijacking: who made the account with an unproved address does not keep a way in', async () => {
    const eve = await register('Eve');
    await turnSecondFactorOn(eve);
    await eve.device.post('account.changeEmail', { email: 'eve-elsewhere@example.test' });
    const change = secretOf((await mailsOf('change_email'))[0]);
    const token = await askToRecover(eve.email);
    const owner = newDevice();
    // Eve's second factor is none of the owner's: it is not asked for, and gone.
    const { data } = await owner.post<SignInAnswer>('account.recoverWith', { token });
    expect(data).toMatchObject({ user: { email: eve.email } });
    expect((await owner.get('account.factors')).data).toMatchObject({ hasSecondFactor: false });
    expect((await eve.device.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
    await expect(newDevice().signIn(eve.email)).rejects.toThrow('credentials_wrong');
    expect((await owner.post('account.useEmailLink', { token: change })).error?.code).toBe('link_over');
    expect(await summaryOf(owner)).toMatchObject({ isEmailVerified: true, hasPassword: false, passkeys: 0 });
  });

  it('B10 user enumeration: known, unknown and malformed e-mails get one answer', async () => {
    const { email } = await register();
    const answers: string[] = [];
    for (const asked of [email, 'nobody@example.test', 'nonsense'])
      answers.push((await newDevice().post('account.recover', { email: asked })).text);
    expect(new Set(answers).size).toBe(1);
    await expect(server.application.api.recovery.answerAsks()).resolves.toBe(3);
    const { rows } = await database.pool.query('select to_address from mails');
    expect(rows).toEqual([{ to_address: email }]);
    expect((await database.pool.query('select from recovery_asks')).rowCount).toBe(0);
    for (let at = 0; at < 2; at++)
      await newDevice().post('account.recover', { email: 'nobody@example.test' });
    const limited = await newDevice().post('account.recover', { email: ' Nobody@example.test' });
    expect(limited).toMatchObject({ status: 429, error: { code: 'too_many_requests' } });
  });

  it('B10 user enumeration by time: the call does not look for the account, known or unknown', async () => {
    const { email } = await register();
    // Not the one that the test before has used up: this process remembers that.
    const asks = [email, 'no-one@example.test'];
    const guard = await database.pool.connect();
    try {
      // While nobody can read the table of users, the answer comes all the same.
      await guard.query('begin; lock table users in access exclusive mode');
      for (const asked of asks)
        expect((await newDevice().post('account.recover', { email: asked })).status).toBe(200);
    } finally {
      await guard.query('rollback');
      guard.release();
    }
    const times = new Map<string, number[]>(asks.map((asked) => [asked, []]));
    for (let round = 0; round < 30; round++) {
      // In turn, as the first of two is always a little slower.
      for (const asked of round % 2 ? asks : asks.toReversed()) {
        await database.pool.query('truncate rate_limits');
        const before = performance.now();
        const { status } = await newDevice().post('account.recover', { email: asked });
        expect(status).toBe(200);
        times.get(asked)?.push(performance.now() - before);
      }
    }
    const [known = 0, unknown = 0] = [...times.values()].map(median);
    process.stdout.write(
      `recover: known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms (medians of 30)\n`,
    );
    // Gross differences only: other things run on the machine.
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(4);
  });
});

describe('the outbox', () => {
  it('A7 is read by the demo’s manager alone', async () => {
    const { device, email } = await register();
    await device.post('account.sendEmailVerification', {});
    const manager = newDevice();
    await manager.signIn('manager@demo.undercroft.test');
    const { data } = await manager.get<OutboxMail[]>('mail.outbox');
    expect(data).toHaveLength(1);
    expect(data?.[0]).toMatchObject({ to: email, subject: 'Confirm your e-mail', createdAt: START });
    expect(data?.[0]?.text).toContain(`/verify-email#`);
    const guard = newDevice();
    await guard.signIn('guard@demo.undercroft.test');
    expect((await guard.get('mail.outbox')).error?.code).toBe('role_forbidden');
    expect((await device.get('mail.outbox')).error?.code).toBe('role_forbidden');
    expect((await newDevice().get('mail.outbox')).error?.code).toBe('signed_out');
  });

  it('A7 a manager of another site is refused, and an administrator’s link into the account is not shown', async () => {
    const manager = newDevice();
    await manager.signIn('manager@demo.undercroft.test');
    const { email, userId } = await register('Root');
    await database.pool.query('insert into platform_administrators (user_id) values ($1)', [userId]);
    await newDevice().post('account.recover', { email });
    await server.application.api.recovery.answerAsks();
    expect((await manager.get<OutboxMail[]>('mail.outbox')).data).toEqual([]);
    const { rows } = await database.pool.query<{ site_id: string }>(
      `insert into sites (site_id, name, time_zone, policy, registration, issuance_account_id)
       select gen_random_uuid(), 'Other', time_zone, policy, 'invited', gen_random_uuid() from sites limit 1 returning site_id`,
    );
    const other = await register('Mia');
    await database.pool.query(`update members set role = 'manager', site_id = $2 where user_id = $1`, [
      other.userId,
      rows[0]?.site_id,
    ]);
    await other.device.post('auth.signOut', {});
    await other.device.signIn(other.email);
    expect((await other.device.get('mail.outbox')).error?.code).toBe('role_forbidden');
  });
});

describe('one’s data', () => {
  it('C10 exports what is kept of oneself, nothing of others, and no secret', async () => {
    const { device, email, userId } = await register('Zoe');
    const stranger = await register('Other');
    await device.push([{ op: 'member.set_plate@1', args: { plate: 'B-AB 123' } }]);
    const { data, text } = await device.post<AccountExport>('account.exportData', {});
    expect(data).toMatchObject({
      format: 'undercroft-account-1',
      exportedAt: new Date(START).toISOString(),
      account: { user_id: userId, email, name: 'Zoe' },
    });
    expect(data?.sections['memberships']).toMatchObject([{ site: 'Undercroft Demo', plate: 'B-AB 123' }]);
    expect(data?.sections['credits']).toMatchObject([{ kind: 'grant', amount: 50 }]);
    expect(data?.sections['wishes']).toMatchObject([{ op: 'member.set_plate@1' }]);
    expect(data?.sections['sessions']).toHaveLength(1);
    expect(text).not.toContain(stranger.email);
    const { rows } = await database.pool.query<{ hash: string }>(
      'select hash from passwords where user_id = $1',
      [userId],
    );
    expect(text).not.toContain(rows[0]?.hash);
    expect(text).not.toMatch(/token_sha256|sealed|public_key/);
    const { rowCount } = await database.pool.query(
      `select from security_events where kind = 'exported' and user_id = $1`,
      [userId],
    );
    expect(rowCount).toBe(1);
  });

  it('C10 exports claims with their photo, places in line, credits bought and what one was told', async () => {
    const person = await register('Lia');
    await liveHere(person);
    const { data } = await person.device.post<AccountExport>('account.exportData', {});
    expect(data?.sections).toMatchObject({
      slotClaims: [{ note: 'by my door', photo_jpeg_base64: 'AQID', state: 'waiting' }],
      topups: [{ credits: 20, amount: 1000, currency: 'EUR', state: 'failed' }],
      waitlist: [{ take_for_me: false, state: 'waiting' }],
      notices: [{ kind: 'credits_low', data: { balance: 3 } }],
      noticePreferences: [{ preferences: { push: {} } }],
      lendingRules: [],
    });
  });

  it('C10 every table that names a user or a member is exported from, or has a reason not to be', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `select distinct table_name as name from information_schema.columns
        where table_schema = 'public' and column_name in ('user_id', 'member_id', 'owner_id', 'account_id', 'issued_by')`,
    );
    const source = await readFile(new URL('../services/account/export-data.ts', import.meta.url), 'utf8');
    const notExported = rows
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`\\b(from|join) ${name}\\b`).test(source));
    expect(notExported.sort()).toEqual(
      [
        // Secrets and their state, and what lives for minutes.
        ...[
          'passwords',
          'recovery_codes',
          'one_time_links',
          'sign_in_steps',
          'passkey_challenges',
          'oidc_flows',
        ],
        // Copies of what is exported, or device plumbing that says nothing of a person.
        ...['accounts', 'clients', 'holder_keys', 'scan_journals', 'revoked_sessions'],
        // A role, said by whoever runs the installation.
        'platform_administrators',
      ].sort(),
    );
  });
});

describe('the end of an account', () => {
  it('C10 leaves a nameless member, ends every session and frees the e-mail', async () => {
    const { device, email, userId } = await register('Tom');
    const second = newDevice();
    await second.signIn(email);
    await device.push([{ op: 'member.set_plate@1', args: { plate: 'B-TO 1' } }]);
    const { rows: members } = await database.pool.query<{ member_id: string }>(
      'select member_id from members where user_id = $1',
      [userId],
    );
    const gone = await device.post('account.delete', {});
    expect(gone.status).toBe(200);
    const left = await database.pool.query(
      'select user_id, name, flat, plate, left_at is not null as has_left from members where member_id = $1',
      [members[0]?.member_id],
    );
    expect(left.rows).toEqual([
      { user_id: null, name: 'Former member', flat: '', plate: '', has_left: true },
    ]);
    for (const table of ['users', 'passwords', 'sessions', 'members'])
      expect((await database.pool.query(`select from ${table} where user_id = $1`, [userId])).rowCount).toBe(
        0,
      );
    expect((await device.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
    expect((await second.pull(null)).error?.code).toBe('session_revoked');
    const { rows: intents } = await database.pool.query<{ args: string }>(
      'select args::text as args from intents where member_id = $1',
      [members[0]?.member_id],
    );
    expect(intents.map(({ args }) => args).join('')).not.toContain('B-TO 1');
    const { rowCount: told } = await database.pool.query(
      `select from security_events where kind = 'account_deleted' and at = $1`,
      [new Date(START)],
    );
    expect(told).toBe(1);
    const again = await newDevice().post('auth.register', { email, name: 'Tom', password: TEST_PASSWORD });
    expect(again.status).toBe(200);
  });

  it('C10 leaves of daily life the books alone: no photo, no note, nothing that one was told', async () => {
    const person = await register('Leo');
    const { device, userId } = person;
    await liveHere(person);
    const { rows } = await database.pool.query<{ member_id: string }>(
      'select member_id from members where user_id = $1',
      [userId],
    );
    expect((await device.post('account.delete', {})).status).toBe(200);
    const left = async (sql: string) =>
      (await database.pool.query<Record<string, unknown>>(sql, [rows[0]?.member_id])).rows;
    expect(await left('select note, photo, state from slot_claims where member_id = $1')).toEqual([
      { note: '', photo: null, state: 'withdrawn' },
    ]);
    expect(
      await left(`select args->>'note' as note, args ? 'photo' as has_photo from intents
                   where member_id = $1 and op = 'slot.claim@1'`),
    ).toEqual([{ note: '', has_photo: false }]);
    expect(await left('select state from waitlist_entries where member_id = $1')).toEqual([
      { state: 'left' },
    ]);
    expect(await left('select credits from topups where member_id = $1')).toEqual([{ credits: 20 }]);
    for (const table of ['notices', 'notice_preferences', 'calendar_feeds'])
      expect(await left(`select from ${table} where member_id = $1`)).toEqual([]);
  });

  it('C10 is refused for the last manager of a site with others, and then nothing has changed', async () => {
    const manager = newDevice();
    await manager.signIn('manager@demo.undercroft.test');
    expect(await manager.post('account.delete', {})).toMatchObject({
      ...{ status: 409, error: { code: 'last_manager' } },
    });
    expect((await manager.get<AccountSummary>('account.summary')).status).toBe(200);
    const { rows } = await database.pool.query(
      `select role, left_at from members join users using (user_id) where email = 'manager@demo.undercroft.test'`,
    );
    expect(rows).toEqual([{ role: 'manager', left_at: null }]);
  });

  it('C10 an account without a site goes, too', async () => {
    const { device, userId } = await register('Uma');
    await database.pool.query('update members set left_at = now() where user_id = $1', [userId]);
    expect((await device.post('account.delete', {})).status).toBe(200);
    expect((await database.pool.query('select from users where user_id = $1', [userId])).rowCount).toBe(0);
  });

  it('C10 attack: let in somewhere while the account is being deleted, nobody is left there without a name', async () => {
    const { device, userId } = await register('Una');
    await database.pool.query('update members set left_at = now() where user_id = $1', [userId]);
    const { rows: sites } = await database.pool.query<{ site_id: string }>(
      `insert into sites (site_id, name, time_zone, policy, registration, issuance_account_id)
       select gen_random_uuid(), 'Other', time_zone, policy, 'invited', gen_random_uuid() from sites limit 1 returning site_id`,
    );
    // What joining/entrance does, as far as it has come.
    const joining = await database.pool.connect();
    await joining.query('begin');
    await joining.query('select from users where user_id = $1 for no key update', [userId]);
    await joining.query(
      `insert into members (site_id, member_id, user_id, role, name) values ($1, gen_random_uuid(), $2, 'resident', 'Una')`,
      [sites[0]?.site_id, userId],
    );
    const deleting = device.post('account.delete', {});
    await vi.waitFor(async () => {
      const { rows } = await joining.query<{ waiting: number }>(
        'select count(*)::int as waiting from pg_locks where not granted',
      );
      expect(rows[0]?.waiting).toBeGreaterThan(0);
    });
    await joining.query('commit');
    joining.release();
    await deleting;
    const { rows } = await database.pool.query(
      'select member_id from members where user_id is null and left_at is null',
    );
    expect(rows).toEqual([]);
  });

  it('C10 the language of mails is one’s own choice', async () => {
    const { device, email } = await register('Ida');
    expect((await device.post('account.setLocale', { locale: 'fr' })).error?.code).toBe('request_invalid');
    expect((await device.post('account.setLocale', { locale: 'de' })).status).toBe(200);
    await device.post('account.sendEmailVerification', {});
    const [mail] = await mailsOf('verify_email', email);
    expect(mail?.locale).toBe('de');
  });
});

/** What the authenticator app shows. */
function codeAt(base32: string, now: number): string {
  return TOTP.generate({ secret: Secret.fromBase32(base32), timestamp: now });
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
