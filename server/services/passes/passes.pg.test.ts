import { randomBytes, webcrypto } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '#shared/pass/bytes';
import { importKeyBundle } from '#shared/pass/key-bundle';
import { readPassClaims } from '#shared/pass/show-pass';
import { openStatusList, readStatus } from '#shared/pass/status-list';
import { isTypedCode } from '#shared/pass/typed-code';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { createSigningKeys } from './signing-keys';
import { createStatusIndexes } from './status-indexes';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function newHolderKey(): Promise<string> {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const raw = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey));
  return Buffer.from([2 + (raw[64]! & 1), ...raw.subarray(1, 33)]).toString('base64url');
}

interface PassRow {
  pass_id: string;
  status: string;
  status_index: number;
  code: string;
  client_id: string | null;
  signed: Buffer;
}

async function passesOf(site: TestSite): Promise<PassRow[]> {
  const { rows } = await site.pool.query<PassRow>(
    'select pass_id, status, status_index, code, client_id, signed from passes where site_id = $1 order by pass_id',
    [site.siteId],
  );
  return rows;
}

async function keyBundle(site: TestSite) {
  const { rows } = await site.pool.query<{ x: Buffer; y: Buffer; valid_from: Date; valid_until: Date }>(
    'select x, y, valid_from, valid_until from signing_keys where site_id = $1',
    [site.siteId],
  );
  return importKeyBundle(
    webcrypto.subtle,
    rows.map((row) => ({
      site: site.siteId,
      x: toHex(row.x),
      y: toHex(row.y),
      from: row.valid_from.getTime() / 1000,
      until: row.valid_until.getTime() / 1000,
    })),
  );
}

function claimsOf(row: PassRow) {
  const claims = readPassClaims(row.signed);
  if (!claims.ok) throw new Error('a stored pass cannot be read');
  return claims.value;
}

async function statusOf(site: TestSite, row: PassRow) {
  const list = await site.pool.query<{ signed: Buffer }>(
    'select signed from status_lists where site_id = $1',
    [site.siteId],
  );
  const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
  const opened = await openStatusList(
    { subtle: webcrypto.subtle, inflate, keys: await keyBundle(site) },
    list.rows[0]?.signed ?? null,
  );
  return readStatus(opened, { site: site.siteId, index: row.status_index, now: site.clock.now() / 1000 });
}

test('X1 D3 a pass is static without a holder key, bound with one, and moves to the device that asks', async () => {
  const site = await makeTestSite(database.pool);
  const arbiter = site.arbiter();
  const member = await site.join();
  const [phone, desk] = [new TestDevice(site, member, arbiter), new TestDevice(site, member, arbiter)];
  const reservationId = newId();
  await phone.reserve(await site.addSlot('A-01'), 1, 2, reservationId);
  const [first] = await passesOf(site);
  expect(first).toMatchObject({ client_id: null, status: 'valid' });
  expect(isTypedCode(first!.code)).toBe(true);
  expect(claimsOf(first!)).toEqual({
    passId: first!.pass_id,
    nbf: (NOW + HOUR) / 1000,
    exp: (NOW + 2 * HOUR) / 1000,
    holderKey: null,
    status: first!.status_index,
    slot: 'A-01',
    plate: '',
    kind: 0,
    gates: 0,
  });
  const [phoneKey, deskKey] = [await newHolderKey(), await newHolderKey()];
  expect((await phone.do('pass.bind@1', { holderKey: phoneKey, reservationId: null })).status).toBe(
    'applied',
  );
  expect((await desk.do('pass.bind@1', { holderKey: deskKey, reservationId: null })).data).toEqual({
    passIds: [],
  });
  expect((await desk.do('pass.bind@1', { holderKey: deskKey, reservationId })).status).toBe('applied');
  const passes = await passesOf(site);
  expect(passes.map(({ status, client_id: client }) => [status, client])).toEqual([
    ['revoked', null],
    ['revoked', phone.clientId],
    ['valid', desk.clientId],
  ]);
  expect(Buffer.from(claimsOf(passes[1]!).holderKey!).toString('base64url')).toBe(phoneKey);
  expect(Buffer.from(claimsOf(passes[2]!).holderKey!).toString('base64url')).toBe(deskKey);
  await arbiter.drain();
  expect(await statusOf(site, passes[1]!)).toMatchObject({ known: true, state: 'revoked' });
  expect(await statusOf(site, passes[2]!)).toMatchObject({ known: true, state: 'valid' });
});

