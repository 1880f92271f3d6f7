import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool } from '../db/pool';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';
import type { Arbiter } from './arbiter';

let database: TestDatabase;
let secondPool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  secondPool = createPool({ url: database.url, max: 5 });
});
afterAll(async () => {
  await secondPool.end();
  await database.close();
});

const ANNA = { name: 'Anna', phone: '+48 600 100 200' };
/** A point on P-256: its generator. */
const KEY = Buffer.from('036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', 'hex').toString(
  'base64url',
);
/** Twice the generator. */
const OTHER_KEY = Buffer.from(
  '037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978',
  'hex',
).toString('base64url');

function wanted(fields: Record<string, unknown> = {}) {
  return {
    visitorPassId: newId(),
    visitors: [ANNA],
    uses: 1,
    start: NOW + HOUR,
    end: NOW + 3 * HOUR,
    plate: 'WX 123',
    amount: 1250,
    payment: 'online',
    reference: 'TX-1',
    binds: false,
    linkHash: randomBytes(32).toString('base64url'),
    ...fields,
  };
}

async function passesOf(site: TestSite, visitorPassId: string) {
  const { rows } = await site.pool.query<{ status: string; holder_key: Buffer | null; kind: number }>(
    'select status, holder_key, kind from passes where site_id = $1 and visitor_pass_id = $2 order by created_at, status',
    [site.siteId, visitorPassId],
  );
  return rows.map((row) => ({ ...row, holder_key: row.holder_key?.toString('base64url') ?? null }));
}

/** The site's own client. */
function siteItself(site: TestSite, arbiter: Arbiter): TestDevice {
  return new TestDevice(site, { id: site.siteId, role: 'system', name: 'Test', plate: '' } as never, arbiter);
}

test('D2 20 issues of the same person at once through two processes: one wins', async () => {
  const site = await makeTestSite(database.pool, { visitorPassesPerWeek: 100 });
  const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })];
  const members = await Promise.all(Array.from({ length: 20 }, () => site.join()));
  const outcomes = await Promise.all(
    members.map((member, index) =>
      new TestDevice(site, member, arbiters[index % 2]!).do(
        'visitor.issue@1',
        wanted({
          visitors: index % 3 === 0 ? [{ name: 'ANNA', phone: '0048 600100200' }] : [ANNA],
          start: NOW + HOUR + index * 1000,
        }),
      ),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'applied')).toHaveLength(1);
  expect(new Set(outcomes.filter(({ status }) => status !== 'applied').map(({ code }) => code))).toEqual(
    new Set(['visitor_expected']),
  );
  const { rows } = await site.pool.query('select person_key from visitors where site_id = $1', [site.siteId]);
  expect(rows).toHaveLength(1);
});

test('D2 pairs of people in crossed order through two processes never wait for each other in a circle', async () => {
  const site = await makeTestSite(database.pool, { visitorPassesPerWeek: 100 });
  const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })];
  const people = Array.from({ length: 6 }, (_, index) => ({ name: `P${index}`, phone: '600100200' }));
  const members = await Promise.all(Array.from({ length: 12 }, () => site.join()));
  const outcomes = await Promise.all(
    members.map((member, index) => {
      const pair = [people[index % 6]!, people[(index * 5 + 1) % 6]!];
      const visitors = index % 2 === 0 ? pair : pair.toReversed();
      const device = new TestDevice(site, member, arbiters[index % 2]!);
      return device.do('visitor.issue@1', wanted({ visitors }));
    }),
  );
  expect(outcomes.every(({ code }) => code === null || code === 'visitor_expected')).toBe(true);
  expect(outcomes.some(({ status }) => status === 'applied')).toBe(true);
});

