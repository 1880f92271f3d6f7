import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { needsSecondFactor, type SignInAnswer } from '#shared/protocol/session';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createAuthServices } from '../../services/auth/auth-services';
import { createSessionCookie } from '../../services/auth/session-cookie';
import { isSessionVerified } from '../../services/auth/session-verified';
import { createTestAuthenticator } from '../../services/auth/testing-authenticator';
import { codeAt } from '../../services/auth/totp';
import { makeSite } from '../../services/sites/make-site';
import { createAuthRouter } from '../auth/auth-router';
import { router } from '../trpc';
import { createSecondFactorProcedures } from './second-factor-procedures';

const secretKey = new Uint8Array(32);
const ORIGIN = 'https://parking.example';
const START = Date.UTC(2026, 10, 21);
const STEP = 30_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const client = await database.pool.connect();
  const site = { name: 'House', timeZone: 'Europe/Berlin', registration: 'open' } as const;
  await makeSite(client, site, { newId, signingKeys: { make: () => Promise.resolve() } });
  client.release();
});
afterAll(() => database.close());
beforeEach(() => database.pool.query('truncate rate_limits'));

const clock = createSettableClock(START);
const cookie = createSessionCookie(ORIGIN);

/** A browser: it keeps its cookie from call to call. */
function openBrowser(address = '192.0.2.1') {
  const auth = createAuthServices({ pool: database.pool, clock, newId, secretKey, origin: ORIGIN });
  const app = router({
    auth: createAuthRouter({ auth, cookie }),
    account: router(createSecondFactorProcedures({ auth, cookie })),
  });
  const cookies: string[] = [];
  const token = () => cookie.read(cookies.at(-1)?.split(';')[0]);
  const call = async () => {
    const sessionToken = token();
    const session = sessionToken === undefined ? null : await auth.sessions.validate(sessionToken);
    return app.createCaller({
      session,
      sessionToken,
      address,
      userAgent: 'Test/1',
      setCookie: (value: string) => void cookies.push(value),
      isVerified: () => isSessionVerified(session, { sessions: auth.sessions, clock }),
      readCookie: () => undefined,
    });
  };
  return { call, auth, token, cookies };
}

let counter = 0;
/** A new resident whose second factor is on; the code of this half minute is used up by that. */
async function withSecondFactor() {
  const browser = openBrowser();
  const account = {
    email: `person-${String(++counter)}@example.test`,
    password: 'correct horse',
    name: 'Ada',
  };
  const registered = await (await browser.call()).auth.register(account);
  const { uri } = await (await browser.call()).account.secondFactorBegin();
  const secret = fromBase32(new URL(uri).searchParams.get('secret') ?? '');
  const { recoveryCodes } = await (
    await browser.call()
  ).account.secondFactorConfirm({ code: codeAt(secret, clock.now()) });
  clock.advance(STEP);
  return { browser, account, secret, recoveryCodes, registered, code: () => codeAt(secret, clock.now()) };
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

function stepTokenOf(answer: SignInAnswer): string {
  if (!needsSecondFactor(answer)) throw new Error('signed in without the second factor');
  return answer.secondFactor.stepToken;
}

async function eventsOf(userId: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ kind: string }>(
    'select kind from security_events where user_id = $1 order by event_id',
    [userId],
  );
  return rows.map(({ kind }) => kind);
}