test('X1 a holder key that is no point is put aside, and the device goes on', async () => {
  const site = await makeTestSite(database.pool);
  const device = new TestDevice(site, await site.join(), site.arbiter());
  const bad = Buffer.alloc(33, 255).toString('base64url');
  expect((await device.do('pass.bind@1', { holderKey: bad, reservationId: null })).code).toBe('args_invalid');
  expect((await device.reserve(await site.addSlot('A'), 1, 2)).status).toBe('applied');
});

test('D3 a status list is issued anew when asked with force or when it is half as old as it may get', async () => {
  const site = await makeTestSite(database.pool);
  const issuedAt = async () => {
    const { rows } = await site.pool.query<{ issued_at: Date }>(
      'select issued_at from status_lists where site_id = $1',
      [site.siteId],
    );
    return rows[0]!.issued_at.getTime();
  };
  await site.statusLists.ensureFresh(site.siteId);
  site.clock.advance(449_000);
  await site.statusLists.ensureFresh(site.siteId);
  expect(await issuedAt()).toBe(NOW);
  site.clock.advance(1000);
  await Promise.all([site.statusLists.ensureFresh(site.siteId), site.statusLists.ensureFresh(site.siteId)]);
  expect(await issuedAt()).toBe(NOW + 450_000);
  site.clock.advance(1000);
  await site.statusLists.ensureFresh(site.siteId, { force: true });
  expect(await issuedAt()).toBe(NOW + 451_000);
});

test('D3 a list too short for the passes given since is issued anew, however young it is', async () => {
  const site = await makeTestSite(database.pool);
  const lengthOf = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ length: number }>(
      'select length from status_lists where site_id = $1',
      [site.siteId],
    );
    return rows[0]!.length;
  };
  await site.statusLists.ensureFresh(site.siteId);
  const [last] = (await createStatusIndexes(database.pool).take(site.siteId, 1)).slice(-1);
  await site.statusLists.ensureFresh(site.siteId);
  expect(await lengthOf()).toBeGreaterThan(last!);
});

test('D3 status indexes are never given twice, by several processes at once', async () => {
  const site = await makeTestSite(database.pool);
  const processes = [createStatusIndexes(database.pool), createStatusIndexes(database.pool)];
  const sizes = [1, 300, 7, 0, 256, 100, 3, 600];
  const taken = await Promise.all(
    sizes.flatMap((size) => processes.map((indexes) => indexes.take(site.siteId, size))),
  );
  expect(taken.map((list) => list.length)).toEqual(sizes.flatMap((size) => [size, size]));
  expect(new Set(taken.flat()).size).toBe(taken.flat().length);
});

test('A signing key that SECRET_KEY does not open is told at start-up, by code', async () => {
  const own = await createTestDatabase();
  try {
    const site = await makeTestSite(own.pool);
    const options = { pool: own.pool, clock: site.clock, newId };
    await expect(createSigningKeys({ ...options, secretKey: randomBytes(32) }).check()).rejects.toMatchObject(
      { code: 'wrong_key' },
    );
  } finally {
    await own.close();
  }
});

test('D3 a site whose key is about to end gets a new one for passes beyond it', async () => {
  const site = await makeTestSite(database.pool, { horizon: 700 * 24 * HOUR, maximumLength: 24 * HOUR });
  const slot = await site.addSlot('A');
  const device = new TestDevice(site, await site.join(), site.arbiter());
  site.clock.advance(499 * 24 * HOUR);
  const start = site.clock.now() + 30 * 24 * HOUR;
  const create = { reservationId: newId(), slotId: slot, start, end: start + HOUR };
  expect(outcomesOf(await device.push(device.intent('reservation.create@1', create)))[0]?.status).toBe(
    'applied',
  );
  const { rows } = await site.pool.query(
    'select valid_from, valid_until from signing_keys where site_id = $1 order by valid_from',
    [site.siteId],
  );
  expect(rows).toHaveLength(2);
});
