import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OidcProvedView } from '#shared/protocol/oidc';
import { TEST_PASSWORD } from '../testing-device';
import { begin, goBy, openOidcHouse, ORIGIN, signInAt, whoIsIn, type OidcHouse } from '../oidc/testing';
import type { TestBrowser } from '../oidc/testing-browser';

const RESIDENT = 'resident-a@demo.undercroft.test';
const CALLBACK = /\/oidc\/callback\//;
const END = /\/oidc\?/;
const expired = { failed: 'oidc_expired' };
const refused = { failed: 'oidc_refused' };

let house: OidcHouse;
beforeAll(async () => {
  house = await openOidcHouse([
    { login: 'victim', email: 'victim@elsewhere.test', name: 'Victim' },
    { login: 'mallory', email: RESIDENT, name: 'Mallory' },
    { login: 'newcomer', email: 'newcomer@elsewhere.test' },
  ]);
  for (const login of ['victim', 'mallory']) {
    const browser = house.openBrowser();
    await goBy(browser, 'alpha', { login });
    await browser.call('oidc.register', { email: `${login}@example.test`, name: login });
  }
});
afterAll(() => house.close());
beforeEach(() => house.database.pool.query('truncate rate_limits'));

/** Begins and signs in at the provider, and stops before what it sends back is opened. */
async function answerOf(browser: TestBrowser, provider: string, login: string): Promise<URL> {
  const url = await begin(browser, provider);
  return (await signInAt(browser, url, { login, until: CALLBACK })).url;
}

async function finish(browser: TestBrowser, callback: URL): Promise<Record<string, string>> {
  const page = await browser.open(callback.href, { until: END });
  return Object.fromEntries(page.url.searchParams);
}

const tokenCalls = (provider: 'alpha' | 'beta') =>
  house[provider].requests.filter((it) => it === 'POST /token').length;

describe('state', () => {
  it('attack: an answer with a forged state, or without one, begins no session and is not even exchanged', async () => {
    const browser = house.openBrowser();
    const callback = await answerOf(browser, 'alpha', 'victim');
    const before = tokenCalls('alpha');
    for (const state of ['A'.repeat(43), '', undefined]) {
      const forged = new URL(callback);
      forged.searchParams.delete('state');
      if (state !== undefined) forged.searchParams.set('state', state);
      expect(await finish(browser, forged)).toEqual(expired);
    }
    expect(tokenCalls('alpha')).toBe(before);
    expect(await whoIsIn(browser)).toBeNull();
    // The flow itself is as it was.
    expect(await finish(browser, callback)).toMatchObject({ result: 'sign_in' });
  });

  it('attack: a flow of ten minutes ago is over', async () => {
    const browser = house.openBrowser();
    const callback = await answerOf(browser, 'alpha', 'victim');
    await house.database.pool.query(`update oidc_flows set expires_at = now() - interval '1 second'`);
    expect(await finish(browser, callback)).toEqual(expired);
    expect(await whoIsIn(browser)).toBeNull();
  });
});

describe('another browser', () => {
  it('attack: a victim’s browser that opens a stranger’s answer (login CSRF) is not signed in as the stranger', async () => {
    const mallory = house.openBrowser();
    const callback = await answerOf(mallory, 'alpha', 'mallory');
    const victim = house.openBrowser();
    expect(await finish(victim, callback)).toEqual(expired);
    // Nor one that has begun a flow of its own.
    await begin(victim, 'alpha');
    expect(await finish(victim, callback)).toEqual(expired);
    expect(await whoIsIn(victim)).toBeNull();
    // And nobody could end the flow by having seen its address.
    expect(await finish(mallory, callback)).toMatchObject({ result: 'sign_in' });
  });

  it('attack: who waits for being linked in one browser is not seen, linked or registered from another', async () => {
    const browser = house.openBrowser();
    expect(await goBy(browser, 'beta', { login: 'newcomer' })).toMatchObject({ result: 'unknown' });
    const other = house.openBrowser();
    await begin(other, 'beta');
    expect((await other.call('oidc.proved', undefined, { method: 'GET' })).data).toBeNull();
    const person = { email: 'thief@example.test', name: 'Thief' };
    expect((await other.call('oidc.register', person)).error?.code).toBe('oidc_expired');
    await other.call('auth.signIn', { email: RESIDENT, password: TEST_PASSWORD });
    expect((await other.call('oidc.linkProved')).error?.code).toBe('oidc_expired');
  });

  it('attack: a link that somebody else finishes in the same browser links nothing', async () => {
    const browser = house.openBrowser();
    await browser.call('auth.signIn', { email: RESIDENT, password: TEST_PASSWORD });
    const url = await begin(browser, 'beta', { procedure: 'oidc.beginLink' });
    await browser.call('auth.signOut');
    const manager = { email: 'manager@demo.undercroft.test', password: TEST_PASSWORD };
    await browser.call('auth.signIn', manager);
    const { url: end } = await signInAt(browser, url, { login: 'newcomer' });
    expect(Object.fromEntries(end.searchParams)).toEqual(expired);
    const { rowCount } = await house.database.pool.query(
      `select from external_identities where subject = 'newcomer'`,
    );
    expect(rowCount).toBe(0);
  });
});

