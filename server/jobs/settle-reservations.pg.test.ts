import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arbiter } from '../arbiter/arbiter';
import { balancesOf, HOUR, makeTestSite, NOW, TestDevice, type TestSite } from '../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { createSettling } from './settle-reservations';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { tracksNoShows: true, noShowCharge: 2, leasePrice: 1 });
  arbiter = site.arbiter();
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

const settling = () => createSettling({ pool: site.pool, arbiter, clock: site.clock, newId });
const device = async (role?: Parameters<TestSite['join']>[0]) =>
  new TestDevice(site, await site.join(role), arbiter);
const scanOf = (passId: unknown) => ({
  scanId: newId(),
  passId,
  gate: 1,
  scannedAt: NOW + HOUR,
  result: 'valid',
  reason: '',
  code: '',
});

async function statesByMember(): Promise<Map<string, string>> {
  const { rows } = await site.pool.query<{ member_id: string; state: string }>(
    'select member_id, state from reservations',
  );
  return new Map(rows.map((row) => [row.member_id, row.state]));
}

describe('settling what is over', () => {
  it('C3 B7 completes, expires and marks no-shows by the server’s clock, without anyone’s tap', async () => {
    const [came, away, leased, later, guard] = [
      await device(),
      await device(),
      await device(),
      await device(),
      await device('guard'),
    ];
    const { data } = await came.reserve(await site.addSlot('A'), 0, 2);
    await away.reserve(await site.addSlot('B'), 0, 2);
    const lease = {
      reservationId: newId(),
      slotId: await site.addSlot('C'),
      start: NOW,
      end: NOW + 2 * HOUR,
    };
    await leased.do('reservation.lease@1', lease);
    await later.reserve(await site.addSlot('D'), 1, 3);
    await guard.do('scan.record@1', scanOf(data['passId']));
    site.clock.set(NOW + 2 * HOUR - 1);
    expect(await settling()()).toBe(0);
    site.clock.set(NOW + 2 * HOUR);
    expect(await settling()()).toBe(3);
    const states = await statesByMember();
    expect([came, away, leased, later].map(({ member }) => states.get(member.id))).toEqual([
      'completed',
      'no_show',
      'expired',
      'confirmed',
    ]);
    const balances = await balancesOf(site);
    expect([came, away, leased, later].map(({ member }) => balances.get(member.id))).toEqual([
      47, 45, 49, 47,
    ]);
    expect([...balances.values()].reduce((sum, balance) => sum + balance, 0)).toBe(0);
  });

  it('B7 two processes at once settle each once, and each intent is in the journal', async () => {
    const slotId = await site.addSlot('A');
    for (let hour = 0; hour < 60; hour++) {
      const guest = await device();
      await guest.reserve(slotId, hour, hour + 1);
    }
    site.clock.set(NOW + 60 * HOUR);
    const [one, two] = [settling(), settling()];
    const settled = await Promise.all([one(), two()]);
    expect(settled[0]! + settled[1]!).toBe(60);
    expect(await one()).toBe(0);
    const { rows } = await site.pool.query<{ status: string; count: number }>(
      `select status, count(*) from intents where op = 'reservation.settle@1' group by status order by status`,
    );
    expect(rows.find(({ status }) => status === 'applied')?.count).toBe(60);
    const charges = await site.pool.query(`select from movements where kind = 'charge'`);
    expect(charges.rowCount).toBe(60);
  });

  it('D4 the scan of an offline guard that arrives afterwards takes a no-show back', async () => {
    const [guest, guard] = [await device(), await device('guard')];
    const { data } = await guest.reserve(await site.addSlot('A'), 0, 2);
    site.clock.set(NOW + 3 * HOUR);
    await settling()();
    expect((await balancesOf(site)).get(guest.member.id)).toBe(45);
    await guard.do('scan.record@1', scanOf(data['passId']));
    expect((await statesByMember()).get(guest.member.id)).toBe('completed');
    expect((await balancesOf(site)).get(guest.member.id)).toBe(47);
  });

  it('B7 goes on as a new client after a push whose fate is not known', async () => {
    const guest = await device();
    await guest.reserve(await site.addSlot('A'), 0, 2);
    site.clock.set(NOW + 3 * HOUR);
    let calls = 0;
    const run = createSettling({
      pool: site.pool,
      clock: site.clock,
      newId,
      arbiter: {
        submit: (push) =>
          calls++ === 0 ? Promise.resolve({ ok: false, code: 'unavailable' }) : arbiter.submit(push),
      },
    });
    await expect(run()).rejects.toThrow('could not be settled');
    // The site is left alone for a while, so that it stands in nobody's way.
    expect(await run()).toBe(0);
    site.clock.advance(HOUR);
    expect(await run()).toBe(1);
  });

  it('B7 a site that cannot be settled does not keep others from it', async () => {
    const guest = await device();
    await guest.reserve(await site.addSlot('A'), 0, 1);
    const other = await makeTestSite(database.pool);
    const stranger = new TestDevice(other, await other.join(), other.arbiter());
    await stranger.reserve(await other.addSlot('B'), 0, 2);
    await site.pool.query(`update sites set policy = '"unreadable"' where site_id = $1`, [site.siteId]);
    site.clock.set(NOW + 3 * HOUR);
    await expect(settling()()).rejects.toThrow('could not be settled');
    expect((await statesByMember()).get(stranger.member.id)).toBe('completed');
  });

  it('D1 no member can settle, and nobody else is taken for the site', async () => {
    const guest = await device();
    const { data } = await guest.reserve(await site.addSlot('A'), 0, 2);
    expect(data['cost']).toBe(3);
    site.clock.set(NOW + 3 * HOUR);
    const { rows } = await site.pool.query<{ reservation_id: string }>(
      'select reservation_id from reservations',
    );
    const args = { reservationId: rows[0]!.reservation_id };
    expect(await guest.do('reservation.settle@1', args)).toMatchObject({ code: 'role_forbidden' });
    const stranger = new TestDevice(
      site,
      { id: newId(), role: 'manager', name: 'Nobody', plate: '', leftAt: null },
      arbiter,
    );
    expect(await stranger.push(stranger.intent('reservation.settle@1', args))).toMatchObject({
      ok: false,
      code: 'no_site',
    });
  });
});
