import { createECDH, ECDH, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createSettableClock } from '../platform/clock';
import { startTestServer, type TestServer } from './testing';
import { createTestDevice, TEST_PASSWORD } from './testing-device';

const HOUR = 3_600_000;
const RESIDENT = 'resident-a@demo.undercroft.test';

let database: TestDatabase;
const clock = createSettableClock(Date.UTC(2026, 10, 21, 9));
const servers: TestServer[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  // Two processes on one database, which remember sessions each for itself.
  for (const demoPassword of [TEST_PASSWORD, undefined]) {
    servers.push(
      await startTestServer({ databaseUrl: database.url, clock, ...(demoPassword && { demoPassword }) }),
    );
  }
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await database.close();
});

function makeKey(): string {
  const pair = createECDH('prime256v1');
  return ECDH.convertKey(pair.generateKeys(), 'prime256v1', undefined, 'base64url', 'compressed') as string;
}

it('X1 K6 a pass moves right after the password, also by another process, and not five minutes later', async () => {
  const [phone, tablet] = [createTestDevice(servers[0]!.url), createTestDevice(servers[0]!.url)];
  await phone.signIn(RESIDENT);
  await tablet.signIn(RESIDENT);
  const keys = { phone: makeKey(), tablet: makeKey() };
  const bind = (holderKey: string, reservationId: string | null) => ({
    op: 'pass.bind@1',
    args: { holderKey, reservationId },
  });
  const { rows } = await database.pool.query<{ slot_id: string }>(
    `select slot_id from slots where owner_id is null order by label limit 1`,
  );
  const reservationId = randomUUID();
  const start = clock.now() + 48 * HOUR;
  const args = { reservationId, slotId: rows[0]!.slot_id, start, end: start + HOUR };
  const made = await phone.push([bind(keys.phone, null), { op: 'reservation.create@1', args }]);
  expect(made.data?.outcomes.map(({ status }) => status)).toEqual(['applied', 'applied']);

  clock.advance(VERIFIED_FOR);
  const late = await tablet.push([bind(keys.tablet, reservationId)]);
  expect(late.data?.outcomes).toMatchObject([{ status: 'refused', code: 'verification_needed' }]);
  await expect(phone.post('auth.verifyByPassword', { password: TEST_PASSWORD })).resolves.toMatchObject({
    status: 200,
    data: { verifiedAt: clock.now() },
  });
  // That was the phone's session: the tablet's is as it was.
  const other = await tablet.push([bind(keys.tablet, reservationId)]);
  expect(other.data?.outcomes).toMatchObject([{ status: 'refused', code: 'verification_needed' }]);

  tablet.moveTo(servers[1]!.url);
  expect((await tablet.pull(null)).status).toBe(200);
  tablet.moveTo(servers[0]!.url);
  await tablet.post('auth.verifyByPassword', { password: TEST_PASSWORD });
  tablet.moveTo(servers[1]!.url);
  const moved = await tablet.push([bind(keys.tablet, reservationId)]);
  expect(moved.data?.outcomes).toMatchObject([{ status: 'applied' }]);
});

it('K6 says no to a wrong password by its code, and to who is signed out', async () => {
  const device = createTestDevice(servers[0]!.url);
  const signedOut = await device.post('auth.verifyByPassword', { password: TEST_PASSWORD });
  expect(signedOut).toMatchObject({ status: 401, error: { code: 'signed_out' } });
  await device.signIn(RESIDENT);
  const wrong = await device.post('auth.verifyByPassword', { password: 'wrong horse' });
  expect(wrong).toMatchObject({ status: 401, error: { code: 'credentials_wrong' } });
});
