import { createECDH, ECDH } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Member } from '#shared/domain/entities';
import { createPool } from '../db/pool';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { balancesOf, HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';

let database: TestDatabase;
let secondPool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  // Another process.
  secondPool = createPool({ url: database.url, max: 5, applicationName: 'undercroft-test' });
});
afterAll(async () => {
  await secondPool.end();
  await database.close();
});

function makeKey(): string {
  const pair = createECDH('prime256v1');
  return ECDH.convertKey(pair.generateKeys(), 'prime256v1', undefined, 'base64url', 'compressed') as string;
}

const visitOf = (visitorPassId: string) => ({
  ...{ visitorPassId, visitors: [{ name: 'Anna', phone: '600100200' }], uses: 1 },
  ...{ start: NOW + HOUR, end: NOW + 2 * HOUR, plate: '', amount: 0, payment: 'none', reference: '' },
  ...{ binds: false, linkHash: null },
});

/** The scopes that the last transactions since `snapshot` have written into the change index. */
async function scopesSince({ pool, siteId }: TestSite, snapshot: string): Promise<Set<string>> {
  const { rows } = await pool.query<{ scope: string }>(
    'select distinct scope from sync_row where site_id = $1 and not pg_visible_in_snapshot(xid, $2::pg_snapshot)',
    [siteId, snapshot],
  );
  return new Set(rows.map(({ scope }) => scope));
}

async function snapshotOf({ pool }: TestSite): Promise<string> {
  const { rows } = await pool.query<{ now: string }>('select pg_current_snapshot()::text as now');
  return rows[0]!.now;
}

async function eventsOf({ pool, siteId }: TestSite) {
  const { rows } = await pool.query<{ kind: string; whom: string | null; by: string | null; detail: object }>(
    `select e.kind, m.member_id as whom, a.member_id as by, e.detail from security_events e
       left join members m on m.user_id = e.user_id and m.site_id = e.site_id
       left join members a on a.user_id = e.actor_user_id and a.site_id = e.site_id
      where e.site_id = $1 order by e.event_id`,
    [siteId],
  );
  return rows;
}

/** A member with a slot, a phone, a reservation of each kind and visitors, and a manager. */
async function inhabited() {
  const site = await makeTestSite(database.pool, { price: 3, reservationsAtATime: 5 });
  const arbiter = site.arbiter();
  const [manager, member, neighbour] = [await site.join('manager'), await site.join(), await site.join()];
  const lent: [number, number] = [NOW, NOW + 100 * HOUR];
  const own = await site.addSlot('own', { owner: member, lent });
  const others = await site.addSlot('others', { owner: neighbour, lent });
  const phone = new TestDevice(site, member, arbiter);
  const desk = new TestDevice(site, manager, arbiter);
  const guest = new TestDevice(site, neighbour, arbiter);
  await phone.do('pass.bind@1', { holderKey: makeKey(), reservationId: null });
  const [toCome, running, guests, visit] = [newId(), newId(), newId(), newId()];
  await phone.reserve(others, 2, 3, toCome);
  await phone.reserve(others, 0, 1, running);
  await guest.reserve(own, 2, 3, guests);
  expect(await phone.do('visitor.issue@1', visitOf(visit))).toMatchObject({ status: 'applied' });
  site.clock.set(NOW + HOUR / 2);
  phone.verifiedAt = desk.verifiedAt = guest.verifiedAt = NOW + HOUR / 2;
  return {
    site,
    arbiter,
    manager,
    member,
    neighbour,
    phone,
    desk,
    guest,
    own,
    toCome,
    running,
    guests,
    visit,
  };
}

