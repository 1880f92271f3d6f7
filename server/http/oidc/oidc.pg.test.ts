import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OidcIdentityView, OidcProvedView } from '#shared/protocol/oidc';
import { TEST_PASSWORD } from '../testing-device';
import { begin, goBy, openOidcHouse, ORIGIN, signInAt, whoIsIn, type OidcHouse } from './testing';

const RESIDENT = 'resident-a@demo.undercroft.test';

let house: OidcHouse;
beforeAll(async () => {
  house = await openOidcHouse([
    { login: 'ada', email: 'Ada@elsewhere.test', name: 'Ada Lovelace' },
    { login: 'noor', email: 'noor@elsewhere.test', isEmailVerified: false },
    { login: 'quiet' },
    { login: 'linker', email: 'linker@elsewhere.test' },
    { login: 'solo', email: 'solo@elsewhere.test', name: 'Solo' },
  ]);
});
afterAll(() => house.close());
beforeEach(() => house.database.pool.query('truncate rate_limits'));

const get = { method: 'GET' } as const;
const signIn = { email: RESIDENT, password: TEST_PASSWORD };

describe('signing in', () => {
  it('K6 names the providers to everybody', async () => {
    const { data } = await house.openBrowser().call('oidc.providers', undefined, get);
    expect(data).toEqual([
      { id: 'alpha', name: 'Alpha' },
      { id: 'beta', name: 'Beta' },
    ]);
  });

  it.each(['alpha', 'beta'])(
    'K6 A1 an unknown identity of %s registers, and then signs in',
    async (provider) => {
      const browser = house.openBrowser();
      expect(await goBy(browser, provider, { login: 'ada' })).toEqual({ result: 'unknown', next: '/find' });
      expect(await whoIsIn(browser)).toBeNull();
      const proved = await browser.call<OidcProvedView>('oidc.proved', undefined, get);
      expect(proved.data).toMatchObject({ email: 'ada@elsewhere.test', name: 'Ada Lovelace' });
      const email = `ada-${provider}@example.test`;
      const made = await browser.call('oidc.register', { email, name: 'Ada' });
      expect(made.data).toMatchObject({ user: { email }, member: { role: 'resident' } });
      expect(await whoIsIn(browser)).toBe(email);
      expect((await browser.call('oidc.proved', undefined, get)).data).toBeNull();

      const other = house.openBrowser();
      expect(await goBy(other, provider, { login: 'ada' })).toEqual({ result: 'sign_in', next: '/find' });
      expect(await whoIsIn(other)).toBe(email);
      const { rows } = await house.database.pool.query<{ signed_in_by: string }>(
        'select distinct signed_in_by from sessions join users using (user_id) where email = $1',
        [email],
      );
      expect(rows).toEqual([{ signed_in_by: 'oidc' }]);
    },
  );

  it('A1 takes the provider’s word for an e-mail only for that very e-mail, and only when it gives it', async () => {
    const verified = async (login: string, email: string) => {
      const browser = house.openBrowser();
      await goBy(browser, 'beta', { login });
      const { data } = await browser.call('oidc.register', { email, name: 'Somebody' });
      expect(data).toMatchObject({ user: { email } });
      const { rows } = await house.database.pool.query<{ is_verified: boolean }>(
        'select email_verified_at is not null as is_verified from users where email = $1',
        [email],
      );
      return rows[0]?.is_verified;
    };
    expect(await verified('noor', 'noor@elsewhere.test')).toBe(false);
    expect(await verified('solo', 'solo@elsewhere.test')).toBe(true);
    expect(await verified('quiet', 'quiet@elsewhere.test')).toBe(false);
    // What is not proved is asked to be confirmed.
    const { rows } = await house.database.pool.query<{ to_address: string }>(
      `select to_address from mails where kind = 'verify_email'
          and to_address in ('noor@elsewhere.test', 'solo@elsewhere.test', 'quiet@elsewhere.test') order by 1`,
    );
    expect(rows.map((row) => row.to_address)).toEqual(['noor@elsewhere.test', 'quiet@elsewhere.test']);
  });

  it('K6 says plainly when the person said no, or the provider is none or does not answer', async () => {
    const browser = house.openBrowser();
    expect(await goBy(browser, 'alpha', { login: null })).toEqual({ failed: 'oidc_denied' });
    const unknown = await browser.call('oidc.begin', { provider: 'gamma', returnTo: '/' });
    expect(unknown.error?.code).toBe('oidc_provider_unknown');
    const page = await browser.open(`${ORIGIN}/oidc/callback/gamma?state=x&code=y`, { until: /\/oidc\?/ });
    expect(page.url.searchParams.get('failed')).toBe('oidc_expired');
  });

  it('A1 keeps a site that is closed closed, and the identity waiting', async () => {
    const { pool } = house.database;
    const browser = house.openBrowser();
    await goBy(browser, 'alpha', { login: 'solo' });
    await pool.query(`update sites set registration = 'invited'`);
    try {
      const made = await browser.call('oidc.register', { email: 'closed@example.test', name: 'Solo' });
      expect(made.error?.code).toBe('registration_closed');
      const { rowCount } = await pool.query(`select from users where email = 'closed@example.test'`);
      expect(rowCount).toBe(0);
    } finally {
      await pool.query(`update sites set registration = 'open'`);
    }
    const made = await browser.call('oidc.register', { email: 'opened@example.test', name: 'Solo' });
    expect(made.data).toMatchObject({ user: { email: 'opened@example.test' } });
  });

  it('A1 of two registrations at once with one identity one is made', async () => {
    const browser = house.openBrowser();
    await goBy(browser, 'alpha', { login: 'quiet' });
    const register = (name: string) => browser.call('oidc.register', { email: `${name}@example.test`, name });
    const both = await Promise.all([register('first'), register('second')]);
    expect(both.map(({ error }) => error?.code ?? 'made').sort()).toEqual(['made', 'oidc_expired']);
  });

  it('K6 takes a provider’s answer by POST (Apple) on by a GET, which has the browser’s cookie', async () => {
    const browser = house.openBrowser();
    const url = await begin(browser, 'beta');
    const { url: callback } = await signInAt(browser, url, { login: 'noor', until: /oidc\/callback/ });
    const form = Object.fromEntries([...callback.searchParams, ['user', '{"name":"dropped"}']]);
    const address = `${ORIGIN}/oidc/callback/beta`;
    const end = await browser.open(address, { form, until: /\/oidc\?/ });
    expect(end.url.searchParams.get('failed')).toBeNull();
    expect(browser.visited.some((it) => it.includes('dropped'))).toBe(false);
  });
});

