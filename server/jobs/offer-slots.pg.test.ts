import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '#shared/protocol/push';
import type { Arbiter } from '../arbiter/arbiter';
import type { Push, SubmitResult } from '../arbiter/push';
import { balancesOf, HOUR, makeTestSite, NOW, TestDevice, type TestSite } from '../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { createLogger } from '../platform/logger';
import { ENTRIES_KEPT_FOR, hydrateWaitlist, selectEndedEntries } from '../services/sync/hydrate-waitlist';
import { findMatches } from '../services/waitlist/find-matches';
import { ENDED_KEPT, pruneEntries } from '../services/waitlist/prune-entries';
import { createRuleFollowing } from '../services/lending/follow-rules';
import { createSlotOffers, type OfferOptions, type SlotOffers } from './offer-slots';

const OFFER_TIME = 10 * 60_000;
const WINDOW = { start: NOW + 2 * HOUR, end: NOW + 4 * HOUR };

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;
let offers: SlotOffers;
const others: SlotOffers[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { offerTime: OFFER_TIME, reservationsAtATime: 2 });
  arbiter = site.arbiter({ onFreed: (siteIds) => offers.wake(siteIds) });
  offers = offering();
});
afterEach(async () => {
  await Promise.all([offers, ...others.splice(0)].map((one) => one.stop()));
  await arbiter.drain();
  await checkWhole();
  await database.close();
});

const logger = createLogger({ write: () => undefined });
function offering(over: Partial<OfferOptions> = {}): SlotOffers {
  const { pool, clock } = site;
  return createSlotOffers({ pool, arbiter, clock, newId, logger, ...over });
}
function another(over: Partial<OfferOptions> = {}): SlotOffers {
  const made = offering(over);
  others.push(made);
  return made;
}

const device = async (role?: Parameters<TestSite['join']>[0]) =>
  new TestDevice(site, await site.join(role), arbiter);

const joinArgs = () => ({
  ...{ entryId: newId(), ...WINDOW, kinds: [], levels: [], maxPrice: null, takeForMe: false },
});

/** Waits in line from a device of its own; the place's id. */
async function wait(who: TestDevice, over: Record<string, unknown> = {}): Promise<string> {
  const args = { ...joinArgs(), ...over };
  const { entryId } = args;
  expect(await who.do('waitlist.join@1', args)).toMatchObject({ status: 'applied' });
  // The order is that of the server's clock.
  site.clock.advance(1);
  return entryId;
}

async function reserved(
  label: string,
): Promise<{ holder: TestDevice; slotId: string; reservationId: string }> {
  const [holder, slotId, reservationId] = [await device(), await site.addSlot(label), newId()];
  expect((await holder.reserve(slotId, 2, 4, reservationId)).status).toBe('applied');
  return { holder, slotId, reservationId };
}

async function entries(): Promise<Map<string, string>> {
  const { rows } = await site.pool.query<{ entry_id: string; state: string }>(
    'select entry_id, state from waitlist_entries',
  );
  return new Map(rows.map((row) => [row.entry_id, row.state]));
}
const statesOf = async (ids: readonly string[]) => {
  const known = await entries();
  return ids.map((id) => known.get(id));
};
async function settle(): Promise<void> {
  await offers.settled();
  await arbiter.drain();
  await offers.settled();
}

