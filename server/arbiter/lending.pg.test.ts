import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice } from './testing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** A site with a manager and two residents, each at a device. */
async function makeHouse() {
  const site = await makeTestSite(database.pool, { reservationsAtATime: 5 });
  const arbiter = site.arbiter();
  const device = async (role?: 'manager') => new TestDevice(site, await site.join(role), arbiter);
  const [desk, phone, guest] = [await device('manager'), await device(), await device()];
  return { site, arbiter, desk, phone, guest };
}
type House = Awaited<ReturnType<typeof makeHouse>>;

const claimOf = (claimId: string, label: string) => ({
  ...{ claimId, label, level: 'B', kind: 'small', note: 'next to the lift', photo: 'AQID' },
});
const ruleOf = (ruleId: string, slotId: string) => ({
  ...{
    ruleId,
    slotId,
    weekdays: [1, 3, 7],
    from: 510,
    until: 30,
    startsOn: '2026-03-02',
    endsOn: '2026-12-31',
  },
  ...{ daysOff: [{ from: '2026-12-24', until: '2026-12-27' }], paused: false },
});
const window = (start: number, end: number) => ({ start: NOW + start * HOUR, end: NOW + end * HOUR });

async function slotRow({ site }: House, slotId: string) {
  const { rows } = await site.pool.query<Record<string, unknown>>(
    `select label, level, kind, owner_id, lent::text, opened::text, closed::text, rules_revision, removed_at is not null as removed
       from slots where site_id = $1 and slot_id = $2`,
    [site.siteId, slotId],
  );
  return rows[0];
}

/** Entity and id by scope, of what the change index has of these rows; a deleted one with a minus. */
async function indexed({ site }: House, ids: string[]) {
  const { rows } = await site.pool.query<{ entry: string }>(
    `select case when deleted then '-' else '' end || scope || ' ' || entity as entry from sync_row
      where site_id = $1 and pk = any($2::uuid[]) order by scope, entity`,
    [site.siteId, ids],
  );
  return rows.map(({ entry }) => entry);
}

