import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arbiter } from '../../arbiter/arbiter';
import { HOUR, makeTestSite, NOW, TestDevice, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { createRuleFollowing, MOST_RULE_WINDOWS } from './follow-rules';

const DAY = 24 * HOUR;
let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;
let phone: TestDevice;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { reservationsAtATime: 5 });
  arbiter = site.arbiter();
  phone = new TestDevice(site, await site.join(), arbiter);
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

const following = (fields: { arbiter?: Arbiter } = {}) =>
  createRuleFollowing({ pool: site.pool, arbiter, clock: site.clock, newId, ...fields });
const ruleOf = (slotId: string, fields: object = {}) => ({
  ...{ ruleId: newId(), slotId, weekdays: [1, 2, 3, 4, 5], from: 8 * 60, until: 18 * 60 },
  ...{ startsOn: '2026-01-01', endsOn: null, daysOff: [], paused: false },
  ...fields,
});

async function lentOf(slotId: string): Promise<string[]> {
  const { rows } = await site.pool.query<{ window: string }>(
    `select to_char(lower(r) at time zone 'Europe/Berlin', 'MM-DD HH24:MI') || ' ' ||
            to_char(upper(r) at time zone 'Europe/Berlin', 'MM-DD HH24:MI') as window
       from slots, unnest(lent) r where slot_id = $1 order by r`,
    [slotId],
  );
  return rows.map(({ window }) => window);
}