/** What must hold whatever happened: an offer is its hold, nothing is paid before it is taken, the ledger is whole. */
async function checkWhole(): Promise<void> {
  const { rows } = await site.pool.query<{ what: string }>(
    `select 'an offer without its hold' as what from waitlist_entries e
      where e.state = 'offered' and not exists (
        select from reservations r where r.site_id = e.site_id and r.reservation_id = e.reservation_id and r.offered
           and r.hold_expires_at = e.offer_expires_at and r.cost = 0 and r.member_id = e.member_id and r.during = e.during
           or r.site_id = e.site_id and r.reservation_id = e.reservation_id and r.offered and r.state = 'expired')
     union all
     select 'a hold without its offer' from reservations r
      where r.offered and r.state = 'held' and not exists (
        select from waitlist_entries e where e.site_id = r.site_id and e.reservation_id = r.reservation_id and e.state = 'offered')
     union all
     select 'waits with a slot for that time' from waitlist_entries e join reservations r using (site_id, member_id)
      where e.state = 'waiting' and r.during && e.during and r.state in ('held', 'confirmed') and not r.offered
     union all
     select 'taken and not paid' from waitlist_entries e
      where e.state = 'taken' and not exists (
        select from movements m where m.site_id = e.site_id and m.reservation_id = e.reservation_id and m.kind = 'reservation')
     union all
     select 'paid and not taken' from movements m join reservations r using (site_id, reservation_id) where r.offered
     union all
     select 'two at a time on one slot' from reservations a join reservations b using (site_id, slot_id)
      where a.reservation_id < b.reservation_id and a.during && b.during
        and a.state in ('held', 'confirmed') and b.state in ('held', 'confirmed')`,
  );
  expect(rows.map(({ what }) => what)).toEqual([]);
  const balances = await balancesOf(site);
  expect([...balances.values()].reduce((sum, balance) => sum + balance, 0)).toBe(0);
  const sums = await site.pool.query(
    `select from accounts a
      where a.balance <> (select coalesce(sum(amount), 0) from entries e
                           where e.site_id = a.site_id and e.account_id = a.account_id)`,
  );
  expect(sums.rowCount).toBe(0);
}

describe('a slot that gets free', () => {
  it('E8 is offered at once to who has waited longest, and to the next one when the offer lapses', async () => {
    const { holder, reservationId } = await reserved('A');
    const [first, second] = [await device(), await device()];
    const ids = [await wait(first), await wait(second)];
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf(ids)).toEqual(['offered', 'waiting']);
    site.clock.advance(OFFER_TIME);
    await offers.sweep();
    await settle();
    expect(await statesOf(ids)).toEqual(['lapsed', 'offered']);
    expect(await first.do('waitlist.accept@1', { entryId: ids[0] })).toMatchObject({ code: 'offer_over' });
    expect(await second.do('waitlist.accept@1', { entryId: ids[1] })).toMatchObject({ data: { cost: 3 } });
    expect((await balancesOf(site)).get(second.member.id)).toBe(47);
  });

  it('E8 declined it goes on without anyone’s clock; who leaves the building passes it on, too', async () => {
    const { holder, reservationId } = await reserved('A');
    const [first, second, third] = [await device(), await device(), await device()];
    const ids = [await wait(first), await wait(second), await wait(third)];
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    await first.do('waitlist.decline@1', { entryId: ids[0] });
    await settle();
    expect(await statesOf(ids)).toEqual(['declined', 'offered', 'waiting']);
    await second.do('member.remove@1', { memberId: second.member.id });
    await settle();
    expect(await statesOf(ids)).toEqual(['declined', 'left', 'offered']);
  });

  it('E8 two freed slots, three waiters, two processes: the first two get one each, in order', async () => {
    const taken = [await reserved('A'), await reserved('B')];
    const waiters = [await device(), await device(), await device()];
    const ids: string[] = [];
    for (const waiter of waiters) ids.push(await wait(waiter));
    const [mine, theirs] = [another(), another()];
    await Promise.all([
      ...taken.map(({ holder, reservationId }) => holder.do('reservation.cancel@1', { reservationId })),
      mine.sweep(),
      theirs.sweep(),
    ]);
    await Promise.all([mine.sweep(), theirs.sweep()]);
    await settle();
    expect(await statesOf(ids)).toEqual(['offered', 'offered', 'waiting']);
    site.clock.advance(OFFER_TIME);
    const late = [waiters[0]!.do('waitlist.accept@1', { entryId: ids[0] }), mine.sweep(), theirs.sweep()];
    await Promise.all(late);
    await Promise.all([mine.sweep(), theirs.sweep()]);
    expect(await statesOf(ids)).toEqual(['lapsed', 'lapsed', 'offered']);
    const { rows } = await site.pool.query(`select from reservations where offered and state = 'held'`);
    expect(rows).toHaveLength(1);
  });

  it('E8 is booked for who agreed to it: paid, and the pass goes to the first of their devices', async () => {
    const { holder, reservationId } = await reserved('A');
    const waiter = await device();
    const id = await wait(waiter, { takeForMe: true });
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf([id])).toEqual(['taken']);
    expect((await balancesOf(site)).get(waiter.member.id)).toBe(47);
    const { rows } = await site.pool.query<{ holder_key: null; status: string }>(
      `select p.holder_key, p.status from passes p where p.member_id = $1`,
      [waiter.member.id],
    );
    expect(rows).toEqual([{ holder_key: null, status: 'valid' }]);
  });

  it('E8 passes over who cannot take it now: too few credits, another offer, other conditions', async () => {
    const { holder, slotId, reservationId } = await reserved('A');
    const [poor, picky, cheap, served, last] = [
      await device(),
      await device(),
      await device(),
      await device(),
      await device(),
    ];
    await spendAll(poor);
    const ids = [
      await wait(poor),
      await wait(picky, { levels: ['9'] }),
      await wait(cheap, { maxPrice: 2 }),
      await wait(served),
      await wait(last),
    ];
    await settle();
    expect((await served.reserve(await site.addSlot('B'), 3, 5)).status).toBe('applied');
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf(ids)).toEqual(['waiting', 'waiting', 'waiting', 'served', 'offered']);
    const refused = await site.pool.query(
      `select from intents where op = 'waitlist.offer@1' and status <> 'applied'`,
    );
    expect(refused.rowCount).toBe(0);
    const { rows } = await site.pool.query<{ slot_id: string }>(
      `select slot_id from reservations where offered`,
    );
    expect(rows).toEqual([{ slot_id: slotId }]);
  });

  it('E8 also what somebody lends or shortens, and a slot that is free when one joins', async () => {
    const owner = await site.join();
    const lending = new TestDevice(site, owner, arbiter);
    const slotId = await site.addSlot('A', { owner });
    const [first, second] = [await device(), await device()];
    const lent = await wait(first);
    await lending.do('share.open@1', { slotId, ...WINDOW });
    await settle();
    expect(await statesOf([lent])).toEqual(['offered']);
    const { holder, slotId: b, reservationId } = await reserved('B');
    const shorter = await wait(second, { start: NOW + 3 * HOUR });
    expect(await statesOf([shorter])).toEqual(['waiting']);
    const args = { reservationId, slotId: b, start: WINDOW.start, end: NOW + 3 * HOUR };
    await holder.do('reservation.change@1', args);
    await settle();
    expect(await statesOf([shorter])).toEqual(['offered']);
    await site.addSlot('C');
    const third = await wait(await device());
    await settle();
    expect(await statesOf([third])).toEqual(['offered']);
  });

  it('E8 nobody waits for ever: what has gone by is over', async () => {
    await reserved('A');
    const id = await wait(await device());
    site.clock.set(WINDOW.end - 15 * 60_000 - 1);
    await offers.sweep();
    expect(await statesOf([id])).toEqual(['waiting']);
    site.clock.advance(1);
    await offers.sweep();
    expect(await statesOf([id])).toEqual(['over']);
  });
});

