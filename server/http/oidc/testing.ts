import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { TestBrowser, type Page } from './testing-browser';
import { startTestProvider, type TestPerson, type TestProvider } from '../../services/oidc/testing-provider';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';

export const ORIGIN = 'http://localhost';
/** Screen /oidc, where a return from a provider ends. */
const END = /^http:\/\/localhost\/oidc\?/;

/** The demo site with two providers, `alpha` (tells name and e-mail at userinfo) and `beta` (in the ID token). */
export interface OidcHouse {
  readonly database: TestDatabase;
  readonly server: TestServer;
  readonly alpha: TestProvider;
  readonly beta: TestProvider;
  /** A second process on the same database; closed with the house. */
  startAnother(): Promise<TestServer>;
  openBrowser(): TestBrowser;
  close(): Promise<void>;
}

export async function openOidcHouse(people: readonly TestPerson[]): Promise<OidcHouse> {
  const database = await createTestDatabase();
  const shared = { origin: ORIGIN, people };
  const alpha = await startTestProvider({ ...shared, id: 'alpha', name: 'Alpha', userinfoOnly: true });
  const beta = await startTestProvider({ ...shared, id: 'beta', name: 'Beta' });
  const oidcProviders = [alpha.settings, beta.settings];
  const options = { databaseUrl: database.url, origin: ORIGIN, oidcProviders };
  const server = await startTestServer({ ...options, demoPassword: TEST_PASSWORD });
  const servers = [server];
  return {
    ...{ database, server, alpha, beta },
    async startAnother() {
      const another = await startTestServer(options);
      servers.push(another);
      return another;
    },
    openBrowser: () => new TestBrowser({ origin: ORIGIN, server: server.url }),
    async close() {
      for (const it of servers) await it.close();
      for (const provider of [alpha, beta]) await provider.close();
      await database.close();
    },
  };
}

/** Begins by this procedure and answers the address that the browser is sent to. */
export async function begin(
  browser: TestBrowser,
  provider: string,
  { procedure = 'oidc.begin', returnTo = '/find' } = {},
): Promise<string> {
  const { data, error } = await browser.call<{ url: string }>(procedure, { provider, returnTo });
  if (!data) throw new Error(`${procedure} refused: ${error?.code ?? ''}`);
  return data.url;
}

/** At the provider: signs in as this person, or says no, and goes on until screen /oidc, or an address like `until`. */
export async function signInAt(
  browser: TestBrowser,
  url: string,
  { login, until = END }: { login: string | null; until?: RegExp },
): Promise<Page> {
  const page = await browser.open(url, { until });
  if (until.test(page.url.href)) return page;
  const form: Record<string, string> = login === null ? { cancel: '1' } : { login };
  return await browser.open(page.url.href, { form, until });
}

/** The whole way: what screen /oidc is told. */
export async function goBy(
  browser: TestBrowser,
  provider: string,
  { login, procedure }: { login: string | null; procedure?: string },
): Promise<Record<string, string>> {
  const url = await begin(browser, provider, procedure === undefined ? {} : { procedure });
  const end = await signInAt(browser, url, { login });
  return Object.fromEntries(end.url.searchParams);
}

/** Who is signed in in this browser, by e-mail; null when nobody is. */
export async function whoIsIn(browser: TestBrowser): Promise<string | null> {
  const { data } = await browser.call<{ user: { email: string } | null }>('auth.session', undefined, {
    method: 'GET',
  });
  return data?.user?.email ?? null;
}
