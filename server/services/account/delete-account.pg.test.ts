import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Registration } from '#shared/domain/entities';
import type { SessionAnswer } from '#shared/protocol/session';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { inTransaction } from '../../db/transaction';
import { newHolderKey } from '../../http/attacks/testing-house';
import { startTestServer, type TestServer } from '../../http/testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { insertUser } from '../auth/accounts';
import { createPasswordHasher } from '../auth/passwords';
import { TEST_SECRET_KEY } from '../mail/testing-mail';
import { createSigningKeys } from '../passes/signing-keys';
import { joinSite } from '../sites/join-site';
import { makeSite } from '../sites/make-site';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 22, 9);
const clock = createSettableClock(START);

let database: TestDatabase;
let server: TestServer;
let hash: string;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, clock });
  hash = await createPasswordHasher().hash(TEST_PASSWORD);
});
afterAll(async () => {
  await server.close();
  await database.close();
});

interface Lone {
  siteId: string;
  memberId: string;
  device: TestDevice;
}

/** A site with a manager and nobody else, who is signed in. */
async function addLoneManager(registration: Registration): Promise<Lone> {
  const { pool } = database;
  const signingKeys = createSigningKeys({ pool, clock, newId, secretKey: TEST_SECRET_KEY });
  const [userId, email] = [newId(), `${newId()}@example.test`];
  const site = { name: 'House', timeZone: 'Europe/Berlin', registration } as const;
  const [siteId, memberId] = await inTransaction(pool, async (client) => {
    const made = await makeSite(client, site, { newId, signingKeys });
    await insertUser(client, { userId, email, name: 'Ada', hash, at: new Date(START) });
    const member = { siteId: made, userId, role: 'manager', name: 'Ada' } as const;
    return [made, await joinSite(client, member, { newId, now: START })];
  });
  const device = createTestDevice(server.url);
  await device.signIn(email);
  return { siteId, memberId, device };
}

function register(invitation?: string) {
  const person = { email: `${newId()}@example.test`, name: 'Bo', password: TEST_PASSWORD };
  return createTestDevice(server.url).post<SessionAnswer>('auth.register', {
    ...person,
    ...(invitation !== undefined && { invitation }),
  });
}

async function stateOf(siteId: string) {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `select (select count(*)::integer from members m where m.site_id = s.site_id and m.left_at is null) as members,
            (select array_agg(state) from reservations r where r.site_id = s.site_id) as reservations,
            (select count(*)::integer from passes p where p.site_id = s.site_id and p.status = 'valid') as valid,
            (select count(*)::integer from holder_keys k where k.site_id = s.site_id and k.revoked_at is null) as keys,
            (select count(*)::integer from visitor_passes v where v.site_id = s.site_id and v.revoked_at is null) as visits,
            registration
       from sites s where site_id = $1`,
    [siteId],
  );
  return rows[0];
}

async function invite(device: TestDevice, terms: { role: string; uses: number }): Promise<string> {
  const { data, text } = await device.post<{ secret: string }>('invitation.issueLink', {
    ...{ flat: '', days: 7 },
    ...terms,
  });
  if (!data) throw new Error(text);
  return data.secret;
}

it('C10 D1 a manager who is alone ends what was reserved, given out and held, and the doors close', async () => {
  const { siteId, device } = await addLoneManager('open');
  const slotId = newId();
  await database.pool.query(`insert into slots (site_id, slot_id, label) values ($1, $2, 'A')`, [
    siteId,
    slotId,
  ]);
  const window = { start: START + HOUR, end: START + 2 * HOUR };
  const visit = {
    ...{ visitorPassId: newId(), visitors: [{ name: 'Vi', phone: '+49 30 1234567' }], uses: 1, plate: '' },
    ...{ ...window, amount: 0, payment: 'none', reference: '', binds: false },
    linkHash: Buffer.alloc(32, 7).toString('base64url'),
  };
  const pushed = await device.push([
    { op: 'pass.bind@1', args: { holderKey: newHolderKey(), reservationId: null } },
    { op: 'reservation.create@1', args: { reservationId: newId(), slotId, ...window } },
    { op: 'visitor.issue@1', args: visit },
  ]);
  expect(pushed.data?.outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
  const [link, handover] = [
    await invite(device, { role: 'resident', uses: 9 }),
    await invite(device, { role: 'manager', uses: 1 }),
  ];
  // As if whoever runs the installation had sent it.
  await database.pool.query(
    `update invitations set created_by = $2 where site_id = $1 and role = 'manager'`,
    [siteId, newId()],
  );
  expect(await stateOf(siteId)).toMatchObject({ members: 1, keys: 1, visits: 1, registration: 'open' });

  expect((await device.post('account.delete', {})).status).toBe(200);
  expect(await stateOf(siteId)).toEqual({
    ...{ members: 0, reservations: ['cancelled'], valid: 0, keys: 0, visits: 0, registration: 'invited' },
  });
  expect(await register(link)).toMatchObject({ error: { code: 'invitation_revoked' } });
  expect(await register()).toMatchObject({ error: { code: 'registration_closed' } });
  // Who is to be the next manager helps the site.
  expect((await register(handover)).data?.member).toMatchObject({ siteId, role: 'manager' });
});

it('C10 K5 whoever comes in at that moment is either refused or keeps the manager', async () => {
  for (let round = 0; round < 8; round++) {
    const { siteId, device } = await addLoneManager('open');
    await database.pool.query(`update sites set registration = 'invited' where site_id <> $1`, [siteId]);
    const link = await invite(device, { role: 'resident', uses: 2 });
    const asked = [register(), register(link), register(link)] as const;
    const [gone, ...came] = await Promise.all([device.post('account.delete', {}), ...asked]);
    const state = await stateOf(siteId);
    const entered = came.filter(({ status }) => status === 200).length;
    if (gone.status === 200) expect([entered, state?.['members']]).toEqual([0, 0]);
    else expect([gone.error?.code, state?.['members']]).toEqual(['last_manager', 1 + entered]);
    await database.pool.query('truncate rate_limits');
  }
});
