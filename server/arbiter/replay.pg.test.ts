import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Outcome } from '#shared/protocol/push';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';

let database: TestDatabase;
let site: TestSite;
let slot: string;
beforeAll(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, { reservationsAtATime: 50 });
  slot = await site.addSlot('A');
  await site.addSlot('B');
});
afterAll(() => database.close());

async function newDevice(): Promise<TestDevice> {
  return new TestDevice(site, await site.join(), site.arbiter());
}
const windowArgs = () => ({ reservationId: newId(), slotId: slot, start: NOW + HOUR, end: NOW + 2 * HOUR });
const journalSize = async (device: TestDevice) =>
  (await site.pool.query('select from intents where client_id = $1', [device.clientId])).rowCount;

test('X2 outcomes are told again word for word, successes and refusals with alternatives', async () => {
  const device = await newDevice();
  const intents = [
    device.intent('reservation.create@1', windowArgs()),
    device.intent('reservation.create@1', windowArgs()),
    device.intent('no.such@9', { keep: 'me' }),
  ];
  const first = outcomesOf(await device.push(...intents));
  expect(first.map(({ status }) => status)).toEqual(['applied', 'refused', 'quarantined']);
  expect(first[1]?.alternatives).toHaveLength(1);
  const again = outcomesOf(await device.push(...intents));
  expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  // Another process, and only a part of it, with what is new behind it.
  const more = device.intent('reservation.create@1', {
    ...windowArgs(),
    start: NOW + 5 * HOUR,
    end: NOW + 6 * HOUR,
  });
  const mixed = await site.arbiter().submit({
    siteId: site.siteId,
    member: device.member,
    clientId: device.clientId.toUpperCase(),
    intents: [intents[2]!, more],
  });
  expect(mixed).toMatchObject({ ok: true, lastSeq: 4 });
  expect(JSON.stringify(outcomesOf(mixed)[0])).toBe(JSON.stringify(first[2]));
  expect(await journalSize(device)).toBe(4);
});

test('X2 the same push sent many times at once has one set of outcomes', async () => {
  const device = await newDevice();
  const other = new TestDevice(site, device.member, site.arbiter());
  const intent = device.intent('reservation.create@1', {
    ...windowArgs(),
    start: NOW + 8 * HOUR,
    end: NOW + 9 * HOUR,
  });
  const push = { siteId: site.siteId, member: device.member, clientId: device.clientId, intents: [intent] };
  const arbiters = [site.arbiter(), site.arbiter()];
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, index) => arbiters[index % 2]!.submit(push)),
  );
  const texts = new Set(results.map((result) => JSON.stringify(outcomesOf(result))));
  expect(texts.size).toBe(1);
  expect((JSON.parse([...texts][0]!) as Outcome[])[0]?.status).toBe('applied');
  void other;
});

test('X2 the same seq with other args is a fork; a skipped seq is a gap; neither changes anything', async () => {
  const device = await newDevice();
  const first = device.intent('reservation.cancel@1', { reservationId: newId() });
  await device.push(first);
  const next = device.intent('reservation.cancel@1', { reservationId: newId() });
  const forked = { ...first, args: { reservationId: newId() } };
  expect(await device.push(forked, next)).toEqual({ ok: false, code: 'seq_fork' });
  expect(await device.push({ ...first, id: newId() }, next)).toEqual({ ok: false, code: 'seq_fork' });
  expect(await device.push({ ...next, seq: 3 })).toEqual({ ok: false, code: 'seq_gap' });
  expect(await device.push(next, { ...next, seq: 4 })).toEqual({ ok: false, code: 'seq_gap' });
  expect(await device.push(next, { ...next, id: newId() })).toEqual({ ok: false, code: 'request_invalid' });
  expect(await journalSize(device)).toBe(1);
  // Another device time and key order are still the same intent.
  expect(await device.push({ ...first, deviceTime: NOW + 1 })).toMatchObject({ ok: true, lastSeq: 1 });
});

test('X2 a queue belongs to one member', async () => {
  const device = await newDevice();
  await device.push(device.intent('reservation.cancel@1', { reservationId: newId() }));
  const foreign = { siteId: site.siteId, member: await site.join(), clientId: device.clientId, intents: [] };
  expect(await site.arbiter().submit(foreign)).toEqual({ ok: false, code: 'client_foreign' });
  const stranger = {
    ...foreign,
    member: { id: newId(), role: 'manager', name: '' } as const,
    clientId: newId(),
  };
  expect(await site.arbiter().submit(stranger)).toEqual({ ok: false, code: 'no_site' });
});