describe('linking', () => {
  it('K6 an account links an identity, signs in by it, and takes it away again, but never the last way in', async () => {
    const browser = house.openBrowser();
    await browser.call('auth.signIn', signIn);
    const linked = await goBy(browser, 'alpha', { login: 'linker', procedure: 'oidc.beginLink' });
    expect(linked).toEqual({ result: 'linked', next: '/find' });
    const list = await browser.call<OidcIdentityView[]>('oidc.identities', undefined, get);
    expect(list.data).toMatchObject([
      { provider: { id: 'alpha', name: 'Alpha' }, email: 'linker@elsewhere.test' },
    ]);

    const other = house.openBrowser();
    expect(await goBy(other, 'alpha', { login: 'linker' })).toMatchObject({ result: 'sign_in' });
    expect(await whoIsIn(other)).toBe(RESIDENT);

    const { issuer, subject } = list.data![0]!;
    const { pool } = house.database;
    const kept = await pool.query<{ user_id: string; hash: string }>(
      'delete from passwords using users where passwords.user_id = users.user_id and email = $1 returning passwords.user_id, hash',
      [RESIDENT],
    );
    const last = await browser.call('oidc.identityRemove', { issuer, subject });
    expect(last.error?.code).toBe('oidc_last_way_in');
    await pool.query('insert into passwords (user_id, hash, changed_at) values ($1, $2, now())', [
      kept.rows[0]!.user_id,
      kept.rows[0]!.hash,
    ]);
    expect((await browser.call('oidc.identityRemove', { issuer, subject })).data).toEqual({});
    const again = await browser.call('oidc.identityRemove', { issuer, subject });
    expect(again.error?.code).toBe('oidc_identity_not_found');
    expect(await goBy(house.openBrowser(), 'alpha', { login: 'linker' })).toMatchObject({
      result: 'unknown',
    });
    const { rows } = await pool.query<{ kind: string }>(
      `select kind from security_events where kind like 'identity%' order by at`,
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['identity_linked', 'identity_removed']);
    const mails = await pool.query(`select from mails where kind = 'ways_in_changed' and to_address = $1`, [
      RESIDENT,
    ]);
    expect(mails.rowCount).toBe(2);
  });

  it.each([
    ['has proved nothing', 'null'],
    ['was proved too long before', `now() - interval '5 minutes 1 second'`],
  ])('K6 nothing is linked from a session that %s when it was begun', async (_what, verifiedAt) => {
    const browser = house.openBrowser();
    await browser.call('auth.signIn', signIn);
    const url = await begin(browser, 'beta', { procedure: 'oidc.beginLink' });
    // As if another session of the same person had begun it.
    const { pool } = house.database;
    await pool.query(
      `update sessions set verified_at = ${verifiedAt} from users
        where users.user_id = sessions.user_id and email = $1`,
      [RESIDENT],
    );
    const end = await signInAt(browser, url, { login: 'ada' });
    expect(Object.fromEntries(end.url.searchParams)).toEqual({ failed: 'oidc_expired' });
    const list = await browser.call<OidcIdentityView[]>('oidc.identities', undefined, get);
    expect(list.data).toEqual([]);
  });

  it('K6 an identity of somebody else is not linked', async () => {
    const first = house.openBrowser();
    await goBy(first, 'alpha', { login: 'noor' });
    await first.call('oidc.register', { email: 'noor@alpha.test', name: 'Noor' });
    const second = house.openBrowser();
    await second.call('auth.signIn', signIn);
    const answer = await goBy(second, 'alpha', { login: 'noor', procedure: 'oidc.beginLink' });
    expect(answer).toEqual({ failed: 'oidc_identity_taken' });
  });
});