describe('whom the rules or the night pass over', () => {
  it('E8 who sleeps through an offer keeps the place in line; the next one is asked meanwhile', async () => {
    const { holder, reservationId } = await reserved('A');
    const [sleeper, awake] = [await device(), await device()];
    const ids = [await wait(sleeper), await wait(awake)];
    const minutes = new Date(NOW).getUTCHours() * 60;
    const quietHours = { from: minutes, until: (minutes + 60) % 1440 };
    const preferences = { push: {}, mail: {}, quietHours, detailsOnLockScreen: false };
    await sleeper.do('notice.set_preferences@1', { preferences });
    await site.pool.query(`update sites set time_zone = 'UTC'`);
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    site.clock.advance(OFFER_TIME);
    await offers.sweep();
    await settle();
    expect(await statesOf(ids)).toEqual(['waiting', 'offered']);
    await awake.do('waitlist.decline@1', { entryId: ids[1] });
    await settle();
    expect(await statesOf(ids)).toEqual(['waiting', 'declined']);
    site.clock.set(NOW + HOUR + 60_000);
    await offers.sweep();
    await settle();
    expect(await statesOf(ids)).toEqual(['offered', 'declined']);
    expect(await refusals()).toEqual([]);
  });

  it('E8 a lapse is followed by the next offer without a sweep, at its moment', async () => {
    const alarms: { at: number; run: () => void }[] = [];
    await offers.stop();
    offers = offering({
      after: (milliseconds, run) => {
        const alarm = { at: site.clock.now() + milliseconds, run };
        alarms.push(alarm);
        return () => void alarms.splice(alarms.indexOf(alarm), 1);
      },
    });
    const { holder, reservationId } = await reserved('A');
    const ids = [await wait(await device()), await wait(await device())];
    await holder.do('reservation.cancel@1', { reservationId });
    const offeredAt = site.clock.now();
    await settle();
    expect(alarms).toMatchObject([{ at: offeredAt + OFFER_TIME }]);
    site.clock.set(alarms[0]!.at);
    alarms.shift()!.run();
    await settle();
    expect(await statesOf(ids)).toEqual(['lapsed', 'offered']);
    expect(alarms).toHaveLength(1);
    await offers.stop();
    expect(alarms).toEqual([]);
  });

  it('E8 C6 a slot of a neighbour who has just used one’s own is not even tried', async () => {
    await site.pool.query(
      `update sites set policy = jsonb_set(policy, '{coolingOff}', to_jsonb(86400000::float8))`,
    );
    const [owner, member] = [await site.join(), await site.join()];
    const own = await site.addSlot('M', { owner: member, lent: [NOW, NOW + 9 * HOUR] });
    expect((await new TestDevice(site, owner, arbiter).reserve(own, 2, 4)).status).toBe('applied');
    await site.addSlot('A', { owner, lent: [NOW, NOW + 9 * HOUR] });
    const id = await wait(new TestDevice(site, member, arbiter));
    await settle();
    expect([await statesOf([id]), await refusals()]).toEqual([['waiting'], []]);
    await site.addSlot('B');
    await offers.sweep();
    expect(await statesOf([id])).toEqual(['offered']);
  });

  it('E8 refused slots are gone through in one look; what is about the entry stops it after one try', async () => {
    for (const label of ['A', 'B', 'C']) await site.addSlot(label);
    await offers.stop();
    const [first, second] = [await wait(await device()), await wait(await device())];
    const refusing = (code: string, isRefused: (args: Record<string, unknown>) => boolean) => {
      const tried: unknown[] = [];
      const submit = async (push: Push): Promise<SubmitResult> => {
        const kept = push.intents.filter((intent) => !isRefused(intent.args as Record<string, unknown>));
        tried.push(...push.intents.filter((intent) => !kept.includes(intent)));
        // Counted anew: a client's seqs have no gaps.
        const intents = kept.map((intent, index) => ({ ...intent, seq: index + 1 }));
        const result =
          intents.length > 0 ? await arbiter.submit({ ...push, clientId: newId(), intents }) : null;
        const outcomes = push.intents.map(({ id, seq }): Outcome => {
          const real = result?.ok ? result.outcomes.find((outcome) => outcome.id === id) : undefined;
          return real ?? { seq, id, status: 'refused', code, data: {}, alternatives: [] };
        });
        return { ok: true, serverNow: site.clock.now(), outcomes, lastSeq: push.intents.at(-1)!.seq };
      };
      return { tried, arbiter: { submit } };
    };
    const quiet = refusing('window_quiet', () => true);
    const looking = another({ arbiter: quiet.arbiter });
    await looking.sweep();
    await looking.sweep();
    expect(quiet.tried).toHaveLength(2);
    site.clock.advance(60_000);
    await looking.sweep();
    site.clock.advance(60_000);
    await looking.sweep();
    expect(quiet.tried).toHaveLength(4);
    const { rows } = await site.pool.query<{ slot_id: string }>('select slot_id from slots order by label');
    const mine = refusing('own_slot', ({ slotId }) => slotId !== rows[2]!.slot_id);
    await another({ arbiter: mine.arbiter }).sweep();
    expect(await statesOf([first, second])).toEqual(['offered', 'waiting']);
  });

  it('E8 who comes after many whom nothing suits is found, too', async () => {
    await reserved('A');
    for (let many = 0; many < 4; many++) await wait(await device(), { levels: ['9'] });
    const last = await wait(await device());
    await offers.stop();
    await site.addSlot('B');
    const found = await findMatches(site.pool, {
      siteId: site.siteId,
      now: site.clock.now(),
      pageSize: 2,
    });
    expect(found.map(({ entryId }) => entryId)).toEqual([last]);
  });
});

