import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { startTestServer, type TestServer } from './testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from './testing-device';

let database: TestDatabase;
let server: TestServer;
let device: TestDevice;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD });
  device = createTestDevice(server.url);
  await device.signIn('resident-a@demo.undercroft.test');
});
afterAll(async () => {
  await server.close();
  await database.close();
});

/** What matters to a client of an answer; `serverNow` differs from call to call. */
async function post(path: string, body: string, fields: Record<string, string>) {
  const { status, text, headers } = await device.post(path, body, fields);
  return {
    status,
    text: text.replace(/"serverNow":\d+/, '"serverNow":0'),
    type: headers.get('content-type'),
    cache: headers.get('cache-control'),
  };
}

function push(fields: object = {}): string {
  return JSON.stringify({ proto: 1, build: 'test', clientId: randomUUID(), intents: [], ...fields });
}

describe('a plain mutation is answered as by tRPC’s own adapter', () => {
  const intent = { seq: 1, id: randomUUID(), op: 'nobody.knows@1', args: {}, deviceTime: 0, expiresAt: null };
  it.each([
    ['K8 an outcome', 'sync.push', push({ intents: [intent] }), {}, 200],
    ['K8 malformed JSON', 'sync.push', '{"proto": 1,', {}, 400],
    ['K8 no body', 'sync.push', '', {}, 400],
    ['K8 a field too many', 'sync.push', push({ siteId: 'x' }), {}, 400],
    ['K8 another protocol', 'sync.push', push({ proto: 99 }), {}, 426],
    ['K8 a gap', 'sync.push', push({ intents: [{ ...intent, seq: 7 }] }), {}, 409],
    ['A2 signed out', 'sync.push', push(), { cookie: '' }, 401],
    ['A2 signed out with malformed JSON', 'sync.push', '{', { cookie: '' }, 401],
    ['A8 a foreign page', 'sync.push', push(), { origin: 'https://elsewhere.example' }, 403],
    ['K8 a procedure that is none', 'sync.pusher', push(), {}, 404],
    ['K8 a query by POST', 'auth.session', '', {}, 400],
    ['K8 a name of every object', 'constructor', '', {}, 404],
  ])('%s', async (_name, path, body, headers, status) => {
    const plain = await post(path, body, headers);
    // Anything in the query string leads to the adapter.
    const byAdapter = await post(`${path}?by=adapter`, body, headers);
    expect(plain).toEqual(byAdapter);
    expect(plain.status).toBe(status);
  });
});
