import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createTestBrowser } from '../http/testing-browser';
import { TEST_PASSWORD } from '../http/testing-device';
import { startTestServer, type TestServer } from '../http/testing';
import { newId } from '../platform/ids';
import {
  createTestReceiver,
  startTestPushService,
  type TestPushService,
} from '../services/push/testing-push-service';

let database: TestDatabase;
let service: TestPushService;
const servers: TestServer[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  service = await startTestPushService();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await service.close();
  await database.close();
});

const start = async (jobs: boolean) => {
  const { transport: pushTransport } = service;
  const options = {
    databaseUrl: database.url,
    origin: 'https://parking.example',
    demoPassword: TEST_PASSWORD,
  };
  const server = await startTestServer({ ...options, pushTransport, jobs });
  servers.push(server);
  return server;
};

interface Health {
  ok: boolean;
  jobs: { name: string; ok: boolean }[];
}

describe('the jobs of a server', () => {
  it('B4 B7 a notice is in the pocket within seconds, and /health/jobs tells of all jobs and of nobody', async () => {
    const { url } = await start(true);
    const phone = createTestBrowser(url);
    await phone.signIn('resident-a');
    const receiver = createTestReceiver();
    const subscription = { endpoint: `${service.url}/phone`, keys: receiver.keys };
    expect((await phone.post('push.subscribe', subscription)).status).toBe(200);
    const noticeId = newId();
    await database.pool.query(
      `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
       select site_id, $1::uuid, member_id, 'reminder_start', $2, 'a', now(), now()
         from members join users using (user_id) where email = 'resident-a@demo.undercroft.test'`,
      [noticeId, { start: Date.now() + 900_000 }],
    );
    const message = await service.next();
    expect(JSON.parse(new TextDecoder().decode(receiver.decrypt(message.body)))).toMatchObject({ noticeId });

    const answer = await fetch(`${url}/health/jobs`);
    const health = (await answer.json()) as Health;
    expect(answer.status).toBe(200);
    expect(health.ok).toBe(true);
    expect(health.jobs.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'tell-by-clock',
        'deliver-notices',
        'settle-reservations',
        'keep-keys',
        'answer-recoveries',
      ]),
    );
    expect(new Set(health.jobs.map(({ name }) => name)).size).toBe(health.jobs.length);
    expect(JSON.stringify(health)).not.toMatch(/@|demo\.undercroft|postgres/);
  });

  it('B7 a process without jobs says so, and is well', async () => {
    const { url } = await start(false);
    const answer = await fetch(`${url}/health/jobs`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true, here: false });
  });
});