describe('a slot of somebody’s own', () => {
  const ruleOf = (slotId: string) => ({
    ...{ ruleId: newId(), slotId, weekdays: [1, 2, 3, 4, 5, 6, 7], from: 8 * 60, until: 18 * 60 },
    ...{ startsOn: '2026-01-01', endsOn: null, daysOff: [], paused: false },
  });
  const follow = () => createRuleFollowing({ pool: site.pool, arbiter, clock: site.clock, newId })();

  /** Lent by a rule, reserved by a guest, waited for by somebody who agreed to whatever comes. */
  async function lentByRule() {
    const [owner, guest, waiter] = [await device(), await device(), await device()];
    const slotId = await site.addSlot('A', { owner: owner.member });
    const rule = ruleOf(slotId);
    expect(await owner.do('rule.set@1', rule)).toMatchObject({ status: 'applied' });
    await follow();
    const reservationId = newId();
    expect((await guest.reserve(slotId, 2, 4, reservationId)).status).toBe('applied');
    return { owner, guest, slotId, rule, reservationId, id: await wait(waiter, { takeForMe: true }) };
  }

  it('E8 C1 whose owner lends it no more is booked for nobody, though somebody waits as it gets free', async () => {
    const { owner, guest, slotId, rule, reservationId, id } = await lentByRule();
    const { ruleId } = rule;
    expect(await owner.do('rule.remove@1', { ruleId, slotId })).toMatchObject({ status: 'applied' });
    // Lent for its reservation's sake alone.
    await follow();
    expect(await guest.do('reservation.cancel@1', { reservationId })).toMatchObject({ status: 'applied' });
    await settle();
    const booked = `select from reservations where slot_id = $1 and state in ('held', 'confirmed')`;
    expect((await site.pool.query(booked, [slotId])).rowCount).toBe(0);
    // Nor by who found it before, or is asked by somebody else.
    const args = { entryId: id, slotId, reservationId: newId(), ...WINDOW };
    const submitted = await arbiter.submit({
      ...{ siteId: site.siteId, member: { id: site.siteId, role: 'system', name: 'Undercroft' } },
      clientId: newId(),
      intents: [
        { seq: 1, id: newId(), op: 'waitlist.offer@1', args, deviceTime: site.clock.now(), expiresAt: null },
      ],
    });
    expect(submitted).toMatchObject({ ok: true, outcomes: [{ code: 'slot_not_lent' }] });
    await follow();
    await settle();
    const { rows } = await site.pool.query('select lent::text from slots where slot_id = $1', [slotId]);
    expect(rows).toEqual([{ lent: '{}' }]);
    expect(await statesOf([id])).toEqual(['waiting']);
  });

  it('E8 C1 whose rules go on is booked once they are followed anew', async () => {
    const { owner, guest, slotId, rule, reservationId, id } = await lentByRule();
    const longer = { ...rule, until: 20 * 60 };
    expect(await owner.do('rule.set@1', longer)).toMatchObject({ status: 'applied' });
    await guest.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf([id])).toEqual(['waiting']);
    await follow();
    await settle();
    expect(await statesOf([id])).toEqual(['taken']);
    expect(await refusals()).toEqual([]);
    expect((await site.pool.query('select from reservations where slot_id = $1', [slotId])).rowCount).toBe(2);
  });

  it('E8 offered before it became one’s own: nobody pays themselves, nothing is put aside', async () => {
    const slotId = await site.addSlot('A');
    const [desk, waiter] = [await device('manager'), await device()];
    const id = await wait(waiter);
    await settle();
    expect(await statesOf([id])).toEqual(['offered']);
    const claimId = newId();
    const claim = { claimId, label: 'A', level: '', kind: 'car', note: '', photo: null };
    expect(await waiter.do('slot.claim@1', claim)).toMatchObject({ status: 'applied' });
    const approval = { claimId, approve: true, slotId, reason: '' };
    expect(await desk.do('slot.decide_claim@1', approval)).toMatchObject({ status: 'applied' });
    const accepted = await waiter.do('waitlist.accept@1', { entryId: id });
    expect(accepted).toMatchObject({ status: 'refused', code: 'own_slot' });
    expect((await balancesOf(site)).get(waiter.member.id)).toBe(50);
  });
});

