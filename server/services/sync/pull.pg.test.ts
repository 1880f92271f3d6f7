import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { rowSchemas, isEntity } from '#shared/protocol/rows';
import type { PullResponse } from '#shared/protocol/pull';
import { HOUR, makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { createPull, type Pull } from './pull';

let database: TestDatabase;
let site: TestSite;
let pull: Pull;
beforeAll(async () => {
  database = await createTestDatabase({ max: 12 });
  site = await makeTestSite(database.pool);
  pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
});
afterAll(() => database.close());

type Person = { id: string; role: 'resident' | 'guard' | 'manager' };

/** A device's copy of its scopes, kept as a device keeps it. */
function createCopy(member: Person, clientId = randomUUID()) {
  const scopes = new Map<string, Map<string, unknown>>();
  let cookie: string | null = null;
  return {
    clientId,
    get cookie() {
      return cookie;
    },
    set cookie(text) {
      cookie = text;
    },
    rows: () => [...scopes].map(([name, rows]) => [name, Object.fromEntries([...rows].sort())]),
    async pull(): Promise<PullResponse> {
      const result = await pull({ siteId: site.siteId, member, clientId, cookie });
      if (!result.ok) throw new Error(result.code);
      const { response } = result;
      for (const name of response.dropScopes) scopes.delete(name);
      for (const name of response.replaceScopes) scopes.set(name, new Map());
      for (const [name, { put, del }] of Object.entries(response.changes)) {
        for (const { entity, row } of put) {
          if (!isEntity(entity)) throw new Error(`${entity} is not of the wire`);
          rowSchemas[entity].parse(row);
          scopes.get(name)?.set(`${entity} ${row.id}`, row);
        }
        for (const { entity, id } of del) scopes.get(name)?.delete(`${entity} ${id}`);
      }
      cookie = response.cookie;
      return response;
    },
  };
}

async function begin(): Promise<PoolClient> {
  const client = await database.pool.connect();
  await client.query('begin');
  return client;
}

async function commit(client: PoolClient): Promise<void> {
  await client.query('commit');
  client.release();
}

const relabel = (client: Pick<PoolClient, 'query'>, slotId: string, level: string) =>
  client.query('update slots set level = $3 where site_id = $1 and slot_id = $2', [
    site.siteId,
    slotId,
    level,
  ]);

/** Somebody reserves a new slot for an hour; returns the id of the pass. */
async function reserve(label: string, start: number): Promise<string> {
  const member = await site.join();
  const slotId = await site.addSlot(label);
  const args = { reservationId: randomUUID(), slotId, start, end: start + HOUR };
  const intent = {
    seq: 1,
    id: randomUUID(),
    op: 'reservation.create@1',
    args,
    deviceTime: NOW,
    expiresAt: null,
  };
  const arbiter = site.arbiter();
  await arbiter.submit({ siteId: site.siteId, member, clientId: randomUUID(), intents: [intent] });
  await arbiter.drain();
  const { rows } = await database.pool.query<{ pass_id: string }>(
    'select pass_id from passes where site_id = $1 and slot_label = $2',
    [site.siteId, label],
  );
  if (!rows[0]) throw new Error(`no pass was issued for ${label}`);
  return rows[0].pass_id;
}

describe('pull', () => {
  it('K4 loses nothing that commits out of order', async () => {
    const [first, second] = [await site.addSlot('O-1'), await site.addSlot('O-2')];
    const copy = createCopy(await site.join());
    await copy.pull();
    const [early, late] = [await begin(), await begin()];
    await relabel(early, first, 'early');
    await relabel(late, second, 'late');
    await commit(late);
    const between = await copy.pull();
    await commit(early);
    const after = await copy.pull();
    const levels = (response: PullResponse) =>
      Object.values(response.changes).flatMap(({ put }) => put.map(({ row }) => row['level']));
    expect(levels(between)).toEqual(['late']);
    expect(levels(after)).toEqual(['early']);
    expect((await copy.pull()).changes).toEqual({});
  });

  it('K4 concurrent writers and pulls come to the full state, whatever the order', async () => {
    const member = await site.join();
    const slotIds = await Promise.all(['P-1', 'P-2', 'P-3', 'P-4'].map((label) => site.addSlot(label)));
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), writer: fc.nat(2), slot: fc.nat(3) }),
      fc.record({ kind: fc.constant('commit' as const), writer: fc.nat(2) }),
      fc.record({ kind: fc.constant('rollback' as const), writer: fc.nat(2) }),
      fc.record({ kind: fc.constant('pull' as const) }),
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const copy = createCopy(member);
        await copy.pull();
        const writers = new Map<number, PoolClient>();
        // A row that an open transaction has written would make the next writer wait for ever.
        const locked = new Map<number, number>();
        const end = async (writer: number, how: 'commit' | 'rollback') => {
          const client = writers.get(writer);
          if (!client) return;
          await client.query(how);
          client.release();
          writers.delete(writer);
          for (const [slot, owner] of locked) if (owner === writer) locked.delete(slot);
        };
        for (const one of steps) {
          if (one.kind === 'pull') await copy.pull();
          else if (one.kind !== 'write') await end(one.writer, one.kind);
          else if ((locked.get(one.slot) ?? one.writer) === one.writer) {
            const client = writers.get(one.writer) ?? (await begin());
            writers.set(one.writer, client);
            locked.set(one.slot, one.writer);
            await relabel(client, slotIds[one.slot] ?? '', `l${++count}`);
          }
        }
        for (const writer of [...writers.keys()]) await end(writer, 'commit');
        await copy.pull();
        const whole = createCopy(member);
        await whole.pull();
        expect(copy.rows()).toEqual(whole.rows());
      }),
      { numRuns: 25 },
    );
  });

  it('K4 what the arbiter does comes down to everybody concerned, and names nobody else', async () => {
    const [owner, guest, stranger] = [await site.join(), await site.join(), await site.join()];
    const slotId = await site.addSlot('N-1', { owner, lent: [NOW, NOW + 24 * HOUR] });
    const copies = [owner, guest, stranger].map((member) => createCopy(member));
    for (const copy of copies) await copy.pull();
    const reservationId = randomUUID();
    const clientId = copies[1]?.clientId ?? '';
    const args = { reservationId, slotId, start: NOW + HOUR, end: NOW + 2 * HOUR };
    const intent = {
      seq: 1,
      id: randomUUID(),
      op: 'reservation.create@1',
      args,
      deviceTime: NOW,
      expiresAt: null,
    };
    const arbiter = site.arbiter();
    const submitted = await arbiter.submit({
      siteId: site.siteId,
      member: guest,
      clientId,
      intents: [intent],
    });
    expect(submitted).toMatchObject({ ok: true, outcomes: [{ status: 'applied' }] });
    await arbiter.drain();
    const [forOwner, forGuest, forStranger] = await Promise.all(copies.map((copy) => copy.pull()));
    const entities = (response: PullResponse | undefined) =>
      Object.values(response?.changes ?? {})
        .flatMap(({ put }) => put.map(({ entity }) => entity))
        // The site's row is touched whenever a block of status indexes is taken from it.
        .filter((entity) => entity !== 'site')
        .sort();
    expect(entities(forOwner)).toEqual(['account', 'movement', 'notice', 'occupancy', 'visit']);
    expect(entities(forGuest)).toEqual(['account', 'movement', 'occupancy', 'pass', 'reservation']);
    expect(entities(forStranger)).toEqual(['occupancy']);
    expect(forGuest).toMatchObject({ lastSeq: 1, outcomes: [{ seq: 1 }] });
    for (const response of [forOwner, forStranger]) expect(JSON.stringify(response)).not.toContain(guest.id);
  });

  it('K4 loads anew after a restore, from the future and without a cookie, and forgets nothing it may not see', async () => {
    const copy = createCopy(await site.join());
    const first = await copy.pull();
    expect(first.replaceScopes).toHaveLength(2);
    expect((await copy.pull()).replaceScopes).toEqual([]);

    const read = (text: string | null): Record<string, unknown> =>
      JSON.parse(Buffer.from(text ?? '', 'base64url').toString()) as Record<string, unknown>;
    const write = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = read(copy.cookie);
    copy.cookie = write({ ...good, snapshot: '9000000000:9000000000:' });
    expect((await copy.pull()).replaceScopes).toEqual(first.replaceScopes);
    copy.cookie = write({ ...good, epoch: randomUUID() });
    expect((await copy.pull()).replaceScopes).toEqual(first.replaceScopes);
    copy.cookie = write({ ...good, scopes: [...first.replaceScopes.slice(0, 1), 'desk:gone'] });
    const partly = await copy.pull();
    expect(partly.replaceScopes).toEqual(first.replaceScopes.slice(1));
    expect(partly.dropScopes).toEqual(['desk:gone']);
  });

  it('K4 a reservation that ends its activity leaves the occupancy', async () => {
    const [member, other] = [await site.join(), await site.join()];
    const slotId = await site.addSlot('E-1');
    const copy = createCopy(other);
    const reservationId = randomUUID();
    await database.pool.query(
      `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
       values ($1, $2, $3, $4, tstzrange($5, $6), 'confirmed', 3, $1, $5)`,
      [site.siteId, reservationId, slotId, member.id, new Date(NOW), new Date(NOW + HOUR)],
    );
    await copy.pull();
    await database.pool.query(`update reservations set state = 'cancelled' where reservation_id = $1`, [
      reservationId,
    ]);
    expect((await copy.pull()).changes[`site:${site.siteId}`]).toEqual({
      put: [],
      del: [{ entity: 'occupancy', id: reservationId }],
    });
  });

  it('D4 a gate gets a pass when its time comes near, and loses it a day after it is over, with no transaction in between', async () => {
    const guard = await site.join('guard');
    const copy = createCopy(guard);
    const start = NOW + 60 * HOUR;
    await reserve('G-1', start);
    const gate = `gate:${site.siteId}`;
    const passesIn = (response: PullResponse) =>
      (response.changes[gate]?.put ?? []).filter(({ row }) => row['slotLabel'] === 'G-1');
    expect(passesIn(await copy.pull())).toHaveLength(0);
    site.clock.set(NOW + 30 * HOUR);
    expect(passesIn(await copy.pull())).toHaveLength(1);
    expect(passesIn(await copy.pull())).toHaveLength(0);
    // Over, but still to be told from a code that never was, by devices that had it and by those that ask anew.
    const end = start + HOUR;
    site.clock.set(end + 24 * HOUR - 1);
    expect((await copy.pull()).changes[gate]?.del ?? []).toEqual([]);
    expect(passesIn(await createCopy(guard).pull())).toHaveLength(1);
    site.clock.set(end + 24 * HOUR);
    expect((await copy.pull()).changes[gate]?.del.map(({ entity }) => entity)).toContain('gate_pass');
    expect(passesIn(await createCopy(guard).pull())).toHaveLength(0);
    site.clock.set(NOW);
  });

  it('D2 a visitor pass leaves its issuer’s device thirty days after it is over, with no transaction in between', async () => {
    const resident = await site.join();
    const copy = createCopy(resident);
    const visitorPassId = randomUUID();
    const end = NOW + HOUR;
    await database.pool.query(
      `insert into visitor_passes (site_id, visitor_pass_id, issued_by, uses, during, payment, binds, created_at)
       values ($1, $2, $3, 1, tstzrange($4, $5), 'none', false, $4)`,
      [site.siteId, visitorPassId, resident.id, new Date(NOW), new Date(end)],
    );
    await database.pool.query(
      `insert into visitors (site_id, visitor_pass_id, position, name, phone, person_key, during)
       values ($1, $2, 0, 'Ann', '600', 'ann 600', tstzrange($3, $4))`,
      [site.siteId, visitorPassId, new Date(NOW), new Date(end)],
    );
    const member = `member:${resident.id}`;
    const visitsIn = ({ changes }: PullResponse) => ({
      put: (changes[member]?.put ?? []).filter(({ entity }) => entity === 'visitor_pass').length,
      del: (changes[member]?.del ?? []).filter(({ entity }) => entity === 'visitor_pass'),
    });
    expect(visitsIn(await copy.pull())).toEqual({ put: 1, del: [] });
    site.clock.set(end + 30 * 24 * HOUR - 1);
    expect(visitsIn(await copy.pull())).toEqual({ put: 0, del: [] });
    site.clock.set(end + 30 * 24 * HOUR);
    const gone = { put: 0, del: [{ entity: 'visitor_pass', id: visitorPassId }] };
    expect(visitsIn(await copy.pull())).toEqual(gone);
    expect(visitsIn(await copy.pull())).toEqual({ put: 0, del: [] });
    site.clock.set(NOW);
  });

  it('D4 a gate knows that somebody came in for as long as it has the pass', async () => {
    const guard = await site.join('guard');
    const copy = createCopy(guard);
    const start = NOW + 100 * HOUR;
    const end = start + HOUR;
    const passId = await reserve('G-2', start);
    const cameIn = randomUUID();
    const turnedAway = randomUUID();
    for (const [scanId, result] of [
      [cameIn, 'valid'],
      [turnedAway, 'already_used'],
    ]) {
      await database.pool.query(
        `insert into scans (site_id, scan_id, pass_id, guard_id, client_id, gate, scanned_at, recorded_at, result, counts, code)
         values ($1, $2, $3, $4, $5, 1, $6, $6, $7, $8, '')`,
        [site.siteId, scanId, passId, guard.id, randomUUID(), new Date(start), result, scanId === cameIn],
      );
    }
    site.clock.set(start);
    await copy.pull();
    const scans = async (of = copy) => {
      await of.pull();
      return [cameIn, turnedAway].filter((id) => JSON.stringify(of.rows()).includes(`scan ${id}`));
    };
    expect(await scans()).toEqual([cameIn, turnedAway]);
    site.clock.set(end + 24 * HOUR - 1);
    expect(await scans()).toEqual([cameIn]);
    expect(await scans(createCopy(guard))).toEqual([cameIn]);
    site.clock.set(end + 24 * HOUR);
    expect(await scans()).toEqual([]);
    expect(await scans(createCopy(guard))).toEqual([]);
    site.clock.set(NOW);
  });
});
