import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createBrowserCookie } from '../../services/oidc/browser-cookie';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';
import { listProcedures } from './testing-procedures';
import { isSchema, sampleOf } from './testing-samples';
import { callWire } from './testing-wire';

const SECURE = 'https://parking.example';

let database: TestDatabase;
let secure: TestServer;
let plain: TestServer;
beforeAll(async () => {
  database = await createTestDatabase();
  const options = { databaseUrl: database.url, trustProxy: 1 };
  secure = await startTestServer({ ...options, demoPassword: TEST_PASSWORD, origin: SECURE });
  plain = await startTestServer(options);
});
afterAll(async () => {
  await plain.close();
  await secure.close();
  await database.close();
});

const everywhere: Readonly<Record<string, RegExp>> = {
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^(same-origin|no-referrer)$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'content-security-policy': /frame-ancestors 'none'/,
  'permissions-policy': /camera=\(self\).*geolocation=\(\).*microphone=\(\)/,
};

describe('A7 headers', () => {
  it.each([
    ['a page', '/'],
    ['a page that there is not', '/nothing/here'],
    ['a query', '/trpc/auth.session'],
    ['a refused call', '/trpc/sessions.list'],
    ['a procedure that there is not', '/trpc/nothing.here'],
    ['health', '/health/live'],
    ['a return from a provider', '/oidc/callback/nobody?state=x&code=y'],
  ])('A7 %s carries what keeps browsers from harm', async (_what, path) => {
    const { headers } = await fetch(`${secure.url}${path}`, { redirect: 'manual' });
    for (const [name, pattern] of Object.entries(everywhere))
      expect(headers.get(name), name).toMatch(pattern);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=(\d{8,}).*includeSubDomains/);
    // Nothing that tells a stranger what runs here.
    for (const name of ['server', 'x-powered-by', 'access-control-allow-origin'])
      expect(headers.get(name), name).toBeNull();
  });

  it.each(['/trpc/auth.session', '/trpc/sessions.list', '/health/ready', '/oidc/callback/nobody'])(
    'A7 %s loads nothing when it is opened as a page, and is kept nowhere',
    async (path) => {
      const { headers } = await fetch(`${secure.url}${path}`, { redirect: 'manual' });
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
      expect(headers.get('cache-control')).toContain('no-store');
    },
  );

  it('A7 says nothing of transport security on plain http, where it would lock a house out', async () => {
    const { headers } = await fetch(`${plain.url}/health/live`);
    expect(headers.get('strict-transport-security')).toBeNull();
  });
});

describe('A2 cookies', () => {
  it('A2 every cookie that any call sets is bound to this host, to https and to the server', async () => {
    const cookies: string[] = [];
    const { headers } = await callWire({
      url: secure.url,
      procedure: { path: 'auth.signIn', type: 'mutation' },
      cookie: '',
      input: { email: 'resident-a@demo.undercroft.test', password: TEST_PASSWORD },
    });
    const session = headers.getSetCookie()[0]!.split(';')[0]!;
    for (const procedure of listProcedures()) {
      const schema = procedure.inputs.find(isSchema);
      const input = schema && sampleOf(schema).value;
      for (const cookie of ['', session]) {
        // Some end the session; that is no matter here.
        const answer = await callWire({ url: secure.url, procedure, cookie, input });
        cookies.push(...answer.headers.getSetCookie());
      }
    }
    cookies.push(createBrowserCookie(SECURE).issue('secret'));
    expect(cookies.length).toBeGreaterThan(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-undercroft[a-z-]*=[^;]*; /);
      for (const flag of ['Path=/', 'HttpOnly', 'Secure']) expect(cookie.split('; ')).toContain(flag);
      expect(cookie).toMatch(/; SameSite=(Lax|Strict)/);
      expect(cookie).not.toMatch(/Domain=/i);
    }
  });
});