describe('who joins the line again and again', () => {
  it('E8 keeps a slot for one offer’s time an hour: others get it meanwhile', async () => {
    const slotId = await site.addSlot('A');
    const [hog, guest] = [await device(), await device()];
    const window = { start: NOW - HOUR, end: NOW + 5 * HOUR };
    const first = await wait(hog, window);
    await settle();
    expect(await statesOf([first])).toEqual(['offered']);
    expect(await guest.reserve(slotId, 1, 2)).toMatchObject({ code: 'slot_taken' });
    await hog.do('waitlist.leave@1', { entryId: first });
    const left = site.clock.now();
    // As much later as one likes, as long as any of it is the same time.
    const second = await wait(hog, { ...window, start: NOW + 4 * HOUR });
    await settle();
    expect(await statesOf([second])).toEqual(['waiting']);
    expect(await guest.reserve(slotId, 1, 2)).toMatchObject({ status: 'applied' });
    expect(await refusals()).toEqual([]);
    site.clock.set(left + HOUR - 1);
    await offers.sweep();
    expect(await statesOf([second])).toEqual(['waiting']);
    site.clock.advance(1);
    await offers.sweep();
    expect(await statesOf([second])).toEqual(['offered']);
  });

  it('E8 for another time, or when nothing was offered, is asked at once', async () => {
    const { holder, reservationId } = await reserved('A');
    const waiter = await device();
    const first = await wait(waiter);
    await waiter.do('waitlist.leave@1', { entryId: first });
    const second = await wait(waiter);
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf([second])).toEqual(['offered']);
    await waiter.do('waitlist.decline@1', { entryId: second });
    const other = await wait(waiter, { start: WINDOW.end, end: WINDOW.end + HOUR });
    await settle();
    expect(await statesOf([second, other])).toEqual(['declined', 'offered']);
  });
});