describe('second factor', () => {
  it('B1 a password alone signs nobody in any more; with the app’s code it does', async () => {
    const { account, code, registered } = await withSecondFactor();
    const other = openBrowser();
    const answer = await (await other.call()).auth.signIn(account);
    expect(Object.keys(answer)).toEqual(['secondFactor']);
    expect(other.cookies).toEqual([]);
    await expect((await other.call()).auth.session()).resolves.toMatchObject({ user: null });

    const stepToken = stepTokenOf(answer);
    await expect(
      (await other.call()).auth.signInSecondFactor({ stepToken, code: code() }),
    ).resolves.toMatchObject({ user: registered.user, member: registered.member, verifiedAt: clock.now() });
    await expect((await other.call()).auth.session()).resolves.toMatchObject({ user: registered.user });
    const { rows } = await database.pool.query(
      'select signed_in_by from sessions where user_id = $1 order by created_at desc limit 1',
      [registered.user!.id],
    );
    expect(rows).toEqual([{ signed_in_by: 'password_totp' }]);
  });

  it('B1 attack: session fixation by a step: it is good for one sign-in, and the session has a token of its own', async () => {
    const { account, recoveryCodes } = await withSecondFactor();
    const [victim, attacker] = [openBrowser(), openBrowser('198.51.100.7')];
    const stepToken = stepTokenOf(await (await attacker.call()).auth.signIn(account));
    const [first = '', second = ''] = recoveryCodes;
    await (await victim.call()).auth.signInSecondFactor({ stepToken, code: first });
    expect(victim.token()).not.toBe(stepToken);
    await expect(
      (await attacker.call()).auth.signInSecondFactor({ stepToken, code: second }),
    ).rejects.toMatchObject({ errorCode: 'sign_in_step_over' });
    expect(attacker.cookies).toEqual([]);
  });

  it('B1 B10 attack: guessing codes over many steps ends at the account’s limit, with Retry-After', async () => {
    const { account, code, registered } = await withSecondFactor();
    const attacker = openBrowser('198.51.100.8');
    const guess = async (): Promise<unknown> => {
      const stepToken = stepTokenOf(await (await attacker.call()).auth.signIn(account));
      const failures: unknown[] = [];
      for (let attempt = 0; attempt < 5; attempt++)
        failures.push(
          await (
            await attacker.call()
          ).auth
            .signInSecondFactor({ stepToken, code: 'wrong' })
            .catch((error: unknown) => error),
        );
      return failures;
    };
    const wrong = { errorCode: 'second_factor_wrong' };
    await expect(guess()).resolves.toMatchObject([wrong, wrong, wrong, wrong, wrong]);
    await expect(guess()).resolves.toMatchObject([wrong, wrong, wrong, wrong, wrong]);
    const stepToken = stepTokenOf(await (await attacker.call()).auth.signIn(account));
    await expect(
      (await attacker.call()).auth.signInSecondFactor({ stepToken, code: code() }),
    ).rejects.toMatchObject({
      errorCode: 'too_many_requests',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    const failed = (await eventsOf(registered.user!.id)).filter((kind) => kind === 'second_factor_failed');
    expect(failed).toHaveLength(10);
  });

  it('B1 K6 a passkey signs in without a code: it is two factors by itself', async () => {
    const { browser } = await withSecondFactor();
    const authenticator = createTestAuthenticator(ORIGIN);
    const made = await (await browser.call()).auth.passkeyRegisterOptions();
    const response = authenticator.create(made.options);
    await (
      await browser.call()
    ).auth.passkeyRegister({ challengeId: made.challengeId, response, name: 'Phone' });
    const other = openBrowser();
    const asked = await (await other.call()).auth.passkeySignInOptions();
    const answer = { challengeId: asked.challengeId, response: authenticator.get(asked.options) };
    await expect((await other.call()).auth.passkeySignIn(answer)).resolves.toMatchObject({
      user: { name: 'Ada' },
    });
  });

  it('K6 B1 the password proves who one is only with a code beside it', async () => {
    const { browser, account, code } = await withSecondFactor();
    await expect((await browser.call()).auth.verifyOptions()).resolves.toEqual({
      passkey: null,
      hasPassword: true,
      hasSecondFactor: true,
    });
    clock.advance(VERIFIED_FOR);
    const { password } = account;
    const verify = async (extra: { code?: string }) =>
      (await browser.call()).auth.verifyByPassword({ password, ...extra });
    await expect(verify({})).rejects.toMatchObject({ errorCode: 'second_factor_wrong' });
    await expect(verify({ code: 'wrong' })).rejects.toMatchObject({ errorCode: 'second_factor_wrong' });
    await expect((await browser.call()).account.secondFactorRemove()).rejects.toMatchObject({
      errorCode: 'verification_needed',
    });
    await expect(verify({ code: code() })).resolves.toEqual({ verifiedAt: clock.now() });
    await expect((await browser.call()).account.secondFactorRemove()).resolves.toEqual({});
  });

  it('B1 B10 each change is noted, told by mail, and gives the session a new token', async () => {
    const { browser, registered, account } = await withSecondFactor();
    const userId = registered.user!.id;
    await database.pool.query('delete from mails');
    const before = browser.token() ?? '';
    const { recoveryCodes } = await (await browser.call()).account.recoveryCodesRenew();
    expect(recoveryCodes).toHaveLength(10);
    await expect(browser.auth.sessions.validate(before)).resolves.toBeNull();
    await expect((await browser.call()).account.factors()).resolves.toEqual({
      hasPassword: true,
      hasSecondFactor: true,
      recoveryCodesLeft: 10,
    });
    await (await browser.call()).account.setPassword({ password: 'battery staple' });
    await (await browser.call()).account.secondFactorRemove();
    const kinds = await eventsOf(userId);
    expect(kinds.slice(-4)).toEqual([
      'second_factor_on',
      'recovery_codes_renewed',
      'password_set',
      'second_factor_off',
    ]);
    const { rows } = await database.pool.query<{ to_address: string }>('select to_address from mails');
    expect(rows).toEqual(Array(3).fill({ to_address: account.email }));
    await expect(
      openBrowser()
        .call()
        .then((it) => it.auth.signIn({ ...account, password: 'battery staple' })),
    ).resolves.toMatchObject({ user: { id: userId } });
  });

  it('B1 the last way in stays, and what is common is no password', async () => {
    const { browser } = await withSecondFactor();
    await expect((await browser.call()).account.removePassword()).rejects.toMatchObject({
      errorCode: 'password_last_way_in',
    });
    await expect((await browser.call()).account.setPassword({ password: 'password1' })).rejects.toMatchObject(
      { errorCode: 'password_common' },
    );
  });
});
