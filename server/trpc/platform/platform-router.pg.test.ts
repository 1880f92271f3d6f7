import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { callWire } from '../../http/attacks/testing-wire';
import { makeCaller, openSession, type TestCaller } from '../../http/attacks/testing-people';
import { startTestServer, type TestServer } from '../../http/testing';
import { newId } from '../../platform/ids';
import { demoId } from '../../services/demo/demo-people';
import { TEST_PASSWORD } from '../../http/testing-device';

let database: TestDatabase;
let server: TestServer;
let operator: TestCaller;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, trustProxy: 1 });
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  operator = await makeCaller(database.pool, { kind: 'administrator', siteId: '', name: 'Olga Operator' });
});

async function ask<T>(type: 'query' | 'mutation', path: string, input?: unknown) {
  const procedure = { path: `platform.${path}`, type };
  const answer = await callWire({ url: server.url, procedure, cookie: operator.cookie, input });
  const body = JSON.parse(answer.text) as { result?: { data: T } };
  return { ...answer, data: body.result?.data };
}

interface Described {
  sites: Record<string, unknown>[];
  totals: Record<string, number>;
}

const makeSite = (fields: object = {}) =>
  ask<{ siteId: string }>('mutation', 'makeSite', {
    ...{ name: 'Harbour Court', timeZone: 'Europe/Berlin', managerEmail: 'Hanna@Example.test' },
    ...fields,
  });

describe('E2 the installation', () => {
  it('E2 shows sites with figures and nobody’s name', async () => {
    const { data, text } = await ask<Described>('query', 'sites');
    const demo = data?.sites.find(({ siteId }) => siteId === demoId('site/0'));
    expect(demo).toMatchObject({ name: 'Undercroft Demo', residents: 4, guards: 1, managers: 1, slots: 10 });
    expect(demo).toMatchObject({ registration: 'open', managerInvitedUntil: null });
    expect(data?.totals).toMatchObject({ sites: 1, mailsFailed: 0 });
    expect(text).not.toMatch(/Alma|Mara|@/);
  });

  it('E2 A1 makes a closed site and invites its first manager by mail', async () => {
    const { data, code } = await makeSite();
    expect(code).toBeNull();
    const siteId = data!.siteId;
    const { sites } = (await ask<Described>('query', 'sites')).data!;
    const made = sites.find((site) => site['siteId'] === siteId);
    expect(made).toMatchObject({ name: 'Harbour Court', registration: 'invited', managers: 0 });
    expect(made?.['managerInvitedUntil']).toBeGreaterThan(Date.now() + 13 * 86_400_000);
    const { rows } = await database.pool.query(
      `select (select count(*)::int from signing_keys where site_id = $1) as keys,
              (select count(*)::int from mails where to_address = 'hanna@example.test' and kind = 'invitation') as mails,
              (select count(*)::int from security_events where site_id = $1 and kind = 'site_made') as events,
              (select count(*)::int from members where site_id = $1) as members`,
      [siteId],
    );
    expect(rows[0]).toEqual({ keys: 1, mails: 1, events: 1, members: 0 });
  });

  it('E2 invites again while a site has no manager, and not once it has one', async () => {
    const { siteId } = (await makeSite({ name: 'Second' })).data!;
    const again = (site: string) =>
      ask('mutation', 'inviteManager', { siteId: site, email: 'other@example.test' });
    expect((await again(siteId)).code).toBeNull();
    await makeCaller(database.pool, { kind: 'manager', siteId });
    expect((await again(siteId)).code).toBe('site_has_manager');
    expect((await again(newId())).code).toBe('site_not_found');
  });

  it('E2 refuses before anything is made', async () => {
    const count = async () => (await database.pool.query('select from sites')).rowCount;
    const before = await count();
    expect((await makeSite({ managerEmail: 'nobody' })).code).toBe('email_invalid');
    expect((await makeSite({ name: ' ' })).code).toBe('name_invalid');
    expect((await makeSite({ timeZone: 'Mars/Olympus' })).code).toBe('request_invalid');
    expect(await count()).toBe(before);
  });

  it('E2 A2 needs a fresh proof to make one, and ends with the right', async () => {
    const cookie = await openSession(database.pool, { userId: operator.userId!, verified: false });
    operator = { ...operator, cookie };
    expect((await makeSite()).code).toBe('verification_needed');
    expect((await ask('query', 'sites')).code).toBeNull();
    await database.pool.query('delete from platform_administrators where user_id = $1', [operator.userId]);
    // What was validated is believed for two seconds: another session has not been looked at yet.
    operator = { ...operator, cookie: await openSession(database.pool, { userId: operator.userId! }) };
    expect((await ask('query', 'sites')).code).toBe('role_forbidden');
  });
});
