import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createAuthServices } from '../../services/auth/auth-services';
import { createSessionCookie } from '../../services/auth/session-cookie';
import { createTestAuthenticator } from '../../services/auth/testing-authenticator';
import { makeSite } from '../../services/sites/make-site';
import { isSessionVerified } from '../../services/auth/session-verified';
import { router } from '../trpc';
import { createAuthRouter } from './auth-router';

const secretKey = new Uint8Array(32);
const ORIGIN = 'https://parking.example';
const START = Date.UTC(2026, 10, 21);
const good = { email: 'ada@example.test', password: 'correct horse', name: 'Ada' };

let database: TestDatabase;
let siteId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const client = await database.pool.connect();
  const site = { name: 'House', timeZone: 'Europe/Berlin', registration: 'open' } as const;
  siteId = await makeSite(client, site, { newId, signingKeys: { make: () => Promise.resolve() } });
  client.release();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate rate_limits'));

/** A browser: it keeps its cookie from call to call. */
function openBrowser(address = '192.0.2.1') {
  const clock = createSettableClock(START);
  const auth = createAuthServices({ pool: database.pool, clock, newId, secretKey, origin: ORIGIN });
  const cookie = createSessionCookie(ORIGIN);
  const app = router({ auth: createAuthRouter({ auth, cookie }) });
  const cookies: string[] = [];
  const call = async () => {
    const sessionToken = cookie.read(cookies.at(-1)?.split(';')[0]);
    const session = sessionToken === undefined ? null : await auth.sessions.validate(sessionToken);
    const setCookie = (value: string) => void cookies.push(value);
    const isVerified = () => isSessionVerified(session, { sessions: auth.sessions, clock });
    const readCookie = () => undefined;
    const request = {
      session,
      sessionToken,
      address,
      userAgent: 'Test/1',
      setCookie,
      isVerified,
      readCookie,
    };
    return app.createCaller(request).auth;
  };
  return { call, cookies, auth, clock, token: () => cookie.read(cookies.at(-1)?.split(';')[0]) };
}

/** What the owner of an account gets to know of changes of its ways in. */
async function toldOf(userId: string): Promise<{ mails: number; events: string[] }> {
  const { pool } = database;
  const mails = await pool.query(
    `select from mails join users on email = to_address where user_id = $1 and kind = 'ways_in_changed'`,
    [userId],
  );
  const { rows } = await pool.query<{ kind: string }>(
    `select kind from security_events where user_id = $1 and kind like 'passkey%' order by event_id`,
    [userId],
  );
  return { mails: mails.rowCount ?? 0, events: rows.map(({ kind }) => kind) };
}

