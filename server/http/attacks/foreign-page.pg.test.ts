import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { demoId } from '../../services/demo/demo-people';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';
import { makeCaller } from './testing-people';
import { listProcedures, type RouterProcedure } from './testing-procedures';
import { callWire, type WireCall } from './testing-wire';

let database: TestDatabase;
let server: TestServer;
let cookie: string;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, trustProxy: 1 });
  ({ cookie } = await makeCaller(database.pool, { kind: 'manager', siteId: demoId('site/0') }));
});
afterAll(async () => {
  await server.close();
  await database.close();
});

const procedures = listProcedures().map((procedure) => [procedure.path, procedure] as const);
const mutations = procedures.filter(([, { type }]) => type === 'mutation');
const call = (procedure: RouterProcedure, fields: Partial<WireCall> = {}) =>
  callWire({ url: server.url, procedure, cookie, ...fields });

describe('A7 A8 cross-site request forgery', () => {
  it.each(procedures)('A7 a page of another origin calls %s', async (_path, procedure) => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const { status, code, headers: answered } = await call(procedure, { headers });
      expect([status, code], JSON.stringify(headers)).toEqual([403, 'origin_refused']);
      // Nothing that lets a foreign page read an answer, whatever it says.
      expect([...answered.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  it.each(mutations)('A7 a form, a link or an image does not reach %s', async (_path, procedure) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const posted = await call(procedure, { headers: { 'content-type': type } });
      expect([posted.status, posted.code], type).toEqual([400, 'request_invalid']);
    }
    const got = await call({ ...procedure, type: 'query' });
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(got.code).not.toBe('internal');
  });

  it('A7 a preflight grants nothing', async () => {
    const answer = await fetch(`${server.url}/trpc/auth.signOut`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
