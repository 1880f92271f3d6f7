import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { makeTestSite, NOW, TestDevice } from './testing';

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.close());

async function house() {
  const site = await makeTestSite(database.pool, { currency: 'EUR' });
  const [manager, member] = [await site.join('manager'), await site.join()];
  const desk = new TestDevice(site, manager, site.arbiter());
  const told = async () => {
    const { rows } = await site.pool.query<{ kind: string; whom: string; by: string; detail: object }>(
      `select e.kind, m.member_id as whom, a.member_id as by, e.detail from security_events e
         join members m on m.user_id = e.user_id and m.site_id = e.site_id
         join members a on a.user_id = e.actor_user_id and a.site_id = e.site_id
        where e.site_id = $1 order by e.event_id`,
      [site.siteId],
    );
    expect(rows.every(({ by, whom }) => by === manager.id && whom === member.id)).toBe(true);
    return rows.map(({ kind, detail }) => ({ kind, detail }));
  };
  return { site, member, desk, told };
}

it('C10 B8 tells of credits that are sold and given back, with how many and for how much', async () => {
  const { member, desk, told } = await house();
  const topupId = newId();
  const sale = {
    topupId,
    memberId: member.id,
    credits: 10,
    amount: 500,
    method: 'cash',
    reference: '',
  } as const;
  desk.verifiedAt = null;
  expect(await desk.do('topup.sell@1', sale)).toMatchObject({ code: 'verification_needed' });
  expect(await told()).toEqual([]);
  desk.verifiedAt = NOW;
  for (const code of [null, 'topup_exists']) {
    expect((await desk.do('topup.sell@1', sale)).code).toBe(code);
  }
  for (const code of [null, 'topup_ended']) {
    expect((await desk.do('topup.refund@1', { topupId })).code).toBe(code);
  }
  const detail = { credits: 10, amount: 500, currency: 'EUR', topupId };
  expect(await told()).toEqual([
    { kind: 'credits_sold', detail: { ...detail, method: 'cash' } },
    { kind: 'credits_refunded', detail },
  ]);
});

it('C10 C1 tells of slots that get another owner, and of nothing else about them', async () => {
  const { site, member, desk, told } = await house();
  const slotId = await site.addSlot('B-02', {});
  const place = { slotId, label: 'B-02', level: '-1', kind: 'car' } as const;
  for (const ownerId of [null, member.id, member.id, null]) {
    expect(await desk.do('slot.set@1', { ...place, ownerId })).toMatchObject({ status: 'applied' });
  }
  const [claimant, claimId] = [new TestDevice(site, member, site.arbiter()), newId()];
  const claim = { claimId, label: 'B-02', level: '-1', kind: 'car', note: '', photo: null } as const;
  expect(await claimant.do('slot.claim@1', claim)).toMatchObject({ status: 'applied' });
  const approval = { claimId, approve: true, slotId, reason: '' };
  expect(await desk.do('slot.decide_claim@1', approval)).toMatchObject({ status: 'applied' });
  expect(await desk.do('slot.remove@1', { slotId })).toMatchObject({ status: 'applied' });
  const change = { slot: 'B-02', slotId };
  const given = { ...change, change: 'given', fromId: null, toId: member.id };
  const taken = { ...change, change: 'taken', fromId: member.id, toId: null };
  expect(await told()).toEqual(
    [given, taken, given, taken].map((detail) => ({ kind: 'slot_owner_changed', detail })),
  );
});
