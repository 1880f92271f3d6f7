import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEntity, rowSchemas } from '#shared/protocol/rows';
import { HOUR, makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import type { Role } from '#shared/domain/entities';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { createPull, type Pull } from './pull';

const DAY = 24 * HOUR;

let database: TestDatabase;
let site: TestSite;
let pull: Pull;
beforeAll(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool);
  pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
});
afterAll(() => database.close());

/** What a device of the member has of the desk's scope, kept as a device keeps it. */
function createDesk(member: { id: string; role: Role }) {
  const clientId = randomUUID();
  const scope = `desk:${site.siteId}`;
  let rows = new Map<string, Record<string, unknown>>();
  let cookie: string | null = null;
  return {
    async pull() {
      const result = await pull({ siteId: site.siteId, member, clientId, cookie });
      if (!result.ok) return result.code;
      const { response } = result;
      cookie = response.cookie;
      if (response.replaceScopes.includes(scope)) rows = new Map();
      if (response.dropScopes.includes(scope)) return 'dropped';
      const { put, del } = response.changes[scope] ?? { put: [], del: [] };
      for (const { entity, row } of put) {
        if (!isEntity(entity)) throw new Error(`${entity} is not of the wire`);
        rows.set(`${entity} ${row.id}`, rowSchemas[entity].parse(row));
      }
      for (const { entity, id } of del) rows.delete(`${entity} ${id}`);
      return rows;
    },
    get: (entity: string, id: string) => rows.get(`${entity} ${id}`),
    count: (entity: string) => [...rows.keys()].filter((key) => key.startsWith(`${entity} `)).length,
  };
}

async function invite(fields: { expiresAt?: number } = {}): Promise<string> {
  const id = randomUUID();
  await site.pool.query(
    `insert into invitations (site_id, invitation_id, kind, secret_sha256, role, uses_allowed, created_by, created_at, expires_at)
     values ($1, $2, 'link', $3, 'resident', 3, $1, $4, $5)`,
    [
      ...[site.siteId, id, randomBytes(32), new Date(site.clock.now())],
      new Date(fields.expiresAt ?? site.clock.now() + DAY),
    ],
  );
  return id;
}

async function ask(): Promise<{ id: string; userId: string }> {
  const [id, userId] = [randomUUID(), randomUUID()];
  await site.pool.query(`insert into users (user_id, email, name) values ($1, $2, 'Noa')`, [
    ...[userId, `${userId}@example.test`],
  ]);
  await site.pool.query(
    `insert into join_requests (site_id, request_id, user_id, flat, message, created_at) values ($1, $2, $3, '3b', 'Hello', $4)`,
    [site.siteId, id, userId, new Date(NOW)],
  );
  return { id, userId };
}