test('D2 is stored as it was asked for, with its people and a signed static pass', async () => {
  const site = await makeTestSite(database.pool);
  const device = new TestDevice(site, await site.join(), site.arbiter());
  const args = wanted({ uses: 2, visitors: [ANNA, { name: 'Ben', phone: '123' }] });
  const outcome = await device.do('visitor.issue@1', args);
  expect(outcome.status).toBe('applied');
  const { rows } = await site.pool.query(
    `select issued_by, uses, amount, payment, reference, binds, link_sha256, opened_at, revoked_at from visitor_passes
      where visitor_pass_id = $1`,
    [args.visitorPassId],
  );
  expect(rows).toEqual([
    {
      issued_by: device.member.id,
      uses: 2,
      amount: 1250,
      payment: 'online',
      reference: 'TX-1',
      binds: false,
      link_sha256: Buffer.from(args.linkHash, 'base64url'),
      opened_at: null,
      revoked_at: null,
    },
  ]);
  expect(await passesOf(site, args.visitorPassId)).toEqual([{ status: 'valid', holder_key: null, kind: 2 }]);
  expect(site.committed.at(-1)).toEqual(
    expect.arrayContaining([`member:${device.member.id}`, `gate:${site.siteId}`]),
  );
});

test('D2 a week’s limit is counted by the server, whichever process is asked', async () => {
  const site = await makeTestSite(database.pool, { visitorPassesPerWeek: 3 });
  const member = await site.join();
  const devices = [site.arbiter(), site.arbiter({ pool: secondPool })].map(
    (arbiter) => new TestDevice(site, member, arbiter),
  );
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      devices[index % 2]!.do('visitor.issue@1', wanted({ visitors: [{ name: `N${index}`, phone: '123' }] })),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'applied')).toHaveLength(3);
  expect(outcomes.filter(({ code }) => code === 'visitor_limit')).toHaveLength(9);
});

test('D2 a pass that was revoked unused gives its place back, a used one does not', async () => {
  const site = await makeTestSite(database.pool, { visitorPassesPerWeek: 1 });
  const arbiter = site.arbiter();
  const resident = new TestDevice(site, await site.join(), arbiter);
  const guard = new TestDevice(site, await site.join('guard'), arbiter);
  const unused = wanted();
  await resident.do('visitor.issue@1', unused);
  expect((await resident.do('visitor.revoke@1', { visitorPassId: unused.visitorPassId })).status).toBe(
    'applied',
  );
  expect(await passesOf(site, unused.visitorPassId)).toMatchObject([{ status: 'revoked' }]);
  const used = wanted();
  const { data } = await resident.do('visitor.issue@1', used);
  await guard.do('scan.record@1', {
    ...{ scanId: newId(), passId: data['passId'], gate: 1, scannedAt: NOW },
    ...{ result: 'valid', reason: '', code: '' },
  });
  await guard.do('visitor.revoke@1', { visitorPassId: used.visitorPassId });
  expect((await resident.do('visitor.issue@1', wanted())).code).toBe('visitor_limit');
  // The people of revoked passes may be expected again.
  expect((await guard.do('visitor.issue@1', wanted())).status).toBe('applied');
});

test('D2 opened by twenty phones at once through two processes: one has the pass, and the static form is revoked', async () => {
  const site = await makeTestSite(database.pool);
  const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })];
  const resident = new TestDevice(site, await site.join(), arbiters[0]!);
  const { visitorPassId, ...args } = wanted({ binds: true });
  await resident.do('visitor.issue@1', { visitorPassId, ...args });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      siteItself(site, arbiters[index % 2]!).do('visitor.open@1', {
        visitorPassId,
        holderKey: index % 4 < 2 ? KEY : OTHER_KEY,
      }),
    ),
  );
  // The phone that was first asked ten times.
  expect(outcomes.filter(({ status }) => status === 'applied')).toHaveLength(10);
  expect(outcomes.filter(({ code }) => code === 'visitor_pass_bound')).toHaveLength(10);
  const passes = await passesOf(site, visitorPassId);
  expect(passes).toHaveLength(2);
  expect(passes.find(({ status }) => status === 'valid')?.holder_key).not.toBeNull();
  expect(passes.find(({ status }) => status === 'revoked')?.holder_key).toBeNull();
});

