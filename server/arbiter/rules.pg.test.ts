import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import type { Arbiter } from './arbiter';
import { balancesOf, HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { reservationsAtATime: 3, leasePrice: 1 });
  arbiter = site.arbiter();
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

const device = async (role?: Parameters<TestSite['join']>[0]) =>
  new TestDevice(site, await site.join(role), arbiter);

async function reservationRow(reservationId: string) {
  const { rows } = await site.pool.query<Record<string, unknown>>(
    `select slot_id, state, cost, charge, receiver_account_id, extract(epoch from starts_at)::float8 * 1000 as starts,
            extract(epoch from ends_at)::float8 * 1000 as ends
       from reservations where reservation_id = $1`,
    [reservationId],
  );
  return rows[0];
}

async function passesOf(reservationId: string) {
  const { rows } = await site.pool.query<{ status: string; slot_label: string; pass_id: string }>(
    'select pass_id, status, slot_label from passes where reservation_id = $1 order by created_at, pass_id',
    [reservationId],
  );
  return rows;
}

async function visitScopes(reservationId: string) {
  const { rows } = await site.pool.query<{ scope: string; deleted: boolean }>(
    `select scope, deleted from sync_row where entity = 'visit' and pk = $1`,
    [reservationId],
  );
  return new Map(rows.map(({ scope, deleted }) => [scope, deleted]));
}

const hours = (start: number, end: number) => ({ start: NOW + start * HOUR, end: NOW + end * HOUR });
const lentAllDay: [number, number] = [NOW - HOUR, NOW + 24 * HOUR];