describe('code', () => {
  it('attack: the same answer a second time (replay) is over, and asks the provider nothing', async () => {
    const browser = house.openBrowser();
    const callback = await answerOf(browser, 'alpha', 'victim');
    expect(await finish(browser, callback)).toMatchObject({ result: 'sign_in' });
    await browser.call('auth.signOut');
    const before = tokenCalls('alpha');
    expect(await finish(browser, callback)).toEqual(expired);
    expect(tokenCalls('alpha')).toBe(before);
    expect(await whoIsIn(browser)).toBeNull();
  });

  it('attack: of two at once with the same answer one is let in', async () => {
    const browser = house.openBrowser();
    const callback = await answerOf(browser, 'alpha', 'victim');
    const both = await Promise.all([finish(browser, callback), finish(browser, callback)]);
    expect(both.filter(({ result }) => result === 'sign_in')).toHaveLength(1);
    expect(both.filter(({ failed }) => failed === 'oidc_expired')).toHaveLength(1);
  });

  it('attack: a stolen code put into one’s own flow (injection) fails by PKCE', async () => {
    const victim = house.openBrowser();
    const stolen = await answerOf(victim, 'alpha', 'victim');
    const mallory = house.openBrowser();
    const own = await answerOf(mallory, 'alpha', 'mallory');
    own.searchParams.set('code', stolen.searchParams.get('code')!);
    expect(await finish(mallory, own)).toEqual(refused);
    expect(await whoIsIn(mallory)).toBeNull();
  });
});

describe('nonce', () => {
  it('attack: an ID token that was made for another flow is refused', async () => {
    const browser = house.openBrowser();
    const callback = await answerOf(browser, 'alpha', 'victim');
    const { rowCount } = await house.database.pool.query(
      `update oidc_flows set nonce = repeat('x', 43) where proved is null and expires_at > now()`,
    );
    expect(rowCount).toBeGreaterThan(0);
    const before = tokenCalls('alpha');
    expect(await finish(browser, callback)).toEqual(refused);
    // It came as far as the exchange: what refused it is the token.
    expect(tokenCalls('alpha')).toBe(before + 1);
    expect(await whoIsIn(browser)).toBeNull();
  });
});

describe('mix-up', () => {
  it('attack: one provider’s code never reaches another, at neither’s address, with `iss` or without', async () => {
    const browser = house.openBrowser();
    // The person chose beta, which sends them on to alpha with beta's state: alpha's code comes back.
    const chosen = new URL(await begin(browser, 'beta'));
    const honest = await answerOf(browser, 'alpha', 'victim');
    honest.searchParams.set('state', chosen.searchParams.get('state')!);
    const calls = [tokenCalls('alpha'), tokenCalls('beta')];
    expect(await finish(browser, honest)).toEqual(expired);

    // At beta's own address: `iss` says that it is alpha's.
    const moved = new URL(`${ORIGIN}/oidc/callback/beta${honest.search}`);
    expect(honest.searchParams.get('iss')).toBe(house.alpha.issuer);
    expect(await finish(browser, moved)).toEqual(refused);

    // And without it, although beta's metadata promise one.
    const again = new URL(await begin(browser, 'beta'));
    moved.searchParams.set('state', again.searchParams.get('state')!);
    moved.searchParams.delete('iss');
    expect(await finish(browser, moved)).toEqual(refused);
    expect([tokenCalls('alpha'), tokenCalls('beta')]).toEqual(calls);
    expect(await whoIsIn(browser)).toBeNull();
  });
});