describe('auth router', () => {
  it('A1 A2 registers as a resident with the starting credits, signs out and in again', async () => {
    const { call, cookies, token, auth } = openBrowser();
    await expect((await call()).session()).resolves.toEqual({
      user: null,
      member: null,
      registrationOpen: true,
      verifiedAt: null,
    });
    const registered = await (await call()).register(good);
    expect(registered).toMatchObject({
      user: { email: good.email, name: 'Ada' },
      member: { siteId, role: 'resident', siteName: 'House' },
      registrationOpen: true,
      verifiedAt: START,
    });
    expect(cookies[0]).toMatch(
      /^__Host-undercroft=[a-z2-7]{32}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=34560000/,
    );
    await expect((await call()).session()).resolves.toEqual(registered);
    const { rows } = await database.pool.query('select balance from accounts where account_id = $1', [
      registered.member?.memberId,
    ]);
    expect(rows).toEqual([{ balance: 50 }]);

    const firstToken = token() ?? '';
    await expect((await call()).signOut()).resolves.toEqual({});
    expect(cookies.at(-1)).toContain('Max-Age=0');
    await expect(auth.sessions.validate(firstToken)).resolves.toBeNull();
    await expect((await call()).signIn(good)).resolves.toEqual(registered);
    expect(token()).not.toBe(firstToken);
  });

  it('A2 signs the one before out when another signs in on the same browser', async () => {
    const { call, token, auth } = openBrowser();
    await (await call()).register({ ...good, email: 'one@example.test' });
    const firstToken = token() ?? '';
    await (await call()).register({ ...good, email: 'two@example.test' });
    await expect(auth.sessions.validate(firstToken)).resolves.toBeNull();
  });

  it.each([
    ['email_invalid', 'ada', good.password],
    ['password_short', 'new@example.test', 'short'],
  ])('A1 fails with %s', async (errorCode, email, password) => {
    const { call, cookies } = openBrowser();
    await expect((await call()).register({ ...good, email, password })).rejects.toMatchObject({ errorCode });
    expect(cookies).toEqual([]);
  });

  it('A2 B10 says the same for a wrong password and an unknown e-mail, and stops guessing with Retry-After', async () => {
    const { call, cookies } = openBrowser();
    const failure = async (email: string) =>
      (await call()).signIn({ email, password: 'wrong horse' }).catch((error: unknown) => error);
    const [known, unknown] = [await failure(good.email), await failure('eve@example.test')];
    expect(known).toMatchObject({ errorCode: 'credentials_wrong', code: 'UNAUTHORIZED' });
    expect(String(unknown)).toBe(String(known));
    for (let attempt = 0; attempt < 9; attempt++) await failure('eve@example.test');
    expect(await failure(' EVE@example.test')).toMatchObject({
      errorCode: 'too_many_requests',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    expect(cookies).toEqual([]);
  });

  it('K6 B1 enrols a passkey and signs in with it on another browser', async () => {
    const { call } = openBrowser();
    const registered = await (await call()).register({ ...good, email: 'passkey@example.test' });
    const authenticator = createTestAuthenticator(ORIGIN);
    const { challengeId, options } = await (await call()).passkeyRegisterOptions();
    const response = authenticator.create(options);
    const passkey = await (await call()).passkeyRegister({ challengeId, response, name: 'Phone' });
    await expect((await call()).passkeys()).resolves.toEqual([passkey]);

    const other = openBrowser();
    const asked = await (await other.call()).passkeySignInOptions();
    const answer = { challengeId: asked.challengeId, response: authenticator.get(asked.options) };
    await expect((await other.call()).passkeySignIn(answer)).resolves.toEqual(registered);
    await expect((await other.call()).passkeySignIn(answer)).rejects.toMatchObject({
      errorCode: 'passkey_refused',
    });

    const { credentialId } = passkey;
    await expect((await call()).passkeyRename({ credentialId, name: 'Old phone' })).resolves.toEqual({});
    await expect((await call()).passkeyRemove({ credentialId })).resolves.toEqual({});
    await expect((await call()).passkeyRemove({ credentialId })).rejects.toMatchObject({
      errorCode: 'passkey_not_found',
    });
  });

  it('K6 proves who one is by passkey or password, in this session alone', async () => {
    const browser = openBrowser();
    const { call, clock } = browser;
    const account = { ...good, email: 'proof@example.test' };
    await (await call()).register(account);
    const other = openBrowser();
    await (await other.call()).signIn(account);
    await expect((await call()).verifyOptions()).resolves.toMatchObject({
      passkey: null,
      hasPassword: true,
      hasSecondFactor: false,
    });
    const authenticator = createTestAuthenticator(ORIGIN);
    const made = await (await call()).passkeyRegisterOptions();
    const response = authenticator.create(made.options);
    await (await call()).passkeyRegister({ challengeId: made.challengeId, response, name: 'Phone' });

    clock.advance(60_000);
    const { passkey } = await (await call()).verifyOptions();
    const answer = { challengeId: passkey!.challengeId, response: authenticator.get(passkey!.options) };
    await expect((await call()).verifyByPasskey(answer)).resolves.toEqual({ verifiedAt: START + 60_000 });
    await expect((await call()).session()).resolves.toMatchObject({ verifiedAt: START + 60_000 });
    await expect((await call()).verifyByPasskey(answer)).rejects.toMatchObject({
      errorCode: 'passkey_refused',
    });
    clock.advance(60_000);
    const { password } = account;
    await expect((await call()).verifyByPassword({ password })).resolves.toEqual({
      verifiedAt: START + 120_000,
    });
    await expect((await other.call()).session()).resolves.toMatchObject({ verifiedAt: START });
  });

  it('K6 takes a passkey on or away only for who has just proved who it is, in whichever process', async () => {
    const { call, clock, auth, token } = openBrowser();
    const account = { ...good, email: 'fresh@example.test' };
    await (await call()).register(account);
    const authenticator = createTestAuthenticator(ORIGIN);
    const made = await (await call()).passkeyRegisterOptions();
    const response = authenticator.create(made.options);
    const request = { challengeId: made.challengeId, response, name: 'Phone' };
    clock.advance(VERIFIED_FOR);
    const needed = { errorCode: 'verification_needed' };
    await expect((await call()).passkeyRegisterOptions()).rejects.toMatchObject(needed);
    await expect((await call()).passkeyRegister(request)).rejects.toMatchObject(needed);
    await expect((await call()).passkeys()).resolves.toEqual([]);

    // Whoever has a copy of the old cookie gains nothing by the owner's proof.
    const stale = await call();
    const copied = token()!;
    await (await call()).verifyByPassword({ password: account.password });
    expect(token()).not.toBe(copied);
    await expect(stale.passkeyRegisterOptions()).rejects.toMatchObject(needed);
    await expect(auth.sessions.validate(copied)).resolves.toBeNull();
    const again = await (await call()).passkeyRegisterOptions();
    const { credentialId } = await (
      await call()
    ).passkeyRegister({
      challengeId: again.challengeId,
      response: authenticator.create(again.options),
      name: 'Phone',
    });
    clock.advance(VERIFIED_FOR);
    await expect((await call()).passkeyRemove({ credentialId })).rejects.toMatchObject(needed);
    await expect((await call()).passkeyRename({ credentialId, name: 'Old' })).resolves.toEqual({});
    await (await call()).verifyByPassword({ password: account.password });
    await expect((await call()).passkeyRemove({ credentialId })).resolves.toEqual({});
  });

  it('B10 C10 a passkey that comes or goes is told by mail and in the log, and gives the session a new token', async () => {
    const { call, auth, token } = openBrowser();
    const { user } = await (await call()).register({ ...good, email: 'told@example.test' });
    const made = await (await call()).passkeyRegisterOptions();
    const response = createTestAuthenticator(ORIGIN).create(made.options);
    const first = token()!;
    const request = { challengeId: made.challengeId, response, name: 'Phone' };
    const { credentialId } = await (await call()).passkeyRegister(request);
    await expect(auth.sessions.validate(first)).resolves.toBeNull();
    const second = token()!;
    await (await call()).passkeyRemove({ credentialId });
    await expect(auth.sessions.validate(second)).resolves.toBeNull();
    await expect(toldOf(user!.id)).resolves.toEqual({
      mails: 2,
      events: ['passkey_added', 'passkey_removed'],
    });
  });

  it('B10 C10 the owner is told also when the session ends in the same moment', async () => {
    const { call, auth } = openBrowser();
    const { user } = await (await call()).register({ ...good, email: 'ended@example.test' });
    const made = await (await call()).passkeyRegisterOptions();
    const response = createTestAuthenticator(ORIGIN).create(made.options);
    vi.spyOn(auth.sessions, 'rotate').mockResolvedValueOnce(null);
    const request = { challengeId: made.challengeId, response, name: 'Phone' };
    await expect((await call()).passkeyRegister(request)).resolves.toMatchObject({ name: 'Phone' });
    await expect(toldOf(user!.id)).resolves.toEqual({ mails: 1, events: ['passkey_added'] });
  });

  it('K6 B10 refuses a wrong password, and guesses on end', async () => {
    const { call } = openBrowser();
    await (await call()).register({ ...good, email: 'guess@example.test' });
    const failure = async (password: string) =>
      (await call()).verifyByPassword({ password }).catch((error: unknown) => error);
    expect(await failure('wrong horse')).toMatchObject({ errorCode: 'credentials_wrong' });
    await expect((await call()).session()).resolves.toMatchObject({ verifiedAt: START });
    for (let attempt = 0; attempt < 9; attempt++) await failure('wrong horse');
    expect(await failure(good.password)).toMatchObject({
      errorCode: 'too_many_requests',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
  });

  it('K6 an account without a password has none to prove with', async () => {
    const { call } = openBrowser();
    const { user } = await (await call()).register({ ...good, email: 'none@example.test' });
    await database.pool.query('delete from passwords where user_id = $1', [user!.id]);
    await expect((await call()).verifyOptions()).resolves.toMatchObject({
      passkey: null,
      hasPassword: false,
      hasSecondFactor: false,
    });
    const { password } = good;
    await expect((await call()).verifyByPassword({ password })).rejects.toMatchObject({
      errorCode: 'credentials_wrong',
    });
  });

  it('K6 keeps passkeys from who is signed out', async () => {
    const { call } = openBrowser();
    await expect((await call()).passkeys()).rejects.toMatchObject({ errorCode: 'signed_out' });
    await expect((await call()).passkeyRegisterOptions()).rejects.toMatchObject({ errorCode: 'signed_out' });
  });
});
