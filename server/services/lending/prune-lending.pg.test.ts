import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR, makeTestSite, NOW, TestDevice } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { LENDING_KEPT, pruneLending } from './prune-lending';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

it('C10 C1 forgets decided claims and removed rules after ninety days, and tells the member’s devices', async () => {
  const site = await makeTestSite(database.pool);
  const phone = new TestDevice(site, await site.join(), site.arbiter());
  const slotId = await site.addSlot('A', { owner: phone.member });
  const [withdrawn, waiting, removed, kept] = [newId(), newId(), newId(), newId()];
  const claim = { level: 'B', kind: 'small', note: '', photo: null };
  await phone.do('slot.claim@1', { claimId: withdrawn, label: 'L-1', ...claim });
  await phone.do('slot.withdraw_claim@1', { claimId: withdrawn });
  await phone.do('slot.claim@1', { claimId: waiting, label: 'L-2', ...claim });
  for (const ruleId of [removed, kept])
    await phone.do('rule.set@1', {
      ...{ ruleId, slotId, weekdays: [1], from: 510, until: 600, startsOn: '2026-03-02', endsOn: null },
      ...{ daysOff: [], paused: false },
    });
  await phone.do('rule.remove@1', { ruleId: removed, slotId });

  expect(await pruneLending(site.pool, NOW + LENDING_KEPT)).toBe(0);
  expect(await pruneLending(site.pool, NOW + LENDING_KEPT + HOUR)).toBe(2);
  const { rows } = await site.pool.query<{ id: string }>(
    'select claim_id as id from slot_claims union all select rule_id from lending_rules',
  );
  expect(rows.map(({ id }) => id).sort()).toEqual([waiting, kept].sort());
  const { rows: index } = await site.pool.query<{ deleted: boolean }>(
    'select deleted from sync_row where pk = any($1::uuid[]) and scope = $2',
    [[withdrawn, removed], `member:${phone.member.id}`],
  );
  expect(index.map(({ deleted }) => deleted)).toEqual([true, true]);
});