describe('e-mail', () => {
  it('attack: an identity with the e-mail of an account, verified or not, does not open it and is not linked to it', async () => {
    const mallory = house.openBrowser();
    // The provider says that mallory's e-mail is the resident's, and verified.
    expect(await goBy(mallory, 'beta', { login: 'mallory' })).toMatchObject({ result: 'unknown' });
    const proved = await mallory.call<OidcProvedView>('oidc.proved', undefined, { method: 'GET' });
    expect(proved.data?.email).toBe(RESIDENT);
    expect(await whoIsIn(mallory)).toBeNull();
    const made = await mallory.call('oidc.register', { email: RESIDENT, name: 'Mallory' });
    expect(made.error?.code).toBe('email_taken');
    expect((await mallory.call('oidc.linkProved')).error?.code).toBe('signed_out');
    const { rowCount } = await house.database.pool.query(
      `select from external_identities join users using (user_id) where users.email = $1`,
      [RESIDENT],
    );
    expect(rowCount).toBe(0);
  });

  it('attack: linking wants a proof of the account that is no older than five minutes', async () => {
    const browser = house.openBrowser();
    await goBy(browser, 'beta', { login: 'newcomer' });
    await browser.call('auth.signIn', { email: RESIDENT, password: TEST_PASSWORD });
    const { pool } = house.database;
    await pool.query(`update sessions set verified_at = now() - interval '6 minutes'`);
    // This process believes what it knew for two seconds more; another has only what is written.
    browser.moveTo((await house.startAnother()).url);
    const answer = await browser.call('oidc.linkProved');
    expect(answer.error?.code).toBe('verification_needed');
  });
});

describe('leading elsewhere', () => {
  it.each(['//evil.test', 'https://evil.test/', '/\\evil.test', '/\t/evil.test', 'javascript:alert(1)'])(
    'attack: the way back is never to another site (%s)',
    async (returnTo) => {
      const browser = house.openBrowser();
      const url = await begin(browser, 'alpha', { returnTo });
      const { url: end } = await signInAt(browser, url, { login: 'victim' });
      expect(end.origin).toBe(ORIGIN);
      expect(end.searchParams.get('next')).toBe('/');
    },
  );

  it('attack: the redirect address is the server’s own, whatever Host a request has', async () => {
    const browser = house.openBrowser();
    const url = new URL(await begin(browser, 'alpha'));
    expect(url.searchParams.get('redirect_uri')).toBe(`${ORIGIN}/oidc/callback/alpha`);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('response_type')).toBe('code');
  });
});

describe('session', () => {
  it('attack: a session that was there before (fixation) does not become the signed-in one', async () => {
    const browser = house.openBrowser();
    browser.setCookie(ORIGIN, 'undercroft', 'a'.repeat(32));
    expect(await goBy(browser, 'alpha', { login: 'victim' })).toMatchObject({ result: 'sign_in' });
    expect(browser.cookie(ORIGIN, 'undercroft')).not.toBe('a'.repeat(32));
    expect(await whoIsIn(browser)).toBe('victim@example.test');
  });

  it('attack: a provider does not stand in for the second factor', async () => {
    const { pool } = house.database;
    const browser = house.openBrowser();
    await pool.query(
      `insert into second_factors (user_id, sealed_secret, created_at, confirmed_at)
       select user_id, '', now(), now() from users where email = 'victim@example.test'`,
    );
    try {
      const url = await begin(browser, 'alpha');
      const { url: end } = await signInAt(browser, url, { login: 'victim', until: /\/sign-in/ });
      expect(end.pathname).toBe('/sign-in');
      expect(end.hash).toMatch(/^#second-factor=[a-z2-7]{32}$/);
      expect(await whoIsIn(browser)).toBeNull();
    } finally {
      await pool.query('delete from second_factors');
    }
  });

  it('attack: another site cannot make a browser begin (CSRF)', async () => {
    const response = await fetch(`${house.server.url}/trpc/oidc.begin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.test' },
      body: JSON.stringify({ provider: 'alpha', returnTo: '/' }),
    });
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('attack: the address with the code is kept by no cache and told to nobody', async () => {
    const response = await fetch(`${house.server.url}/oidc/callback/alpha?code=x&state=y`, {
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('location')).toBe('/oidc?failed=oidc_expired');
  });
});