describe('following weekly rules', () => {
  it('C1 lends as far as one may reserve and a week on, by the wall’s clock over the change of clocks', async () => {
    const slotId = await site.addSlot('A', { owner: phone.member });
    await phone.do('rule.set@1', ruleOf(slotId));
    expect(await following()()).toBe(1);
    const lent = await lentOf(slotId);
    // NOW is Monday the 2nd, 11:00 in Berlin; 37 days are 27 working days; on 29 March the clocks change.
    expect(lent).toHaveLength(28);
    expect(lent[0]).toBe('03-02 08:00 03-02 18:00');
    expect(lent).toContain('03-30 08:00 03-30 18:00');
    expect(lent.at(-1)).toBe('04-08 08:00 04-08 18:00');
    expect(await following()()).toBe(0);
  });

  it('C1 follows a change at once, keeps what is reserved and what was lent by hand', async () => {
    const slotId = await site.addSlot('A', { owner: phone.member, lent: [NOW + 12 * HOUR, NOW + 13 * HOUR] });
    const rule = ruleOf(slotId);
    await phone.do('rule.set@1', rule);
    const follow = following();
    await follow();
    const guest = new TestDevice(site, await site.join(), arbiter);
    expect(await guest.reserve(slotId, 1, 3)).toMatchObject({ status: 'applied' });
    await phone.do('rule.set@1', { ...rule, paused: true });
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toEqual(['03-02 12:00 03-02 14:00', '03-02 23:00 03-03 00:00']);
    await phone.do('rule.remove@1', { ruleId: rule.ruleId, slotId });
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toEqual(['03-02 12:00 03-02 14:00', '03-02 23:00 03-03 00:00']);
  });

  it('C1 what is lent only because it is reserved is lent no more once that is cancelled or moved away', async () => {
    const slotId = await site.addSlot('A', { owner: phone.member });
    const other = await site.addSlot('B');
    const rule = ruleOf(slotId);
    await phone.do('rule.set@1', rule);
    const follow = following();
    await follow();
    const guest = new TestDevice(site, await site.join(), arbiter);
    const [cancelled, moved] = [newId(), newId()];
    await guest.reserve(slotId, 1, 3, cancelled);
    await guest.reserve(slotId, 4, 5, moved);
    await phone.do('rule.remove@1', { ruleId: rule.ruleId, slotId });
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toEqual(['03-02 12:00 03-02 14:00', '03-02 15:00 03-02 16:00']);
    await guest.do('reservation.cancel@1', { reservationId: cancelled });
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toEqual(['03-02 15:00 03-02 16:00']);
    const away = { reservationId: moved, slotId: other, start: NOW + 4 * HOUR, end: NOW + 5 * HOUR };
    expect(await guest.do('reservation.change@1', away)).toMatchObject({ status: 'applied' });
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toEqual([]);
  });

  it('C1 goes on as days pass, once in six days, and when the site lets one reserve further ahead', async () => {
    const slotId = await site.addSlot('A', { owner: phone.member });
    await phone.do('rule.set@1', ruleOf(slotId));
    const follow = following();
    await follow();
    site.clock.set(NOW + 5 * DAY);
    expect(await follow()).toBe(0);
    site.clock.set(NOW + 6 * DAY + 1);
    expect(await follow()).toBe(1);
    expect((await lentOf(slotId)).at(-1)).toBe('04-14 08:00 04-14 18:00');
    await site.pool.query(
      `update sites set policy = policy || '{"horizon": ${60 * DAY}}' where site_id = $1`,
      [site.siteId],
    );
    expect(await follow()).toBe(1);
    expect((await lentOf(slotId)).at(-1)).toBe('05-14 08:00 05-14 18:00');
  });

  it('C1 of a slot whose rules change meanwhile nothing is written, and it is followed the next time', async () => {
    const slotId = await site.addSlot('A', { owner: phone.member });
    const rule = ruleOf(slotId);
    await phone.do('rule.set@1', rule);
    const meanwhile: Arbiter = {
      ...arbiter,
      async submit(push) {
        await phone.do('rule.set@1', { ...rule, weekdays: [6] });
        return arbiter.submit(push);
      },
    };
    expect(await following({ arbiter: meanwhile })()).toBe(0);
    expect(await lentOf(slotId)).toEqual([]);
    expect(await following()()).toBe(1);
    expect((await lentOf(slotId))[0]).toBe('03-07 08:00 03-07 18:00');
  });

  it('C1 B7 two processes at once, and many slots: each follows once', async () => {
    const slotIds = await Promise.all(
      Array.from({ length: 120 }, (_, index) => site.addSlot(`S${index}`, { owner: phone.member })),
    );
    for (const slotId of slotIds) await phone.do('rule.set@1', ruleOf(slotId));
    const other = site.arbiter();
    const done = await Promise.all([following()(), following({ arbiter: other })()]);
    expect(Math.max(...done)).toBeLessThanOrEqual(120);
    const { rows } = await site.pool.query<{ behind: number; lent: number }>(
      `select count(*) filter (where rules_revision <> followed_revision)::int as behind,
              count(*) filter (where lent <> '{}')::int as lent from slots`,
    );
    expect(rows[0]).toEqual({ behind: 0, lent: 120 });
    expect(await following()()).toBe(0);
    await other.drain();
  });

  const broken: [string, string][] = [
    ['a zone that this process does not know', `time_zone = 'Mars/Base'`],
    ['a policy that cannot be read', `policy = policy || '{"price": "x"}'`],
    ['a horizon that is no number', `policy = policy || '{"horizon": "x"}'`],
  ];
  it.each(broken)(
    'C1 a site with %s stops nobody else’s rules, and is tried again',
    async (_what, change) => {
      // More than go on their way together.
      const sites = [site];
      while (sites.length < 6) sites.push(await makeTestSite(database.pool));
      // In the order in which they are looked at: the first one is broken.
      sites.sort((a, b) => (a.siteId < b.siteId ? -1 : 1));
      for (const one of sites) {
        const owner = new TestDevice(one, await one.join(), arbiter);
        const slotId = await one.addSlot('A', { owner: owner.member });
        expect(await owner.do('rule.set@1', ruleOf(slotId))).toMatchObject({ status: 'applied' });
      }
      const first = sites[0]!.siteId;
      const read = { text: 'select policy, time_zone from sites where site_id = $1', values: [first] };
      const { rows } = await site.pool.query<{ policy: object; time_zone: string }>(read);
      await site.pool.query(`update sites set ${change} where site_id = $1`, [first]);
      const follow = following();
      await expect(follow()).rejects.toThrow('some weekly rules could not be followed');
      expect(await behind()).toEqual([first]);
      // A while nobody waits for it.
      expect(await follow()).toBe(0);
      await site.pool.query('update sites set policy = $2, time_zone = $3 where site_id = $1', [
        first,
        ...[rows[0]!.policy, rows[0]!.time_zone],
      ]);
      site.clock.advance(60_000);
      expect(await follow()).toBe(1);
      expect(await behind()).toEqual([]);
    },
  );

  /** The sites with slots that do not follow their rules. */
  async function behind(): Promise<string[]> {
    const { rows } = await site.pool.query<{ site_id: string }>(
      'select distinct site_id from slots where rules_revision <> followed_revision',
    );
    return rows.map(({ site_id }) => site_id);
  }

  it('C1 makes no more windows than a wish may have, the nearest first', async () => {
    await site.pool.query(
      `update sites set policy = policy || '{"horizon": ${360 * DAY}}' where site_id = $1`,
      [site.siteId],
    );
    const slotId = await site.addSlot('A', { owner: phone.member });
    for (const hour of [1, 3, 5]) {
      const times = { from: hour * 60, until: hour * 60 + 30, weekdays: [1, 2, 3, 4, 5, 6, 7] };
      await phone.do('rule.set@1', ruleOf(slotId, times));
    }
    const follow = following();
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toHaveLength(MOST_RULE_WINDOWS);
    const upTo = async () => {
      const { rows } = await site.pool.query<{ is_end: boolean; first: Date }>(
        `select followed_until = upper(lent) as is_end, lower(lent) as first from slots where slot_id = $1`,
        [slotId],
      );
      return rows[0]!;
    };
    // Not the horizon: later ones are made as the first are over, and not in every run.
    expect(await upTo()).toMatchObject({ is_end: true });
    expect(await follow()).toBe(0);
    site.clock.set(NOW + DAY + 1);
    expect(await follow()).toBe(1);
    expect(await lentOf(slotId)).toHaveLength(MOST_RULE_WINDOWS);
    expect(await upTo()).toMatchObject({ is_end: true });
  });
});