describe('proving once more', () => {
  it('K6 the provider asks anew, and the session is verified', async () => {
    const browser = house.openBrowser();
    await goBy(browser, 'beta', { login: 'linker' });
    await browser.call('oidc.register', { email: 'prover@example.test', name: 'Prover' });
    const { pool } = house.database;
    const forget = () =>
      pool.query(`update sessions set verified_at = now() - interval '1 hour' from users
                   where users.user_id = sessions.user_id and email = 'prover@example.test'`);
    await forget();
    // Signed in at the provider, and asked all the same.
    const url = await begin(browser, 'beta', { procedure: 'oidc.beginVerify' });
    expect(new URL(url).searchParams.get('prompt')).toBe('login');
    const asked = await browser.open(url, { until: /\/oidc\?/ });
    expect(asked.text).toContain('Test provider');
    const end = await signInAt(browser, asked.url.href, { login: 'linker' });
    expect(Object.fromEntries(end.url.searchParams)).toEqual({ result: 'verified', next: '/find' });
    const session = await browser.call<{ verifiedAt: number }>('auth.session', undefined, get);
    expect(Date.now() - session.data!.verifiedAt).toBeLessThan(60_000);
  });

  it('K6 another account at the provider proves nothing', async () => {
    const browser = house.openBrowser();
    await browser.call('auth.signIn', signIn);
    const answer = await goBy(browser, 'beta', { login: 'ada', procedure: 'oidc.beginVerify' });
    expect(answer).toEqual({ failed: 'oidc_identity_other' });
  });
});