describe('ending a membership', () => {
  it('B6 writes all that ends with it in one transaction, tells the scopes the triggers wrote, and the log', async () => {
    const { site, arbiter, manager, member, neighbour, desk, own, toCome, running, guests, visit } =
      await inhabited();
    const before = await balancesOf(site);
    const snapshot = await snapshotOf(site);
    site.committed.length = 0;
    const outcome = await desk.do('member.remove@1', { memberId: member.id });
    expect(outcome).toMatchObject({ status: 'applied', data: { cancelled: [toCome] } });
    await arbiter.drain();
    const touched = site.committed[0]!;
    const { rows } = await site.pool.query<{ what: string; is: string | null }>(
      `select 'left' as what, (left_at = $2)::text as is from members where member_id = $1
       union all select reservation_id::text, state from reservations where reservation_id in ($3, $4, $5)
       union all select 'key', (revoked_at is not null)::text from holder_keys where member_id = $1
       union all select 'visit', (revoked_at is not null)::text from visitor_passes where visitor_pass_id = $6
       union all select 'own', coalesce(owner_id::text, '') || lent::text from slots where slot_id = $7
       union all select 'valid', count(*)::text from passes where member_id = $1 and status = 'valid'`,
      [member.id, new Date(site.clock.now()), toCome, running, guests, visit, own],
    );
    expect(Object.fromEntries(rows.map(({ what, is }) => [what, is]))).toEqual({
      ...{ left: 'true', [toCome]: 'cancelled', [running]: 'confirmed', [guests]: 'confirmed' },
      ...{ key: 'true', visit: 'true', own: '{}', valid: '0' },
    });
    const after = await balancesOf(site);
    expect(after.get(member.id)! - before.get(member.id)!).toBe(3);
    expect(after.get(neighbour.id)! - before.get(neighbour.id)!).toBe(-3);
    const written = await scopesSince(site, snapshot);
    expect([...written].filter((scope) => !touched.includes(scope))).toEqual([]);
    expect(touched).toEqual(expect.arrayContaining([`desk:${site.siteId}`, `site:${site.siteId}`]));
    expect(await eventsOf(site)).toEqual([
      { kind: 'member_removed', whom: member.id, by: manager.id, detail: { cancelled: 1 } },
    ]);
  });

  it('D1 refuses every push of who has left, new and told before, and takes them in again', async () => {
    const { site, phone, desk, member, own } = await inhabited();
    const wish = phone.intent('member.set_plate@1', { plate: 'B UC 1' });
    expect(outcomesOf(await phone.push(wish))[0]).toMatchObject({ status: 'applied' });
    await desk.do('member.remove@1', { memberId: member.id });
    expect(await phone.push(wish)).toEqual({ ok: false, code: 'no_site' });
    const next = phone.intent('member.set_plate@1', { plate: 'B UC 2' });
    expect(await phone.push(next)).toEqual({ ok: false, code: 'no_site' });
    const tablet = new TestDevice(site, member, site.arbiter());
    expect(await tablet.push(tablet.intent('member.set_plate@1', { plate: 'X' }))).toEqual({
      ...{ ok: false, code: 'no_site' },
    });
    await site.pool.query('update members set left_at = null where member_id = $1', [member.id]);
    expect(outcomesOf(await phone.push(wish, next)).map(({ status }) => status)).toEqual([
      ...['applied', 'applied'],
    ]);
    const { rows } = await site.pool.query('select owner_id from slots where slot_id = $1', [own]);
    expect(rows).toEqual([{ owner_id: null }]);
  });

  it('B6 leaving by oneself keeps the devices, and is told as such', async () => {
    const { site, phone, member } = await inhabited();
    phone.verifiedAt = null;
    expect(await phone.do('member.remove@1', { memberId: member.id })).toMatchObject({ status: 'applied' });
    const { rows } = await site.pool.query('select revoked_at from holder_keys where member_id = $1', [
      member.id,
    ]);
    expect(rows).toEqual([{ revoked_at: null }]);
    expect(await eventsOf(site)).toMatchObject([{ kind: 'member_left', whom: member.id, by: null }]);
  });

  it('E2 the site itself removes whose account is deleted', async () => {
    const { site, arbiter, member, toCome } = await inhabited();
    const itself = { id: site.siteId, role: 'system', name: 'Test', plate: '' } as never;
    const desk = new TestDevice(site, itself, arbiter);
    const outcome = await desk.do('member.remove@1', { memberId: member.id });
    expect(outcome).toMatchObject({ status: 'applied', data: { cancelled: [toCome] } });
  });

  it('B6 ends what the member wished for in the same batch, too', async () => {
    const { site, arbiter, phone, desk, member } = await inhabited();
    const free = await site.addSlot('free');
    const reservationId = newId();
    const window = { start: NOW + 5 * HOUR, end: NOW + 6 * HOUR };
    const before = await balancesOf(site);
    const [reserved, removed, late] = await Promise.all([
      phone.push(phone.intent('reservation.create@1', { reservationId, slotId: free, ...window })),
      desk.push(desk.intent('member.remove@1', { memberId: member.id })),
      new TestDevice(site, member, arbiter).do('member.set_plate@1', { plate: 'X' }),
    ]);
    expect(outcomesOf(reserved)[0]).toMatchObject({ status: 'applied' });
    expect(outcomesOf(removed)[0]).toMatchObject({ status: 'applied' });
    expect(outcomesOf(removed)[0]!.data['cancelled']).toContain(reservationId);
    expect(late).toMatchObject({ status: 'refused', code: 'member_left' });
    const after = await balancesOf(site);
    expect(after.get(member.id)! - before.get(member.id)!).toBe(3);
    const { rows } = await site.pool.query(
      `select (select state from reservations where reservation_id = $1) as state,
              (select count(*)::integer from passes where member_id = $2 and status = 'valid') as valid`,
      [reservationId, member.id],
    );
    expect(rows).toEqual([{ state: 'cancelled', valid: 0 }]);
  });

  it('K5 a member who reserves in one process while another removes keeps nothing, in either order', async () => {
    const site = await makeTestSite(database.pool, { price: 1, reservationsAtATime: 50 });
    const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })] as const;
    const desk = new TestDevice(site, await site.join('manager'), arbiters[1]);
    const neighbour = await site.join();
    const lent: [number, number] = [NOW, NOW + 100 * HOUR];
    const slots = await Promise.all(
      [1, 2, 3].map((n) => site.addSlot(`S${String(n)}`, { owner: neighbour, lent })),
    );
    for (let round = 0; round < 12; round++) {
      const member = await site.join();
      const phones = slots.map(() => new TestDevice(site, member, arbiters[0]));
      const wishes = phones.map((phone, index) =>
        phone.push(
          ...[1, 2, 3].map((hour) =>
            phone.intent('reservation.create@1', {
              ...{ reservationId: newId(), slotId: slots[index] },
              ...{ start: NOW + (round * 4 + hour) * HOUR, end: NOW + (round * 4 + hour + 1) * HOUR },
            }),
          ),
        ),
      );
      const [removed] = await Promise.all([desk.do('member.remove@1', { memberId: member.id }), ...wishes]);
      expect(removed).toMatchObject({ status: 'applied' });
    }
    const { rows } = await site.pool.query<{ active: number; valid: number; off: number }>(
      `select (select count(*)::integer from reservations r join members m using (site_id, member_id)
                where r.site_id = $1 and m.left_at is not null and r.state in ('held', 'confirmed')) as active,
              (select count(*)::integer from passes p join members m using (site_id, member_id)
                where p.site_id = $1 and m.left_at is not null and p.status = 'valid') as valid,
              (select count(*)::integer from accounts a join members m on m.site_id = a.site_id and m.member_id = a.account_id
                where a.site_id = $1 and m.left_at is not null and a.balance <> 50) as off`,
      [site.siteId],
    );
    expect(rows).toEqual([{ active: 0, valid: 0, off: 0 }]);
    expect(site.logged).toEqual([]);
  });
});

