import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createPool } from '../db/pool';
import { newId } from '../platform/ids';
import type { Pool } from 'pg';
import { balancesOf, HOUR, makeTestSite, NOW, TestDevice } from './testing';

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

const action = fc.record({
  device: fc.nat(5),
  kind: fc.constantFrom('reserve', 'reserve', 'cancel', 'cancelOther', 'lend', 'takeBack'),
  slot: fc.nat(3),
  hour: fc.nat(5),
  length: fc.integer({ min: 1, max: 3 }),
});

test('K5 C5 random histories through two processes: no overlap, no credit made or lost, none below zero', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60 }), async (actions) => {
      const site = await makeTestSite(database.pool, { reservationsAtATime: 3, startingCredits: 8 });
      // Two pools, two arbiters, two ranges of status indexes: as in two processes.
      const arbiters = [site.arbiter(), site.arbiter({ pool: secondPool })];
      const members = [await site.join(), await site.join(), await site.join('manager')];
      const devices = members.flatMap((member) =>
        arbiters.map((arbiter) => new TestDevice(site, member, arbiter)),
      );
      const slots = [
        await site.addSlot('A'),
        ...(await Promise.all(
          members.map((owner, index) => site.addSlot(`O${index}`, { owner, lent: [NOW, NOW + 4 * HOUR] })),
        )),
      ];
      const made: string[] = [];
      const outcomes = await Promise.all(
        actions.map(({ device: which, kind, slot, hour, length }) => {
          const device = devices[which]!;
          const window = {
            slotId: slots[slot]!,
            start: NOW + (hour + 1) * HOUR,
            end: NOW + (hour + 1 + length) * HOUR,
          };
          if (kind === 'lend') return device.do('share.open@1', window);
          if (kind === 'takeBack') return device.do('share.close@1', window);
          if (kind === 'reserve' || made.length === 0) {
            const reservationId = newId();
            made.push(reservationId);
            return device.do('reservation.create@1', { reservationId, ...window });
          }
          const index = kind === 'cancel' ? made.length - 1 : (hour * 7 + slot) % made.length;
          return device.do('reservation.cancel@1', { reservationId: made[index]! });
        }),
      );
      expect(outcomes.filter(({ status }) => status !== 'applied' && status !== 'refused')).toEqual([]);
      expect(site.logged).toEqual([]);
      const balances = await balancesOf(site);
      expect([...balances.values()].reduce((sum, balance) => sum + balance, 0)).toBe(0);
      for (const { id } of members) expect(balances.get(id)).toBeGreaterThanOrEqual(0);
      const { rows } = await site.pool.query(
        `select a.account_id from accounts a
          where a.site_id = $1
            and a.balance <> (select coalesce(sum(amount), 0) from entries e where e.site_id = $1 and e.account_id = a.account_id)
         union all
         select r.reservation_id from reservations r
           join reservations o on o.site_id = r.site_id and o.slot_id = r.slot_id and o.reservation_id <> r.reservation_id
                and o.during && r.during and o.state = 'confirmed'
          where r.site_id = $1 and r.state = 'confirmed'
         union all
         -- A confirmed reservation has one valid pass, any other none; of a lent slot it lies in a lent window.
         select r.reservation_id from reservations r join slots s using (site_id, slot_id)
          where r.site_id = $1
            and ((select count(*) from passes p where p.site_id = $1 and p.reservation_id = r.reservation_id and p.status = 'valid')
                 <> (case when r.state = 'confirmed' then 1 else 0 end)
              or (r.state = 'confirmed' and s.owner_id is not null and not s.lent @> r.during))`,
        [site.siteId],
      );
      expect(rows).toEqual([]);
      await Promise.all(arbiters.map((arbiter) => arbiter.drain()));
    }),
    { numRuns: 12 },
  );
});