describe('changing a reservation', () => {
  it('C3 moves slot, window, credits and pass in one step, and tells the owner it leaves', async () => {
    const [first, second, guest] = [await site.join(), await site.join(), await device()];
    const a = await site.addSlot('A', { owner: first, lent: lentAllDay });
    const b = await site.addSlot('B', { owner: second, lent: lentAllDay });
    const reservationId = newId();
    await guest.reserve(a, 1, 2, reservationId);
    site.committed.length = 0;
    const outcome = await guest.do('reservation.change@1', { reservationId, slotId: b, ...hours(2, 4) });
    expect(outcome).toMatchObject({ status: 'applied', data: { cost: 3 } });
    expect(await reservationRow(reservationId)).toEqual({
      slot_id: b,
      state: 'confirmed',
      cost: 3,
      charge: 0,
      receiver_account_id: second.id,
      starts: NOW + 2 * HOUR,
      ends: NOW + 4 * HOUR,
    });
    const balances = await balancesOf(site);
    expect([first, second, guest.member].map(({ id }) => balances.get(id))).toEqual([50, 53, 47]);
    expect((await passesOf(reservationId)).map(({ status, slot_label }) => [status, slot_label])).toEqual([
      ['revoked', 'A'],
      ['valid', 'B'],
    ]);
    expect(await visitScopes(reservationId)).toEqual(
      new Map([
        [`member:${first.id}`, true],
        [`member:${second.id}`, false],
      ]),
    );
    expect(site.committed[0]).toEqual(expect.arrayContaining([`member:${first.id}`, `member:${second.id}`]));
  });

  it('A4 two who change places in one push do not stand in each other’s way', async () => {
    const guest = await device();
    const [a, b, c] = [await site.addSlot('A'), await site.addSlot('B'), await site.addSlot('C')];
    const [one, two] = [newId(), newId()];
    await guest.reserve(a, 1, 2, one);
    await guest.reserve(b, 1, 2, two);
    const result = await guest.push(
      guest.intent('reservation.change@1', { reservationId: one, slotId: c, ...hours(1, 2) }),
      guest.intent('reservation.change@1', { reservationId: two, slotId: a, ...hours(1, 2) }),
      guest.intent('reservation.change@1', { reservationId: one, slotId: b, ...hours(1, 2) }),
    );
    expect(outcomesOf(result).map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
    expect([await reservationRow(one), await reservationRow(two)]).toMatchObject([
      { slot_id: b },
      { slot_id: a },
    ]);
  });

  it('C5 changed to another’s slot and cancelled in one push, everybody has what they had', async () => {
    const [owner, guest] = [await site.join(), await device()];
    const a = await site.addSlot('A');
    const b = await site.addSlot('B', { owner, lent: lentAllDay });
    const reservationId = newId();
    await guest.reserve(a, 1, 2, reservationId);
    const result = await guest.push(
      guest.intent('reservation.change@1', { reservationId, slotId: b, ...hours(1, 2) }),
      guest.intent('reservation.cancel@1', { reservationId }),
    );
    expect(outcomesOf(result).map(({ status }) => status)).toEqual(['applied', 'applied']);
    const balances = await balancesOf(site);
    expect([owner.id, guest.member.id, site.siteId].map((id) => balances.get(id))).toEqual([50, 50, 0]);
  });

  it('A4 the loser of an extension gets alternatives and keeps what it had', async () => {
    const [guest, other] = [await device(), await device()];
    const a = await site.addSlot('A');
    await site.addSlot('B');
    const reservationId = newId();
    await guest.reserve(a, 1, 2, reservationId);
    await other.reserve(a, 2, 3);
    const outcome = await guest.do('reservation.change@1', { reservationId, slotId: a, ...hours(1, 3) });
    expect(outcome).toMatchObject({ status: 'refused', code: 'slot_taken', alternatives: [{ label: 'B' }] });
    expect(await reservationRow(reservationId)).toMatchObject({ ends: NOW + 2 * HOUR });
    expect((await passesOf(reservationId)).map(({ status }) => status)).toEqual(['valid']);
  });
});

describe('the site’s rules', () => {
  it('C3 two managers who change different rules at once undo nothing', async () => {
    const [one, two] = [await device('manager'), await device('manager')];
    const set = (manager: TestDevice, changes: object) => manager.do('site.set_policy@1', { changes });
    const outcomes = await Promise.all([
      set(one, { price: 7, quietHours: { from: 1320, until: 360 } }),
      set(two, { maximumLength: 4 * HOUR }),
      set(one, { quietHours: null }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
    const { rows } = await site.pool.query<{ policy: object }>('select policy from sites');
    expect(rows[0]?.policy).toMatchObject({
      price: 7,
      maximumLength: 4 * HOUR,
      startingCredits: 50,
      quietHours: null,
    });
    expect(site.committed.flat()).toContain(`site:${site.siteId}`);
  });

  it('C5 a wish made without signal never costs more than it says: a peak price came before it did', async () => {
    const [guest, manager] = [await device(), await device('manager')];
    const a = await site.addSlot('A');
    const wanted = { reservationId: newId(), slotId: a, ...hours(1, 2) };
    const wish = guest.intent('reservation.create@1', { ...wanted, most: 3 });
    const allDay = { weekdays: [1, 2, 3, 4, 5, 6, 7], from: 0, until: 0, price: 9 };
    expect(await manager.do('site.set_policy@1', { changes: { peakPrices: [allDay] } })).toMatchObject({
      status: 'applied',
    });
    const balance = async () => (await balancesOf(site)).get(guest.member.id);
    expect(outcomesOf(await guest.push(wish))).toMatchObject([
      {
        status: 'refused',
        code: 'price_changed',
        data: { price: 9, most: 3 },
        alternatives: [{ slotId: a, label: 'A', ...hours(1, 2), cost: 9 }],
      },
    ]);
    expect([await reservationRow(wanted.reservationId), await balance()]).toEqual([undefined, 50]);
    const again = { ...wanted, reservationId: newId(), most: 9 };
    expect(await guest.do('reservation.create@1', again)).toMatchObject({ data: { cost: 9 } });
    expect(await balance()).toBe(41);
  });

  it('D1 refuses a resident, and puts aside what is no policy', async () => {
    const [resident, manager] = [await device(), await device('manager')];
    expect(await resident.do('site.set_policy@1', { changes: { price: 0 } })).toMatchObject({
      code: 'role_forbidden',
    });
    for (const changes of [
      { price: -1 },
      { maximumLength: 25 * HOUR },
      { quietHours: { from: 5, until: 5 } },
      { unknown: 1 },
    ]) {
      expect(await manager.do('site.set_policy@1', { changes })).toMatchObject({ code: 'args_invalid' });
    }
  });

  it('C6 an owner who has used a resident’s slot is no host to that resident for the pause', async () => {
    await site.pool.query(
      `update sites set policy = policy || jsonb_build_object('coolingOff', $1::bigint)`,
      [4 * HOUR],
    );
    const [mara, ivo] = [await device(), await device()];
    const ofMara = await site.addSlot('M', { owner: mara.member, lent: lentAllDay });
    const ofIvo = await site.addSlot('I', { owner: ivo.member, lent: lentAllDay });
    expect(await ivo.reserve(ofMara, 1, 2)).toMatchObject({ status: 'applied' });
    expect(await mara.reserve(ofIvo, 1, 2)).toMatchObject({
      code: 'mutual_cooling_off',
      data: { until: NOW + 4 * HOUR },
    });
    expect(await ivo.reserve(ofMara, 2, 3)).toMatchObject({ status: 'applied' });
    site.clock.advance(4 * HOUR);
    expect(await mara.reserve(ofIvo, 5, 6)).toMatchObject({ status: 'applied' });
  });

  it('C6 one that was cancelled is no use', async () => {
    await site.pool.query(
      `update sites set policy = policy || jsonb_build_object('coolingOff', $1::bigint)`,
      [4 * HOUR],
    );
    const [mara, ivo] = [await device(), await device()];
    const ofMara = await site.addSlot('M', { owner: mara.member, lent: lentAllDay });
    const ofIvo = await site.addSlot('I', { owner: ivo.member, lent: lentAllDay });
    const reservationId = newId();
    await ivo.reserve(ofMara, 1, 2, reservationId);
    await ivo.do('reservation.cancel@1', { reservationId });
    expect(await mara.reserve(ofIvo, 1, 2)).toMatchObject({ status: 'applied' });
  });
});

describe('leases', () => {
  it('X3 nobody else gets a leased slot, and booking it is final however late', async () => {
    const [holder, other] = [await device(), await device()];
    const a = await site.addSlot('A');
    const reservationId = newId();
    const leased = await holder.do('reservation.lease@1', { reservationId, slotId: a, ...hours(1, 3) });
    expect(leased).toMatchObject({ status: 'applied', data: { cost: 3 } });
    expect(await other.reserve(a, 2, 4)).toMatchObject({ code: 'slot_taken' });
    site.clock.set(NOW + 4 * HOUR);
    // Whatever loads the slot meanwhile leaves the lease to be settled.
    expect(await other.reserve(a, 5, 6)).toMatchObject({ status: 'applied' });
    expect(await reservationRow(reservationId)).toMatchObject({ state: 'held' });
    expect(await holder.do('reservation.confirm@1', { reservationId })).toMatchObject({ status: 'applied' });
    expect(await reservationRow(reservationId)).toMatchObject({ state: 'confirmed', cost: 3 });
  });

  it('X3 a scan of its pass books a lease', async () => {
    const [holder, guard] = [await device(), await device('guard')];
    const reservationId = newId();
    await holder.do('reservation.lease@1', {
      reservationId,
      slotId: await site.addSlot('A'),
      ...hours(1, 3),
    });
    const [pass] = await passesOf(reservationId);
    const scan = {
      scanId: newId(),
      passId: pass!.pass_id,
      gate: 1,
      scannedAt: NOW + HOUR,
      result: 'valid',
      reason: '',
      code: '',
    };
    expect(await guard.do('scan.record@1', scan)).toMatchObject({ status: 'applied' });
    expect(await reservationRow(reservationId)).toMatchObject({ state: 'confirmed' });
  });
});