describe('roles', () => {
  it('B6 of two managers who take each other away at once, one stays', async () => {
    const site = await makeTestSite(database.pool);
    const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })] as const;
    for (let round = 0; round < 15; round++) {
      const pair: Member[] = [await site.join('manager'), await site.join('manager')];
      const asked = pair.map((member, index) => {
        const device = new TestDevice(site, member, arbiters[index % 2]!);
        const other = pair[1 - index]!.id;
        return round % 3 === 0
          ? device.do('member.remove@1', { memberId: other })
          : round % 3 === 1
            ? device.do('member.set_role@1', { memberId: other, role: 'resident' })
            : device.do('member.remove@1', { memberId: member.id });
      });
      const results = await Promise.all(
        asked.map((one) =>
          one.then(
            ({ status, code }) => ({ status, code }),
            () => null,
          ),
        ),
      );
      expect(results.filter((one) => one?.status === 'applied')).toHaveLength(1);
      const { rows } = await site.pool.query<{ member_id: string }>(
        `select member_id from members where site_id = $1 and role = 'manager' and left_at is null`,
        [site.siteId],
      );
      expect(rows).toHaveLength(1);
      await site.pool.query(`update members set role = 'resident' where site_id = $1`, [site.siteId]);
    }
  });

  it('B6 a role counts from the wish that gives it; what is asked twice is logged once', async () => {
    const site = await makeTestSite(database.pool);
    const arbiter = site.arbiter();
    const [manager, member] = [await site.join('manager'), await site.join()];
    const [desk, phone] = [new TestDevice(site, manager, arbiter), new TestDevice(site, member, arbiter)];
    const open = { registration: 'request' };
    expect(await phone.do('site.set_registration@1', open)).toMatchObject({ code: 'role_forbidden' });
    site.committed.length = 0;
    for (let time = 0; time < 2; time++) {
      const args = { memberId: member.id, role: 'manager' };
      expect(await desk.do('member.set_role@1', args)).toMatchObject({ status: 'applied' });
    }
    expect(site.committed[0]?.toSorted()).toEqual([`desk:${site.siteId}`, `member:${member.id}`].toSorted());
    expect(await phone.do('site.set_registration@1', open)).toMatchObject({ status: 'applied' });
    expect(site.committed.at(-1)).toEqual([`site:${site.siteId}`]);
    await desk.do('site.rotate_key@1', { keyId: newId() });
    expect(await eventsOf(site)).toMatchObject([
      { kind: 'role_changed', whom: member.id, by: manager.id, detail: { from: 'resident', to: 'manager' } },
      { kind: 'registration_changed', whom: member.id, by: null, detail: { from: 'open', to: 'request' } },
      { kind: 'key_rotated', whom: manager.id, by: null },
    ]);
  });
});