describe('own slots', () => {
  it('C1 a claim is stored with its photo, and approved makes the slot; the photo goes', async () => {
    const house = await makeHouse();
    const { site, desk, phone } = house;
    const [claimId, slotId] = [newId(), newId()];
    expect(await phone.do('slot.claim@1', claimOf(claimId, 'B-12'))).toMatchObject({ status: 'applied' });
    const stored = async () =>
      (
        await site.pool.query<Record<string, unknown>>(
          `select state, slot_id, note, encode(photo, 'hex') as photo, decided_by from slot_claims where claim_id = $1`,
          [claimId],
        )
      ).rows[0];
    expect(await stored()).toMatchObject({ state: 'waiting', note: 'next to the lift', photo: '010203' });
    const decision = { claimId, approve: true, slotId, reason: '' };
    expect(await desk.do('slot.decide_claim@1', decision)).toMatchObject({ status: 'applied' });
    expect(await stored()).toMatchObject({
      ...{ state: 'approved', slot_id: slotId, photo: null, decided_by: desk.member.id },
    });
    expect(await slotRow(house, slotId)).toMatchObject({
      label: 'B-12',
      kind: 'small',
      owner_id: phone.member.id,
    });
    expect(await indexed(house, [claimId])).toEqual([
      `-desk:${site.siteId} slot_claim`,
      `member:${phone.member.id} slot_claim`,
    ]);
    expect(site.committed.at(-1)).toEqual(
      expect.arrayContaining([`site:${site.siteId}`, `desk:${site.siteId}`, `member:${phone.member.id}`]),
    );
  });

  it('C1 of two managers who give a claim different slots, and of two who make one label, one is first', async () => {
    const house = await makeHouse();
    const { site, arbiter, desk, phone } = house;
    const other = new TestDevice(site, await site.join('manager'), arbiter);
    for (let round = 0; round < 5; round++) {
      const claimId = newId();
      await phone.do('slot.claim@1', claimOf(claimId, `B-${round}`));
      const approve = { claimId, approve: true, reason: '' };
      const decided = await Promise.all([
        desk.do('slot.decide_claim@1', { ...approve, slotId: newId() }),
        other.do('slot.decide_claim@1', { ...approve, slotId: newId() }),
      ]);
      expect(decided.map(({ code }) => code).toSorted()).toEqual(['claim_decided', null]);
      const slot = { label: `C-${round}`, level: '', kind: 'car', ownerId: null };
      const made = await Promise.all([
        desk.do('slot.set@1', { ...slot, slotId: newId() }),
        other.do('slot.set@1', { ...slot, slotId: newId() }),
      ]);
      expect(made.map(({ code }) => code).toSorted()).toEqual([null, 'slot_label_taken']);
    }
  });

  it('C1 a slot that is given to its owner brings the reservations on it along, and takes them from who had it', async () => {
    const house = await makeHouse();
    const { site, desk, phone, guest } = house;
    const slotId = await site.addSlot('A');
    const reservationId = newId();
    await guest.reserve(slotId, 1, 2, reservationId);
    const set = { slotId, label: 'A', level: '', kind: 'car' };
    expect(await desk.do('slot.set@1', { ...set, ownerId: phone.member.id })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, slotId)).toMatchObject({ lent: expect.stringContaining('11:00') as unknown });
    const visits = async () =>
      (await indexed(house, [reservationId])).filter((entry) => entry.endsWith(' visit'));
    expect(await visits()).toEqual([`member:${phone.member.id} visit`]);
    await guest.do('reservation.cancel@1', { reservationId });
    await desk.do('slot.set@1', { ...set, ownerId: null });
    expect(await visits()).toEqual([`-member:${phone.member.id} visit`]);
  });

  it('C1 a removed slot is neither free nor an alternative, and its label and its id can be used again', async () => {
    const house = await makeHouse();
    const { site, desk, phone } = house;
    const [a, b] = [await site.addSlot('A'), await site.addSlot('B')];
    const ruleId = newId();
    await desk.do('slot.set@1', { slotId: a, label: 'A', level: '', kind: 'car', ownerId: desk.member.id });
    await desk.do('rule.set@1', ruleOf(ruleId, a));
    expect(await desk.do('slot.remove@1', { slotId: a })).toMatchObject({ status: 'applied' });
    expect(await indexed(house, [a, ruleId])).toEqual([
      `-desk:${site.siteId} lending_rule`,
      `-desk:${site.siteId} slot_lending`,
      `-member:${desk.member.id} lending_rule`,
      `-member:${desk.member.id} slot_lending`,
      `-site:${site.siteId} slot`,
    ]);
    expect(await phone.reserve(a, 1, 2)).toMatchObject({ code: 'slot_not_found' });
    await phone.reserve(b, 1, 2);
    const refused = await new TestDevice(site, await site.join(), house.arbiter).reserve(b, 1, 2);
    expect(refused).toMatchObject({ code: 'slot_taken', alternatives: [] });
    const slot = { label: 'A', level: 'Z', kind: 'car', ownerId: null };
    expect(await desk.do('slot.set@1', { ...slot, slotId: newId() })).toMatchObject({ status: 'applied' });
    expect(await desk.do('slot.set@1', { ...slot, slotId: a })).toMatchObject({ code: 'slot_label_taken' });
    expect(await desk.do('slot.set@1', { ...slot, slotId: a, label: 'A2' })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, a)).toMatchObject({
      label: 'A2',
      level: 'Z',
      removed: false,
      owner_id: null,
      // Goes on: windows that are being made for the rules it had are not taken.
      rules_revision: 4,
    });
  });
});