describe('when things go wrong', () => {
  it('E8 a sweep goes on to the next site after one look, however much is going on at this one', async () => {
    await reserved('A');
    await wait(await device());
    await offers.stop();
    let looks = 0;
    const busy: Pick<OfferOptions, 'pool'> = {
      pool: new Proxy(site.pool, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          const call = (value as (...all: unknown[]) => unknown).bind(target);
          if (name !== 'query') return call;
          return (...all: unknown[]) => {
            // Each look finds something to do, until it would go on for good.
            if (++looks < 100) looking.wake([site.siteId]);
            return call(...all);
          };
        },
      }),
    };
    const looking = another(busy);
    await looking.sweep();
    expect(looks).toBeLessThan(20);
    await looking.stop();
  });

  type Submit = (push: Push) => Promise<SubmitResult>;
  const crashes: [string, (submit: Submit) => Submit][] = [
    ['before the offer is decided', () => () => Promise.reject(new Error('the process died'))],
    [
      'after it was decided and before anybody heard of it',
      (submit) => async (push) => {
        await submit(push);
        throw new Error('the process died');
      },
    ],
    ['while the database cannot be reached', () => () => Promise.resolve({ ok: false, code: 'unavailable' })],
  ];
  it.each(crashes)('E8 a process that dies %s leaves one offer with one hold', async (_when, crash) => {
    const plain = site.arbiter();
    const { holder, reservationId } = await reserved('A');
    const ids = [await wait(await device()), await wait(await device())];
    await offers.stop();
    await holder.do('reservation.cancel@1', { reservationId });
    const dying = another({ arbiter: { submit: crash((push) => plain.submit(push)) } });
    await expect(dying.sweep()).rejects.toThrow('some waitlists could not be served');
    await checkWhole();
    const next = another({ arbiter: plain });
    await next.sweep();
    await next.sweep();
    expect(await statesOf(ids)).toEqual(['offered', 'waiting']);
    await plain.drain();
  });

  it('E8 a batch whose connection breaks as it commits is done once', async () => {
    const { holder, reservationId } = await reserved('A');
    const ids = [await wait(await device())];
    await offers.stop();
    await holder.do('reservation.cancel@1', { reservationId });
    // Every statement of the arbiter's next transaction is cut off at its commit, once.
    const cut = cutOnce(site);
    const broken = site.arbiter({ pool: cut });
    const retrying = another({ arbiter: broken });
    await retrying.sweep();
    await retrying.sweep();
    expect(await statesOf(ids)).toEqual(['offered']);
    await broken.drain();
  });

  it('E8 accepting, declining, lapsing and reserving at the same moment: one gets it, the ledger is whole', async () => {
    for (let round = 0; round < 5; round++) {
      const { holder, slotId, reservationId } = await reserved(`R${String(round)}`);
      const [waiter, stranger] = [await device(), await device()];
      const id = await wait(waiter, { takeForMe: false });
      await holder.do('reservation.cancel@1', { reservationId });
      await settle();
      expect(await statesOf([id])).toEqual(['offered']);
      site.clock.advance(round % 2 === 0 ? OFFER_TIME - 1 : OFFER_TIME);
      const second = new TestDevice(site, waiter.member, arbiter);
      const outcomes = await Promise.all([
        waiter.do('waitlist.accept@1', { entryId: id }),
        second.do('waitlist.decline@1', { entryId: id }),
        stranger.reserve(slotId, 2, 4),
        another()
          .sweep()
          .then(() => null),
      ]);
      await settle();
      const won = outcomes.filter((outcome): outcome is Outcome => outcome?.status === 'applied');
      expect(won.length).toBeGreaterThan(0);
      const { rows } = await site.pool.query(
        `select from reservations where slot_id = $1 and state = 'confirmed'`,
        [slotId],
      );
      expect(rows.length).toBeLessThanOrEqual(1);
      await checkWhole();
      site.clock.set(NOW + round + 1);
    }
  });

  it('K4 an accept that is sent twice pays once', async () => {
    const { holder, reservationId } = await reserved('A');
    const waiter = await device();
    const id = await wait(waiter);
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    const intent = waiter.intent('waitlist.accept@1', { entryId: id });
    expect(await waiter.push(intent)).toEqual(await waiter.push(intent));
    expect((await balancesOf(site)).get(waiter.member.id)).toBe(47);
  });
});

