import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowSchemas } from '#shared/protocol/rows';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { createLogger } from '../platform/logger';
import { createPull } from '../services/sync/pull';
import type { Arbiter } from './arbiter';
import { HOUR, makeTestSite, NOW, TestDevice, type TestSite } from './testing';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;

beforeAll(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool);
  arbiter = site.arbiter();
});
afterAll(async () => {
  await arbiter.drain();
  await database.close();
});

it('C4 a manager’s map reaches every device of the site with the next pull, and nothing of lending changes', async () => {
  const [manager, resident] = [await site.join('manager'), await site.join()];
  const desk = new TestDevice(site, manager, arbiter);
  const lent: [number, number] = [NOW, NOW + HOUR];
  const [a, b] = [await site.addSlot('A', { owner: resident, lent }), await site.addSlot('B')];
  const pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
  const reader = { siteId: site.siteId, member: resident, clientId: newId() };
  const first = await pull({ ...reader, cookie: null });
  if (!first.ok) throw new Error(first.code);

  const places = [
    { slotId: a, position: { x: 0, y: 1000 } },
    { slotId: b, position: { x: 250, y: 500 } },
  ];
  expect(await desk.do('slot.place@1', { places })).toMatchObject({ status: 'applied' });
  expect(await desk.do('slot.place@1', { places: [{ slotId: b, position: null }] })).toMatchObject({
    status: 'applied',
  });
  expect(site.committed.at(-1)).toContain(`site:${site.siteId}`);

  const second = await pull({ ...reader, cookie: first.response.cookie });
  if (!second.ok) throw new Error(second.code);
  const put = second.response.changes[`site:${site.siteId}`]?.put ?? [];
  const slots = put.filter(({ entity }) => entity === 'slot').map(({ row }) => rowSchemas.slot.parse(row));
  expect(new Map(slots.map((slot) => [slot.label, slot.position]))).toEqual(
    new Map([
      ['A', { x: 0, y: 1000 }],
      ['B', undefined],
    ]),
  );
  expect(slots.find(({ id }) => id === a)?.lent).toEqual([{ start: lent[0], end: lent[1] }]);
});

it('C4 places that no map has, and those of a resident, are refused', async () => {
  const [manager, resident] = [await site.join('manager'), await site.join()];
  const slotId = await site.addSlot('C');
  const beyond = { places: [{ slotId, position: { x: 0, y: 1001 } }] };
  expect(await new TestDevice(site, manager, arbiter).do('slot.place@1', beyond)).toMatchObject({
    status: 'quarantined',
  });
  const inside = { places: [{ slotId, position: { x: 0, y: 1 } }] };
  expect(await new TestDevice(site, resident, arbiter).do('slot.place@1', inside)).toMatchObject({
    status: 'refused',
    code: 'role_forbidden',
  });
});