describe('weekly rules', () => {
  it('C1 are stored as they were wished, in the owner’s and the desk’s scope, in one batch with what changes them', async () => {
    const house = await makeHouse();
    const { site, phone } = house;
    const slotId = await site.addSlot('A', { owner: phone.member });
    const ruleId = newId();
    const outcomes = outcomesOf(
      await phone.push(
        phone.intent('rule.set@1', ruleOf(ruleId, slotId)),
        phone.intent('rule.set@1', { ...ruleOf(ruleId, slotId), paused: true }),
        phone.intent('share.open@1', { slotId, ...window(0, 2) }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
    const { rows } = await site.pool.query(
      'select weekdays, from_minute, until_minute, starts_on, ends_on, days_off, paused, removed_at from lending_rules where rule_id = $1',
      [ruleId],
    );
    expect(rows).toEqual([
      {
        ...{
          weekdays: 0b1000101,
          from_minute: 510,
          until_minute: 30,
          starts_on: '2026-03-02',
          ends_on: '2026-12-31',
        },
        ...{ days_off: [{ from: '2026-12-24', until: '2026-12-27' }], paused: true, removed_at: null },
      },
    ]);
    expect(await indexed(house, [ruleId])).toEqual([
      `desk:${site.siteId} lending_rule`,
      `member:${phone.member.id} lending_rule`,
    ]);
    expect(await slotRow(house, slotId)).toMatchObject({ rules_revision: 2 });
    // Loaded again, and changed.
    expect(await phone.do('rule.set@1', { ...ruleOf(ruleId, slotId), weekdays: [2] })).toMatchObject({
      status: 'applied',
    });
    expect(await phone.do('rule.remove@1', { ruleId, slotId })).toMatchObject({ status: 'applied' });
    expect(await phone.do('rule.set@1', ruleOf(ruleId, slotId))).toMatchObject({ code: 'rule_not_found' });
    expect(await indexed(house, [ruleId])).toEqual([
      `-desk:${site.siteId} lending_rule`,
      `-member:${phone.member.id} lending_rule`,
    ]);
  });

  it('C1 a rule that comes in one push with its slot, come back, is still to be followed', async () => {
    const { site, desk, phone } = await makeHouse();
    const slotId = newId();
    const set = { slotId, label: 'Z', level: '', kind: 'car', ownerId: phone.member.id };
    expect(await desk.do('slot.set@1', set)).toMatchObject({ status: 'applied' });
    expect(await desk.do('slot.remove@1', { slotId })).toMatchObject({ status: 'applied' });
    const revisions = async () => {
      const { rows } = await site.pool.query<{ rules: number; followed: number }>(
        'select rules_revision as rules, followed_revision as followed from slots where slot_id = $1',
        [slotId],
      );
      return rows[0]!;
    };
    const removed = await revisions();
    const back = [desk.intent('slot.set@1', set), desk.intent('rule.set@1', ruleOf(newId(), slotId))];
    for (const outcome of outcomesOf(await desk.push(...back)))
      expect(outcome).toMatchObject({ status: 'applied' });
    const { rules, followed } = await revisions();
    // Beyond what it had: windows that are being made for its former rules are not taken.
    expect(followed).toBe(removed.rules + 1);
    expect(rules).toBe(followed + 1);
  });

  it('B6 C1 end with the membership of their owner, whose slots become the building’s', async () => {
    const house = await makeHouse();
    const { site, desk, phone } = house;
    const slotId = await site.addSlot('A', { owner: phone.member, lent: [NOW, NOW + 9 * HOUR] });
    const ruleId = newId();
    await phone.do('rule.set@1', ruleOf(ruleId, slotId));
    expect(await desk.do('member.remove@1', { memberId: phone.member.id })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, slotId)).toMatchObject({ owner_id: null, lent: '{}', opened: '{}' });
    expect(await indexed(house, [ruleId])).toEqual([
      `-desk:${site.siteId} lending_rule`,
      `-member:${phone.member.id} lending_rule`,
    ]);
  });

  it('B6 C1 A5 who leaves asks for nothing any more: claims are withdrawn, the photo and the calendar’s address go', async () => {
    const house = await makeHouse();
    const { site, desk, phone, guest } = house;
    const [claimId, other] = [newId(), newId()];
    await phone.do('slot.claim@1', claimOf(claimId, 'L-1'));
    await guest.do('slot.claim@1', claimOf(other, 'L-2'));
    for (const { member } of [phone, guest])
      await site.pool.query(
        `insert into calendar_feeds (token_sha256, site_id, member_id, created_at) values (sha256($2::uuid::text::bytea), $1, $2, now())`,
        [site.siteId, member.id],
      );
    await desk.do('member.remove@1', { memberId: phone.member.id });
    const { rows: claims } = await site.pool.query(
      `select claim_id, state, photo is not null as has_photo, decided_by from slot_claims where site_id = $1 order by label`,
      [site.siteId],
    );
    expect(claims).toEqual([
      { claim_id: claimId, state: 'withdrawn', has_photo: false, decided_by: desk.member.id },
      { claim_id: other, state: 'waiting', has_photo: true, decided_by: null },
    ]);
    expect(await indexed(house, [claimId])).toContain(`-desk:${site.siteId} slot_claim`);
    const { rows: feeds } = await site.pool.query('select member_id from calendar_feeds where site_id = $1', [
      site.siteId,
    ]);
    expect(feeds).toEqual([{ member_id: guest.member.id }]);
    // Nobody is told of a decision that nobody made.
    const { rowCount: told } = await site.pool.query(
      `select from notices where site_id = $1 and kind = 'claim_decided'`,
      [site.siteId],
    );
    expect(told).toBe(0);
  });

  it('C1 counts what was claimed today, also what was withdrawn', async () => {
    const { site, phone } = await makeHouse();
    for (let count = 0; count < 10; count++) {
      const claimId = newId();
      await phone.do('slot.claim@1', claimOf(claimId, 'L-1'));
      await phone.do('slot.withdraw_claim@1', { claimId });
    }
    expect(await phone.do('slot.claim@1', claimOf(newId(), 'L-1'))).toMatchObject({
      code: 'too_many_claims',
    });
    site.clock.set(site.clock.now() + 25 * HOUR);
    expect(await phone.do('slot.claim@1', claimOf(newId(), 'L-1'))).toMatchObject({ status: 'applied' });
  });

  it('C1 home early: what is free is taken back, who is parked is asked, and the owner sees that it was', async () => {
    const house = await makeHouse();
    const { site, phone, guest } = house;
    const slotId = await site.addSlot('A', { owner: phone.member, lent: [NOW, NOW + 9 * HOUR] });
    const reservationId = newId();
    await guest.reserve(slotId, 0, 2, reservationId);
    expect(await phone.do('share.close_free@1', { slotId, ...window(0, 9) })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, slotId)).toMatchObject({
      lent: expect.stringMatching(/10:00:00\+00","2026-03-02 12:00:00\+00"\)}$/) as unknown,
    });
    expect(await guest.do('visit.ask_to_move@1', { reservationId })).toMatchObject({
      code: 'slot_forbidden',
    });
    expect(await phone.do('visit.ask_to_move@1', { reservationId })).toMatchObject({ status: 'applied' });
    expect(await phone.do('visit.ask_to_move@1', { reservationId })).toMatchObject({ code: 'asked_already' });
    expect(await indexed(house, [reservationId])).toContain(`member:${phone.member.id} visit`);
  });

  it('C1 an undone lending is no exception to a rule, and an exception that is lent again is nothing lent by hand', async () => {
    const house = await makeHouse();
    const { site, phone } = house;
    const slotId = await site.addSlot('A', { owner: phone.member });
    await phone.do('rule.set@1', ruleOf(newId(), slotId));
    await phone.do('share.open@1', { slotId, ...window(0, 2) });
    expect(await phone.do('share.close_free@1', { slotId, ...window(0, 2), undo: true })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, slotId)).toMatchObject({
      ...{ lent: '{}', opened: '{}', closed: '{}', rules_revision: 2 },
    });
    await phone.do('share.open@1', { slotId, ...window(0, 2) });
    await phone.do('share.close@1', { slotId, ...window(0, 2) });
    expect(await phone.do('share.open@1', { slotId, ...window(0, 2), again: true })).toMatchObject({
      status: 'applied',
    });
    expect(await slotRow(house, slotId)).toMatchObject({ opened: '{}', closed: '{}', rules_revision: 3 });
  });
});