test('X2 what cannot be read or came too late has an outcome, and its args are kept', async () => {
  const device = await newDevice();
  const poison = { reason: 'a\0b\ud800', deep: [{ x: '\\u0000' }] };
  const intents = [
    device.intent('no.such@9', poison),
    device.intent('reservation.create@1', { slotId: 'x' }),
    device.intent('reservation.create@1', windowArgs(), { expiresAt: NOW }),
  ];
  const outcomes = outcomesOf(await device.push(...intents));
  expect(outcomes.map(({ status, code }) => [status, code])).toEqual([
    ['quarantined', 'op_unknown'],
    ['quarantined', 'args_invalid'],
    ['expired', 'intent_expired'],
  ]);
  const { rows } = await site.pool.query('select args from intents where client_id = $1 order by seq', [
    device.clientId,
  ]);
  expect(rows.map((row: { args: unknown }) => row.args)).toEqual([
    { reason: 'a\u2400b\ufffd', deep: [{ x: '\\u0000' }] },
    intents[1]!.args,
    intents[2]!.args,
  ]);
  expect(outcomesOf(await device.push(...intents))).toEqual(outcomes);
});

test('X2 an intent id used twice is quarantined the second time, also within one push', async () => {
  const device = await newDevice();
  const first = device.intent('reservation.cancel@1', { reservationId: newId() });
  const twice = [first, device.intent('reservation.cancel@1', { reservationId: newId() }, { id: first.id })];
  const later = device.intent(
    'reservation.cancel@1',
    { reservationId: newId() },
    { id: first.id.toUpperCase() },
  );
  const outcomes = [...outcomesOf(await device.push(...twice)), ...outcomesOf(await device.push(later))];
  expect(outcomes.map(({ code }) => code)).toEqual([
    'reservation_not_found',
    'intent_id_reused',
    'intent_id_reused',
  ]);
  expect(outcomesOf(await device.push(...twice, later))).toEqual(outcomes);
});

test('X2 what was decided under a former clientId is told again under the new one, whatever it was', async () => {
  const former = await newDevice();
  const again = new TestDevice(site, former.member, site.arbiter());
  const free = { start: NOW + 30 * HOUR, end: NOW + 31 * HOUR };
  const intents = [
    former.intent('reservation.create@1', { ...windowArgs(), ...free }),
    former.intent('reservation.create@1', { ...windowArgs(), ...free }),
    former.intent('no.such@9', {}),
    former.intent('reservation.create@1', windowArgs(), { expiresAt: NOW }),
  ];
  const first = outcomesOf(await former.push(...intents));
  expect(first.map(({ status }) => status)).toEqual(['applied', 'refused', 'quarantined', 'expired']);
  expect(first[1]?.alternatives).toHaveLength(1);
  // One that is new comes first, so that the seqs differ.
  const fresh = again.intent('reservation.cancel@1', { reservationId: newId() });
  const resent = intents.map((intent) => again.intent(intent.op, intent.args, { id: intent.id }));
  const told = outcomesOf(await again.push(fresh, ...resent));
  expect(told.slice(1)).toEqual(first.map((outcome) => ({ ...outcome, seq: outcome.seq + 1 })));
  expect(outcomesOf(await again.push(fresh, ...resent))).toEqual(told);
  expect(await journalSize(again)).toBe(5);
  const { rows } = await site.pool.query('select from reservations where member_id = $1', [former.member.id]);
  expect(rows).toHaveLength(1);
});

test('X2 the same intents from a former and a new client at once are decided once', async () => {
  const former = await newDevice();
  const arbiter = site.arbiter();
  const again = [1, 2].map(() => new TestDevice(site, former.member, arbiter));
  const elsewhere = new TestDevice(site, former.member, site.arbiter());
  const args = { ...windowArgs(), start: NOW + 40 * HOUR, end: NOW + 41 * HOUR };
  const id = newId();
  const pushes = [...again, elsewhere].map((device) =>
    device.push(
      device.intent('reservation.create@1', args, { id }),
      device.intent('reservation.create@1', args, { id: id.toUpperCase() }),
    ),
  );
  const outcomes = (await Promise.all(pushes)).flatMap(outcomesOf);
  expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'applied'));
  expect(new Set(outcomes.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  expect(outcomes.map((outcome) => outcome.seq)).toEqual([1, 2, 1, 2, 1, 2]);
});

test('X2 another member’s intent id is no way to its outcome', async () => {
  const [mine, other] = [await newDevice(), await newDevice()];
  const intent = mine.intent('reservation.cancel@1', { reservationId: newId() });
  await mine.push(intent);
  const [outcome] = outcomesOf(await other.push(other.intent(intent.op, intent.args, { id: intent.id })));
  expect(outcome).toMatchObject({ status: 'quarantined', code: 'intent_id_reused', data: {} });
});

test('51 intents, or args nested without end, are refused as a whole', async () => {
  const device = await newDevice();
  const many = Array.from({ length: 51 }, () => device.intent('x', {}));
  expect(await device.push(...many)).toEqual({ ok: false, code: 'too_many_intents' });
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;
  expect(await device.push({ ...many[0]!, args: { deep } })).toEqual({ ok: false, code: 'request_invalid' });
});