describe('the manager’s scope', () => {
  it('B6 is pulled by managers alone, and goes with the role at once', async () => {
    const [manager, resident, guard] = [
      ...[await site.join('manager'), await site.join(), await site.join('guard')],
    ] as const;
    for (const member of [resident!, guard!]) {
      const result = await pull({ ...{ siteId: site.siteId, member, clientId: randomUUID() }, cookie: null });
      expect(result).toMatchObject({ ok: true });
      expect(result.ok && Object.keys(result.response.changes)).not.toContain(`desk:${site.siteId}`);
      // A session that still says so gives nothing either.
      const forged = { id: member.id, role: 'manager' as const };
      const again = await pull({ siteId: site.siteId, member: forged, clientId: randomUUID(), cookie: null });
      expect(again.ok && again.response.replaceScopes).not.toContain(`desk:${site.siteId}`);
    }
    const desk = createDesk(manager!);
    await desk.pull();
    expect(desk.get('desk_member', resident!.id)).toMatchObject({ name: 'Mara', role: 'resident', flat: '' });
    await site.pool.query(`update members set role = 'resident' where member_id = $1`, [manager!.id]);
    expect(await desk.pull()).toBe('dropped');
  });

  it('B6 shows members who come, change and leave, and an e-mail that changes', async () => {
    const [manager, member] = [await site.join('manager'), await site.join()];
    const desk = createDesk(manager);
    await desk.pull();
    const joined = await site.join('guard');
    await site.pool.query(`update members set role = 'manager', flat = '2a' where member_id = $1`, [
      member.id,
    ]);
    await desk.pull();
    expect(desk.get('desk_member', joined.id)).toMatchObject({ role: 'guard' });
    expect(desk.get('desk_member', member.id)).toMatchObject({ role: 'manager', flat: '2a' });
    await site.pool.query(
      `update users set email = 'new-' || email where user_id = (select user_id from members where member_id = $1)`,
      [member.id],
    );
    await desk.pull();
    expect(desk.get('desk_member', member.id)?.['email']).toMatch(/^new-/);
    await site.pool.query('update members set left_at = now() where member_id = $1', [member.id]);
    await desk.pull();
    expect(desk.get('desk_member', member.id)).toBeUndefined();
    await site.pool.query('update members set left_at = null, user_id = null where member_id = $1', [
      member.id,
    ]);
    await desk.pull();
    expect(desk.get('desk_member', member.id)).toMatchObject({ email: null });
  });

  it('B6 shows invitations without their secret, and for a month after their end', async () => {
    const desk = createDesk(await site.join('manager'));
    await desk.pull();
    const [first, second] = [await invite(), await invite({ expiresAt: NOW + 40 * DAY })];
    await desk.pull();
    expect(desk.get('invitation', first)).toEqual({
      ...{ id: first, kind: 'link', email: null, role: 'resident', flat: '', sheetId: null, usesAllowed: 3 },
      ...{ uses: 0, createdBy: site.siteId, createdAt: NOW, expiresAt: NOW + DAY, revokedAt: null },
    });
    await site.pool.query('update invitations set uses = 1 where invitation_id = $1', [first]);
    await desk.pull();
    expect(desk.get('invitation', first)).toMatchObject({ uses: 1 });
    site.clock.set(NOW + 31 * DAY + HOUR);
    await desk.pull();
    expect([desk.get('invitation', first), desk.count('invitation')]).toEqual([undefined, 1]);
    const fresh = createDesk(await site.join('manager'));
    await fresh.pull();
    expect([fresh.get('invitation', first), fresh.get('invitation', second)]).toMatchObject([
      ...[undefined, { id: second }],
    ]);
    site.clock.set(NOW);
  });

  it('B8 shows credits that were bought for a year; who bought them keeps them', async () => {
    const [manager, buyer] = [await site.join('manager'), await site.join()];
    const desk = createDesk(manager);
    await desk.pull();
    const [first, second] = [randomUUID(), randomUUID()];
    for (const [id, at] of [
      [first, NOW],
      [second, NOW + 40 * DAY],
    ] as const)
      await site.pool.query(
        `insert into topups (site_id, topup_id, member_id, credits, amount, currency, method, state, created_by, created_at)
         values ($1, $2, $3, 10, 500, 'EUR', 'cash', 'failed', $3, $4)`,
        [site.siteId, id, buyer.id, new Date(at)],
      );
    site.clock.set(NOW + 300 * DAY);
    await desk.pull();
    expect(desk.count('topup')).toBe(2);
    // No transaction in between.
    site.clock.set(NOW + 366 * DAY);
    await desk.pull();
    expect([desk.get('topup', first), desk.count('topup')]).toEqual([undefined, 1]);
    const fresh = createDesk(await site.join('manager'));
    await fresh.pull();
    expect([fresh.get('topup', first), fresh.get('topup', second)]).toMatchObject([
      ...[undefined, { id: second }],
    ]);
    const own = await pull({ siteId: site.siteId, member: buyer, clientId: randomUUID(), cookie: null });
    expect(own.ok && own.response.changes[`member:${buyer.id}`]?.put).toContainEqual(
      expect.objectContaining({ entity: 'topup', row: expect.objectContaining({ id: first }) as unknown }),
    );
    site.clock.set(NOW);
  });

  it('B6 shows who asks until somebody decides, or they are gone', async () => {
    const desk = createDesk(await site.join('manager'));
    const [one, other] = [await ask(), await ask()];
    await desk.pull();
    expect(desk.get('join_request', one.id)).toMatchObject({ name: 'Noa', flat: '3b', message: 'Hello' });
    await site.pool.query(
      `update join_requests set decided_at = now(), decision = 'refused' where request_id = $1`,
      [one.id],
    );
    await site.pool.query('delete from users where user_id = $1', [other.userId]);
    await desk.pull();
    expect([desk.get('join_request', one.id), desk.get('join_request', other.id)]).toEqual([
      ...[undefined, undefined],
    ]);
  });

  it('D1 answers nobody who has left, whatever the session still says', async () => {
    const member = await site.join('manager');
    const desk = createDesk(member);
    await desk.pull();
    await site.pool.query('update members set left_at = now() where member_id = $1', [member.id]);
    expect(await desk.pull()).toBe('no_site');
  });

  it('K4 comes in pages to a large site', async () => {
    const member = await site.join('manager');
    for (let index = 0; index < 30; index++) await site.join();
    const seen = new Set<string>();
    const clientId = randomUUID();
    let cookie: string | null = null;
    let answers = 0;
    for (let more = true; more; answers++) {
      const result = await pull({ siteId: site.siteId, member, clientId, cookie, pages: 10 });
      if (!result.ok) throw new Error(result.code);
      cookie = result.response.cookie;
      more = result.response.loading !== undefined;
      for (const { entity, row } of result.response.changes[`desk:${site.siteId}`]?.put ?? [])
        if (entity === 'desk_member') seen.add(row.id);
    }
    const { rows } = await site.pool.query(
      'select member_id from members where site_id = $1 and left_at is null',
      [site.siteId],
    );
    expect(seen.size).toBe(rows.length);
    expect(answers).toBeGreaterThan(3);
  });
});