describe('who books a slot while waiting', () => {
  it('E8 is served in the same moment: what is kept for them goes to the next one, and nothing is told of a lapse', async () => {
    const { holder, reservationId } = await reserved('A');
    const [first, second] = [await device(), await device()];
    const ids = [await wait(first), await wait(second)];
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf(ids)).toEqual(['offered', 'waiting']);
    const [elsewhere, booked] = [await site.addSlot('B', { level: '-1' }), newId()];
    expect(await first.reserve(elsewhere, 2, 4, booked)).toMatchObject({ status: 'applied' });
    await settle();
    expect(await statesOf(ids)).toEqual(['served', 'offered']);
    site.clock.set(WINDOW.end);
    await offers.sweep();
    await settle();
    expect(await statesOf(ids)).toEqual(['served', 'lapsed']);
    const { rows } = await site.pool.query(
      `select e.reservation_id, (select count(*)::int from notices n where n.member_id = e.member_id and n.kind = 'waitlist_over') as told
         from waitlist_entries e where e.entry_id = any($1) order by e.created_at`,
      [ids],
    );
    expect(rows).toMatchObject([{ reservation_id: booked, told: 0 }, { told: 1 }]);
    expect((await balancesOf(site)).get(first.member.id)).toBe(47);
  });

  it('E8 served before anything was offered, and in one batch with the offer: the slot stays for the others', async () => {
    const { holder, reservationId } = await reserved('A');
    const [first, second] = [await device(), await device()];
    const ids = [await wait(first), await wait(second)];
    await first.reserve(await site.addSlot('B'), 2, 3);
    await settle();
    expect((await statesOf(ids))[0]).toBe('served');
    await holder.do('reservation.cancel@1', { reservationId });
    await settle();
    expect(await statesOf(ids)).toEqual(['served', 'offered']);
    expect(await first.do('waitlist.join@1', joinArgs())).toMatchObject({ code: 'waitlist_served' });
  });

  it('E8 booking, being offered and leaving at the same moment: nobody keeps a slot that they do not need', async () => {
    for (let round = 0; round < 5; round++) {
      const { holder, reservationId } = await reserved(`R${String(round)}`);
      const elsewhere = await site.addSlot(`S${String(round)}`, { level: '-1' });
      const [waiter, next] = [await device(), await device()];
      // What is free meanwhile is of no use to them: other levels.
      const ids = [await wait(waiter, { levels: [''] }), await wait(next, { levels: [''] })];
      const second = new TestDevice(site, waiter.member, arbiter);
      await Promise.all([
        holder.do('reservation.cancel@1', { reservationId }),
        another().sweep(),
        waiter.reserve(elsewhere, 2, 4),
        round % 2 === 0 ? second.do('waitlist.leave@1', { entryId: ids[0] }) : null,
      ]);
      await settle();
      const [own, others] = await statesOf(ids);
      expect(round % 2 === 0 ? ['served', 'left'] : ['served']).toContain(own);
      expect(others).toBe('offered');
      await checkWhole();
      await next.do('waitlist.leave@1', { entryId: ids[1] });
      await settle();
    }
  });
});