test('D2 D4 an opened double pass is freed by a new link, and no pass is made anew once one of the visit let somebody in', async () => {
  const site = await makeTestSite(database.pool);
  const arbiter = site.arbiter();
  const resident = new TestDevice(site, await site.join(), arbiter);
  const guard = new TestDevice(site, await site.join('guard'), arbiter);
  const own = siteItself(site, arbiter);
  const { visitorPassId, ...args } = wanted({ binds: true, uses: 2 });
  await resident.do('visitor.issue@1', { visitorPassId, ...args });
  const letIn = (passId: unknown) =>
    guard.do('scan.record@1', {
      ...{ scanId: newId(), passId, gate: 1, scannedAt: NOW },
      ...{ result: 'valid', reason: '', code: '' },
    });
  expect((await own.do('visitor.open@1', { visitorPassId, holderKey: KEY })).status).toBe('applied');
  const linkHash = randomBytes(32).toString('base64url');
  expect((await resident.do('visitor.link@1', { visitorPassId, linkHash })).status).toBe('applied');
  expect((await own.do('visitor.open@1', { visitorPassId, holderKey: OTHER_KEY })).status).toBe('applied');
  const { rows } = await site.pool.query<{ pass_id: string }>(
    `select pass_id from passes where visitor_pass_id = $1 and status = 'valid'`,
    [visitorPassId],
  );
  await letIn(rows[0]!.pass_id);
  expect((await resident.do('visitor.link@1', { visitorPassId, linkHash })).code).toBe('pass_used');
  const typed = wanted({ binds: true, uses: 2, visitors: [{ name: 'Cy', phone: '600 333 444' }] });
  const { data } = await resident.do('visitor.issue@1', { ...typed });
  await letIn(data['passId']);
  const opening = { visitorPassId: typed.visitorPassId, holderKey: KEY };
  expect((await own.do('visitor.open@1', opening)).code).toBe('pass_used');
});

test('D1 D2 nobody but the site opens, and no resident touches what a neighbour issued', async () => {
  const site = await makeTestSite(database.pool);
  const arbiter = site.arbiter();
  const resident = new TestDevice(site, await site.join(), arbiter);
  const neighbour = new TestDevice(site, await site.join(), arbiter);
  const guard = new TestDevice(site, await site.join('guard'), arbiter);
  const { visitorPassId, ...args } = wanted({ binds: true });
  await resident.do('visitor.issue@1', { visitorPassId, ...args });
  const codes = [
    await neighbour.do('visitor.revoke@1', { visitorPassId }),
    await neighbour.do('visitor.link@1', { visitorPassId, linkHash: null }),
    await guard.do('visitor.link@1', { visitorPassId, linkHash: null }),
    await resident.do('visitor.open@1', { visitorPassId, holderKey: KEY }),
    await neighbour.do('visitor.issue@1', { visitorPassId, ...args }),
    await neighbour.do('visitor.revoke@1', { visitorPassId: newId() }),
  ].map(({ code }) => code);
  expect(codes).toEqual([
    'visitor_pass_forbidden',
    'visitor_pass_forbidden',
    'visitor_pass_forbidden',
    'role_forbidden',
    'visitor_exists',
    'visitor_pass_not_found',
  ]);
});

test('D2 one batch may issue, revoke and issue again for the same person', async () => {
  const site = await makeTestSite(database.pool);
  const device = new TestDevice(site, await site.join(), site.arbiter());
  const first = wanted();
  const second = wanted();
  const outcomes = outcomesOf(
    await device.push(
      device.intent('visitor.issue@1', first),
      device.intent('visitor.issue@1', second),
      device.intent('visitor.revoke@1', { visitorPassId: first.visitorPassId }),
      device.intent('visitor.issue@1', { ...second, visitorPassId: newId() }),
    ),
  );
  expect(outcomes.map(({ code }) => code)).toEqual([null, 'visitor_expected', null, null]);
});

test('D2 the database stands behind the rule: nobody is expected twice at the same time', async () => {
  const site = await makeTestSite(database.pool);
  const device = new TestDevice(site, await site.join(), site.arbiter());
  const { visitorPassId, ...args } = wanted();
  await device.do('visitor.issue@1', { visitorPassId, ...args });
  const copy = newId();
  await site.pool.query(
    `insert into visitor_passes select site_id, $1, issued_by, uses, during, plate, amount, payment, reference, binds, null,
            null, null, created_at from visitor_passes where visitor_pass_id = $2`,
    [copy, visitorPassId],
  );
  await expect(
    site.pool.query(
      `insert into visitors select site_id, $1, position, name, phone, person_key, during, true from visitors
        where visitor_pass_id = $2`,
      [copy, visitorPassId],
    ),
  ).rejects.toMatchObject({ constraint: 'visitors_not_twice' });
});
