import { createECDH, ECDH } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VERIFIED_FOR } from '#shared/domain/verification';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import type { Arbiter } from './arbiter';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;
let slotId: string;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { reservationsAtATime: 5 });
  arbiter = site.arbiter();
  slotId = await site.addSlot('A-01');
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

function makeKey(): string {
  const pair = createECDH('prime256v1');
  return ECDH.convertKey(pair.generateKeys(), 'prime256v1', undefined, 'base64url', 'compressed') as string;
}

/** A member's phone and tablet, both with a key, and a reservation whose pass is in the phone. */
async function twoDevices() {
  const member = await site.join();
  const [phone, tablet] = [new TestDevice(site, member, arbiter), new TestDevice(site, member, arbiter)];
  const keys = { phone: makeKey(), tablet: makeKey() };
  const bind = (device: TestDevice, holderKey: string, reservationId: string | null = null) =>
    device.do('pass.bind@1', { holderKey, reservationId });
  await bind(phone, keys.phone);
  await bind(tablet, keys.tablet);
  const reservationId = newId();
  await phone.reserve(slotId, 1, 2, reservationId);
  return { member, phone, tablet, keys, bind, reservationId };
}

async function passesOf(reservationId: string) {
  const { rows } = await site.pool.query<{ status: string; client_id: string | null; plate: string }>(
    'select status, client_id, plate from passes where reservation_id = $1 order by pass_id',
    [reservationId],
  );
  return rows.map(({ status, client_id, plate }) => ({ status, clientId: client_id, plate }));
}

describe('moving a pass to another device', () => {
  it('X1 needs a proof of who asks that is not older than five minutes', async () => {
    const { phone, tablet, keys, bind, reservationId } = await twoDevices();
    const refused = { status: 'refused', code: 'verification_needed' };
    tablet.verifiedAt = null;
    expect(await bind(tablet, keys.tablet, reservationId)).toMatchObject(refused);
    tablet.verifiedAt = NOW;
    site.clock.advance(VERIFIED_FOR);
    expect(await bind(tablet, keys.tablet, reservationId)).toMatchObject(refused);
    expect(await passesOf(reservationId)).toMatchObject([{ status: 'valid', clientId: phone.clientId }]);
    tablet.verifiedAt = NOW + 1;
    expect(await bind(tablet, keys.tablet, reservationId)).toMatchObject({ status: 'applied' });
    expect(await passesOf(reservationId)).toMatchObject([
      { status: 'revoked', clientId: phone.clientId },
      { status: 'valid', clientId: tablet.clientId },
    ]);
  });
});

describe('giving a device up', () => {
  it('B5 revokes its key and its passes, moves those to be used, and it binds nothing again', async () => {
    const { member, phone, tablet, keys, bind, reservationId } = await twoDevices();
    site.committed.length = 0;
    expect(await tablet.do('device.revoke@1', { clientId: phone.clientId })).toMatchObject({
      status: 'applied',
      data: { passIds: [expect.any(String)] },
    });
    expect(site.committed[0]).toEqual(expect.arrayContaining([`member:${member.id}`, `gate:${site.siteId}`]));
    expect(await passesOf(reservationId)).toMatchObject([
      { status: 'revoked', clientId: phone.clientId },
      { status: 'valid', clientId: tablet.clientId },
    ]);
    const { rows } = await site.pool.query(
      'select client_id, revoked_at from holder_keys where member_id = $1 and revoked_at is not null',
      [member.id],
    );
    expect(rows).toEqual([{ client_id: phone.clientId, revoked_at: new Date(NOW) }]);
    for (const named of [null, reservationId]) {
      expect(await bind(phone, keys.phone, named)).toMatchObject({ code: 'device_revoked' });
      expect(await bind(phone, makeKey(), named)).toMatchObject({ code: 'device_revoked' });
    }
    const renamed = new TestDevice(site, member, arbiter);
    expect(await bind(renamed, keys.phone)).toMatchObject({ code: 'device_revoked' });
    expect(await bind(renamed, makeKey())).toMatchObject({ status: 'applied' });
  });

  it('B5 a bind and a removal in one push see each other', async () => {
    const { phone, tablet, keys, reservationId } = await twoDevices();
    const outcomes = outcomesOf(
      await tablet.push(
        tablet.intent('pass.bind@1', { holderKey: keys.tablet, reservationId }),
        tablet.intent('device.revoke@1', { clientId: phone.clientId }),
        tablet.intent('device.revoke@1', { clientId: phone.clientId }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
    const valid = (await passesOf(reservationId)).filter(({ status }) => status === 'valid');
    expect(valid).toMatchObject([{ clientId: tablet.clientId }]);
  });

  it('B5 the pass that moves and moves on within one push is valid once', async () => {
    const { phone, tablet, keys, reservationId } = await twoDevices();
    const phoneBinds = phone.intent('pass.bind@1', { holderKey: keys.phone, reservationId });
    await Promise.all([
      tablet.push(
        tablet.intent('device.revoke@1', { clientId: phone.clientId }),
        tablet.intent('pass.bind@1', { holderKey: keys.tablet, reservationId: null }),
      ),
      phone.push(phoneBinds),
    ]);
    const valid = (await passesOf(reservationId)).filter(({ status }) => status === 'valid');
    expect(valid).toMatchObject([{ clientId: tablet.clientId }]);
  });

  it('B5 A6 another’s device is none of one’s own', async () => {
    const { phone, reservationId } = await twoDevices();
    const stranger = new TestDevice(site, await site.join(), arbiter);
    expect(await stranger.do('device.revoke@1', { clientId: phone.clientId })).toMatchObject({
      code: 'device_not_found',
    });
    expect(await passesOf(reservationId)).toMatchObject([{ status: 'valid' }]);
  });

  it('D4 what has let somebody in is revoked and has no successor', async () => {
    const { phone, tablet, reservationId } = await twoDevices();
    const guard = new TestDevice(site, await site.join('guard'), arbiter);
    const { rows } = await site.pool.query<{ pass_id: string }>(
      `select pass_id from passes where reservation_id = $1 and status = 'valid'`,
      [reservationId],
    );
    site.clock.advance(HOUR);
    tablet.verifiedAt = NOW + HOUR;
    await guard.do('scan.record@1', {
      ...{ scanId: newId(), passId: rows[0]!.pass_id, gate: 1, scannedAt: NOW + HOUR },
      ...{ result: 'valid', reason: '', code: 'UC1:' },
    });
    expect(await tablet.do('device.revoke@1', { clientId: phone.clientId })).toMatchObject({
      data: { passIds: [] },
    });
    expect(await passesOf(reservationId)).toMatchObject([{ status: 'revoked' }]);
  });
});

describe('the plate', () => {
  it('A5 stands on passes made from then on, and in the member’s row', async () => {
    const { member, phone, reservationId } = await twoDevices();
    site.committed.length = 0;
    expect(await phone.do('member.set_plate@1', { plate: ' b-uc 1234 ' })).toMatchObject({
      status: 'applied',
    });
    expect(site.committed[0]).toContain(`member:${member.id}`);
    const later = newId();
    await phone.reserve(slotId, 3, 4, later);
    expect(await passesOf(reservationId)).toMatchObject([{ plate: '' }]);
    expect(await passesOf(later)).toMatchObject([{ plate: 'B-UC 1234' }]);
    const { rows } = await site.pool.query('select plate from members where member_id = $1', [member.id]);
    expect(rows).toEqual([{ plate: 'B-UC 1234' }]);
  });
});