it('D1 a device hears of its own places in line alone', async () => {
  const [mine, theirs] = [await device(), await device()];
  const own = await wait(mine);
  await wait(theirs);
  const client = await site.pool.connect();
  try {
    const scope = { client, siteId: site.siteId, memberId: mine.member.id, ids: null };
    const rows = await hydrateWaitlist({ ...scope, now: NOW, gateHorizon: NOW });
    expect(rows).toMatchObject([{ id: own, ...WINDOW, state: 'waiting', takeForMe: false }]);
  } finally {
    client.release();
  }
});

it('E8 what has ended leaves its member’s copy after 30 days, and the table after 90 with a tombstone', async () => {
  const mine = await device();
  const id = await wait(mine);
  await mine.do('waitlist.leave@1', { entryId: id });
  const ended = site.clock.now();
  const client = await site.pool.connect();
  try {
    const scope = { client, siteId: site.siteId, memberId: mine.member.id, ids: null, gateHorizon: NOW };
    const at = (now: number) => hydrateWaitlist({ ...scope, now });
    expect(await at(ended + ENTRIES_KEPT_FOR - 1)).toHaveLength(1);
    const over = ended + ENTRIES_KEPT_FOR;
    expect(await at(over)).toEqual([]);
    expect(await selectEndedEntries({ ...scope, now: over }, over - 1)).toEqual([id]);
    expect(await selectEndedEntries({ ...scope, now: over + 1 }, over)).toEqual([]);
  } finally {
    client.release();
  }
  expect(await pruneEntries(site.pool, ended + ENDED_KEPT)).toBe(0);
  expect(await pruneEntries(site.pool, ended + ENDED_KEPT + 1)).toBe(1);
  const { rows } = await site.pool.query<{ deleted: boolean }>(
    `select deleted from sync_row where entity = 'waitlist_entry' and pk = $1`,
    [id],
  );
  expect(rows).toEqual([{ deleted: true }]);
});

/** What was refused to the site itself. */
async function refusals(): Promise<string[]> {
  const { rows } = await site.pool.query<{ code: string }>(
    `select code from intents where op = 'waitlist.offer@1' and status <> 'applied'`,
  );
  return rows.map(({ code }) => code);
}

/** Leaves a member with no credits. */
async function spendAll({ member }: TestDevice): Promise<void> {
  const movementId = newId();
  await site.pool.query(
    `with m as (insert into movements (site_id, movement_id, kind, created_at) values ($1, $2, 'charge', now()))
     insert into entries (site_id, movement_id, account_id, amount)
     values ($1, $2, $3, -50), ($1, $2, $1, 50)`,
    [site.siteId, movementId, member.id],
  );
}

/** The site's pool, of which the first COMMIT of a transaction is executed and never answered. */
function cutOnce({ pool }: TestSite): typeof pool {
  let isCut = false;
  return new Proxy(pool, {
    get(target, name) {
      if (name !== 'connect') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
      }
      return async () => {
        const client = await target.connect();
        const query = client.query.bind(client) as (...all: unknown[]) => Promise<unknown>;
        client.query = (async (...all: unknown[]) => {
          const [statement] = all;
          const text = typeof statement === 'string' ? statement : '';
          const answer = await query(...all);
          if (isCut || !/^commit/i.test(text)) return answer;
          isCut = true;
          throw Object.assign(new Error('the connection broke'), { code: '08006' });
        }) as typeof client.query;
        return client;
      };
    },
  });
}
