import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '#shared/domain/decide';
import type { Role } from '#shared/domain/entities';
import type { Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import type { PassIssuer } from '../services/passes/pass-issuer';
import { balancesOf, HOUR, makeTestSite, NOW, outcomesOf, TestDevice } from './testing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ max: 20 });
});
afterAll(() => database.close());

describe('arbitration', () => {
  test('A4 K5 one of many who want a slot gets it; the others get alternatives that are free', async () => {
    const site = await makeTestSite(database.pool);
    const arbiters = [site.arbiter(), site.arbiter()];
    const wanted = await site.addSlot('A-05', { level: '1' });
    const owner = await site.join();
    await site.addSlot('A-01', { level: '2' });
    const near = await site.addSlot('A-09', { level: '1' });
    const lent = await site.addSlot('A-07', { level: '1', owner, lent: [NOW, NOW + 9 * HOUR] });
    await site.addSlot('A-02', { level: '1', owner });
    const busy = await site.addSlot('A-03', { level: '1' });
    const first = new TestDevice(site, await site.join(), arbiters[0]!);
    expect((await first.reserve(busy, 2, 3)).status).toBe('applied');
    const members = await Promise.all(Array.from({ length: 16 }, () => site.join()));
    const outcomes = await Promise.all(
      members.map((member, index) =>
        new TestDevice(site, member, arbiters[index % 2]!).reserve(wanted, 1, 4),
      ),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'applied')).toHaveLength(1);
    const refused = outcomes.filter((outcome) => outcome.status === 'refused');
    expect(new Set(refused.map((outcome) => outcome.code))).toEqual(new Set(['slot_taken']));
    for (const { alternatives } of refused) {
      expect(alternatives.map((alternative) => alternative.label)).toEqual(['A-07', 'A-09', 'A-01']);
      expect(alternatives[0]).toEqual({
        slotId: lent,
        label: 'A-07',
        start: NOW + HOUR,
        end: NOW + 4 * HOUR,
        cost: 3,
      });
      expect(alternatives[1]?.slotId).toBe(near);
    }
    // A lent slot is no alternative for its owner.
    const [own] = [await new TestDevice(site, owner, arbiters[0]!).reserve(wanted, 1, 4)];
    expect(own?.alternatives.map((alternative) => alternative.label)).toEqual(['A-09', 'A-01']);
  });

  test('A4 alternatives account for what the same batch has given away', async () => {
    const site = await makeTestSite(database.pool, { reservationsAtATime: 5 });
    const [a, b] = [await site.addSlot('A'), await site.addSlot('B')];
    const device = new TestDevice(site, await site.join(), site.arbiter());
    const window = { start: NOW + HOUR, end: NOW + 2 * HOUR };
    const create = (slotId: string) =>
      device.intent('reservation.create@1', { reservationId: newId(), slotId, ...window });
    const outcomes = outcomesOf(await device.push(create(a), create(a), create(b)));
    expect(outcomes.map(({ status, code, alternatives }) => ({ status, code, alternatives }))).toEqual([
      { status: 'applied', code: null, alternatives: [] },
      { status: 'refused', code: 'slot_taken', alternatives: [] },
      { status: 'applied', code: null, alternatives: [] },
    ]);
  });

  test('D1 the role of the database counts, not that of the session', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const guard = await site.join('guard');
    const device = new TestDevice(site, { ...guard, role: 'manager' }, site.arbiter());
    expect((await device.reserve(slot, 1, 2)).code).toBe('role_forbidden');
  });

  test('E5 a hold past its time frees the slot when the slot is wanted', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const [holder, other] = [await site.join(), await site.join()];
    const hold = async (expiresAt: number, from: number) => {
      const id = newId();
      await site.pool.query(
        `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, hold_expires_at, cost,
           receiver_account_id, created_at) values ($1, $2, $3, $4, tstzrange($5, $6), 'held', $7, 3, $1, $8)`,
        [
          site.siteId,
          id,
          slot,
          holder.id,
          new Date(NOW + from * HOUR),
          new Date(NOW + (from + 1) * HOUR),
          new Date(expiresAt),
          new Date(NOW),
        ],
      );
      return id;
    };
    const dead = await hold(NOW - 1, 1);
    await hold(NOW + 1, 3);
    const device = new TestDevice(site, other, site.arbiter());
    expect((await device.reserve(slot, 3, 4)).code).toBe('slot_taken');
    expect((await device.reserve(slot, 1, 2)).status).toBe('applied');
    const { rows } = await site.pool.query(
      'select state, hold_expires_at, ended_at from reservations where reservation_id = $1',
      [dead],
    );
    expect(rows).toEqual([{ state: 'expired', hold_expires_at: null, ended_at: new Date(NOW - 1) }]);
  });

  test('C2 taking back a reserved window is refused with the reservation; the rest is taken back', async () => {
    const site = await makeTestSite(database.pool);
    const owner = await site.join();
    const slot = await site.addSlot('A', { owner });
    const arbiter = site.arbiter();
    const [mine, guest] = [
      new TestDevice(site, owner, arbiter),
      new TestDevice(site, await site.join(), arbiter),
    ];
    const window = (from: number, to: number) => ({
      slotId: slot,
      start: NOW + from * HOUR,
      end: NOW + to * HOUR,
    });
    expect((await mine.do('share.open@1', window(1, 3))).status).toBe('applied');
    expect((await mine.do('share.open@1', window(5, 8))).status).toBe('applied');
    const reservationId = newId();
    expect((await guest.reserve(slot, 1, 2, reservationId)).status).toBe('applied');
    const refused = await mine.do('share.close@1', window(0, 9));
    expect(refused).toMatchObject({ code: 'window_reserved', data: { reservationId } });
    const takenBack = window(2, 6);
    expect((await mine.do('share.close@1', takenBack)).data).toEqual({
      start: takenBack.start,
      end: takenBack.end,
    });
    const lentNow = async () => {
      const { rows } = await site.pool.query<{ lent: string }>(
        `select array(select (extract(epoch from lower(r) - $2) / 3600)::int from unnest(lent) r order by r)::text as lent
           from slots where slot_id = $1`,
        [slot, new Date(NOW)],
      );
      return rows[0]?.lent;
    };
    expect(await lentNow()).toBe('{1,6}');
    expect((await guest.do('reservation.cancel@1', { reservationId })).status).toBe('applied');
    expect((await mine.do('share.close@1', window(0, 9))).status).toBe('applied');
    expect(await lentNow()).toBe('{}');
  });

  test('C5 a cancel gives all back although the receiver has spent it: issuance stands in', async () => {
    const site = await makeTestSite(database.pool, { startingCredits: 3 });
    const owner = await site.join();
    const lent = await site.addSlot('A', { owner, lent: [NOW, NOW + 9 * HOUR] });
    const [b, c] = [await site.addSlot('B'), await site.addSlot('C')];
    const arbiter = site.arbiter();
    const guest = new TestDevice(site, await site.join(), arbiter);
    const spender = new TestDevice(site, owner, arbiter);
    const reservationId = newId();
    await guest.reserve(lent, 1, 2, reservationId);
    await site.pool.query(
      `update sites set policy = policy || '{"reservationsAtATime": 2}' where site_id = $1`,
      [site.siteId],
    );
    expect((await spender.reserve(b, 1, 2)).status).toBe('applied');
    expect((await spender.reserve(c, 1, 2)).status).toBe('applied');
    expect((await balancesOf(site)).get(owner.id)).toBe(0);
    expect((await guest.do('reservation.cancel@1', { reservationId })).data).toEqual({ refund: 3, kept: 0 });
    const balances = await balancesOf(site);
    expect(balances.get(guest.member.id)).toBe(3);
    expect(balances.get(owner.id)).toBe(0);
    expect([...balances.values()].reduce((sum, balance) => sum + balance, 0)).toBe(0);
  });

  test('C5 made and cancelled within one push: nothing is left but the record', async () => {
    const site = await makeTestSite(database.pool);
    const owner = await site.join();
    const slotId = await site.addSlot('A', { owner, lent: [NOW, NOW + 9 * HOUR] });
    const device = new TestDevice(site, await site.join(), site.arbiter());
    const reservationId = newId();
    const outcomes = outcomesOf(
      await device.push(
        device.intent('reservation.create@1', {
          reservationId,
          slotId,
          start: NOW + HOUR,
          end: NOW + 2 * HOUR,
        }),
        device.intent('reservation.cancel@1', { reservationId }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied']);
    expect((await balancesOf(site)).get(device.member.id)).toBe(50);
    const { rows } = await site.pool.query(
      'select r.state, p.status from reservations r join passes p using (site_id, reservation_id) where r.site_id = $1',
      [site.siteId],
    );
    expect(rows).toEqual([{ state: 'cancelled', status: 'revoked' }]);
  });

  test('D4 two guards let the same pass in: both scans stay, the second learns of the first', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const arbiter = site.arbiter();
    const passId = (await new TestDevice(site, await site.join(), arbiter).reserve(slot, 1, 2)).data[
      'passId'
    ];
    const guards = [
      new TestDevice(site, await site.join('guard'), arbiter),
      new TestDevice(site, await site.join('guard'), site.arbiter()),
    ];
    const outcomes = await Promise.all(
      guards.map((device, gate) =>
        device.do('scan.record@1', {
          scanId: newId(),
          passId,
          gate,
          scannedAt: NOW,
          result: 'valid',
          reason: '',
          code: 'a\0\ud800b',
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied']);
    expect(outcomes.map(({ data }) => (data['doubleUse'] as unknown[]).length).sort()).toEqual([0, 1]);
    const { rows } = await site.pool.query('select code from scans where site_id = $1', [site.siteId]);
    expect(rows).toEqual([{ code: 'a\u2400\ufffdb' }, { code: 'a\u2400\ufffdb' }]);
  });
});

describe('uses of a reservation', () => {
  const keys = [
    'Aggvl9uPueaJgnswr1fpkpl0hndYBRdDvPK2NdRn3DYe',
    'AneY1nv4-hUnJVr5UYHrUeXianBKLjztXAgHNCiUb8Jh',
  ] as const;
  const bindOf = (reservationId: string | null, holderKey: string = keys[0]) =>
    ['pass.bind@1', { holderKey, reservationId }] as const;
  const scanOf = (passId: unknown) =>
    [
      'scan.record@1',
      {
        scanId: newId(),
        ...{ passId, gate: 1, scannedAt: NOW, result: 'valid', reason: '', code: 'a' },
      },
    ] as const;

  async function reserved(role: Role = 'resident') {
    const site = await makeTestSite(database.pool);
    const member = await site.join(role);
    const [phone, desk] = [
      new TestDevice(site, member, site.arbiter()),
      new TestDevice(site, member, site.arbiter()),
    ];
    const guards = [
      new TestDevice(site, await site.join('guard'), site.arbiter()),
      new TestDevice(site, await site.join('guard'), site.arbiter()),
    ] as const;
    const reservationId = newId();
    const { passId } = (await phone.reserve(await site.addSlot('A'), 1, 2, reservationId)).data;
    return { site, phone, desk, guards, reservationId, passId };
  }

  test('D4 a pass that let somebody in is moved to no other device', async () => {
    const { site, desk, phone, guards, reservationId, passId } = await reserved();
    await guards[0].do(...scanOf(passId));
    expect(await desk.do(...bindOf(reservationId))).toMatchObject({ status: 'refused', code: 'pass_used' });
    // The unnamed bind would otherwise make anew what has no device yet.
    expect(await phone.do(...bindOf(null))).toMatchObject({ status: 'applied', data: { passIds: [] } });
    const { rows } = await site.pool.query(
      'select pass_id, status, (select count(*)::int from holder_keys where site_id = $1) as keys from passes where site_id = $1',
      [site.siteId],
    );
    expect(rows).toEqual([{ pass_id: passId, status: 'valid', keys: 1 }]);
  });

  test('D4 a second pass of the same reservation is a double use, whichever is recorded first', async () => {
    for (const order of ['old first', 'new first']) {
      const { desk, guards, reservationId, passId } = await reserved();
      const moved = await desk.do(...bindOf(reservationId));
      const [newPassId] = moved.data['passIds'] as string[];
      const passIds = order === 'old first' ? [passId, newPassId] : [newPassId, passId];
      expect((await guards[0].do(...scanOf(passIds[0]))).data['doubleUse']).toEqual([]);
      expect((await guards[1].do(...scanOf(passIds[1]))).data['doubleUse']).toHaveLength(1);
      // Neither the old pass nor the new one lets it be moved on.
      expect((await desk.do(...bindOf(reservationId, keys[1]))).code).toBe('pass_used');
    }
  });

  test('D4 scans of both passes and a bind at once: what comes later sees what came before', async () => {
    for (let round = 0; round < 6; round++) {
      const { desk, phone, guards, reservationId, passId } = await reserved();
      const moved = await desk.do(...bindOf(reservationId));
      const [newPassId] = moved.data['passIds'] as string[];
      const [first, second, bound] = await Promise.all([
        guards[0].do(...scanOf(passId)),
        guards[1].do(...scanOf(newPassId)),
        phone.do(...bindOf(reservationId, keys[1])),
      ]);
      const named = [first, second].map(({ data }) => (data['doubleUse'] as unknown[]).length);
      expect(named.toSorted()).toEqual([0, 1]);
      expect(['applied', 'refused']).toContain(bound.status);
    }
  });

  test('D4 a scan and binds within one push see each other', async () => {
    const { desk, reservationId, passId } = await reserved('manager');
    const [scanned, refused, unnamed] = outcomesOf(
      await desk.push(
        desk.intent(...scanOf(passId)),
        desk.intent(...bindOf(reservationId)),
        desk.intent(...bindOf(null)),
      ),
    );
    expect(scanned).toMatchObject({ status: 'applied', data: { doubleUse: [] } });
    expect(refused?.code).toBe('pass_used');
    expect(unnamed).toMatchObject({ status: 'applied', data: { passIds: [] } });
  });
});

describe('faults', () => {
  test('X2 an intent whose rule throws is quarantined with its args, and the queue goes on', async () => {
    const site = await makeTestSite(database.pool, { reservationsAtATime: 5 });
    const slot = await site.addSlot('A');
    const arbiter = site.arbiter({
      decide: (state, intent, context) => {
        if (intent.op === 'reservation.create@1' && intent.args.end === NOW + 4 * HOUR)
          throw new Error('a bug');
        return decide(state, intent, context);
      },
    });
    const [device, bystander] = [
      new TestDevice(site, await site.join(), arbiter),
      new TestDevice(site, await site.join(), arbiter),
    ];
    const create = (from: number) =>
      device.intent('reservation.create@1', {
        reservationId: newId(),
        slotId: slot,
        start: NOW + from * HOUR,
        end: NOW + (from + 1) * HOUR,
      });
    const intents = [create(1), create(3), create(5)];
    const [result, beside] = await Promise.all([device.push(...intents), bystander.reserve(slot, 7, 8)]);
    expect(outcomesOf(result).map(({ status, code }) => [status, code])).toEqual([
      ['applied', null],
      ['quarantined', 'intent_quarantined'],
      ['applied', null],
    ]);
    expect(beside.status).toBe('applied');
    expect(outcomesOf(await device.push(...intents))).toEqual(outcomesOf(result));
    const { rows } = await site.pool.query(
      `select args from intents where site_id = $1 and status = 'quarantined'`,
      [site.siteId],
    );
    expect(rows).toEqual([{ args: intents[1]!.args }]);
  });

  test.each(['40001', '40P01', '55P03', '57014', '08006', '53300'])(
    '%s is retried and never an outcome',
    async (sqlState) => {
      const site = await makeTestSite(database.pool);
      const slot = await site.addSlot('A');
      let failures = 2;
      const arbiter = site.arbiter({
        decide: (...input) => {
          if (failures-- > 0) throw Object.assign(new Error('injected'), { code: sqlState });
          return decide(...input);
        },
      });
      const device = new TestDevice(site, await site.join(), arbiter);
      expect((await device.reserve(slot, 1, 2)).status).toBe('applied');
      expect(failures).toBe(-1);
      expect(site.logged).toEqual([]);
    },
  );

  test.each(['EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', '25006', '58030', undefined])(
    'X2 %s of the database makes the push unavailable and is never an outcome',
    async (code) => {
      const site = await makeTestSite(database.pool);
      const slot = await site.addSlot('A');
      let isAway = true;
      const pool = Object.create(site.pool, {
        connect: {
          value: () =>
            isAway
              ? Promise.reject(Object.assign(new Error('injected'), code === undefined ? {} : { code }))
              : site.pool.connect(),
        },
      }) as Pool;
      const device = new TestDevice(site, await site.join(), site.arbiter({ pool }));
      const intent = device.intent('reservation.create@1', {
        reservationId: newId(),
        slotId: slot,
        start: NOW,
        end: NOW + HOUR,
      });
      expect(await device.push(intent)).toEqual({ ok: false, code: 'unavailable' });
      isAway = false;
      expect(outcomesOf(await device.push(intent))[0]?.status).toBe('applied');
    },
  );

  test.each(['EAI_AGAIN', '25006', '57P05'])(
    'X2 one fault with %s in the middle of a push quarantines nothing',
    async (code) => {
      const site = await makeTestSite(database.pool);
      const slot = await site.addSlot('A');
      const arbiter = site.arbiter({
        decide: () => {
          throw Object.assign(new Error('injected'), { code });
        },
      });
      const device = new TestDevice(site, await site.join(), arbiter);
      const create = () =>
        device.intent('reservation.create@1', {
          reservationId: newId(),
          slotId: slot,
          start: NOW,
          end: NOW + HOUR,
        });
      expect(await device.push(create(), create())).toEqual({ ok: false, code: 'unavailable' });
      const { rows } = await site.pool.query('select from intents where site_id = $1', [site.siteId]);
      expect(rows).toHaveLength(0);
    },
  );

  test('X2 a signing key that cannot be read makes the push unavailable', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const passIssuer = { issue: () => Promise.reject(new Error('no key')) };
    const device = new TestDevice(site, await site.join(), site.arbiter({ passIssuer }));
    const window = { start: NOW, end: NOW + HOUR };
    const intent = device.intent('reservation.create@1', { reservationId: newId(), slotId: slot, ...window });
    expect(await device.push(intent)).toEqual({ ok: false, code: 'unavailable' });
  });

  test.each(['22003', '23514', '42703'])(
    'X2 a statement that fails with %s by what an intent says quarantines that intent alone',
    async (code) => {
      const site = await makeTestSite(database.pool);
      const slot = await site.addSlot('A');
      const unsignable = newId();
      const passIssuer: PassIssuer = {
        issue: (siteId, passes) =>
          passes.some(({ reservationId }) => reservationId === unsignable)
            ? Promise.reject(Object.assign(new Error('injected'), { code }))
            : site.passIssuer.issue(siteId, passes),
      };
      const device = new TestDevice(site, await site.join(), site.arbiter({ passIssuer }));
      const intents = [unsignable, newId()].map((reservationId) =>
        device.intent('reservation.create@1', { reservationId, slotId: slot, start: NOW, end: NOW + HOUR }),
      );
      expect(outcomesOf(await device.push(...intents)).map(({ status }) => status)).toEqual([
        'quarantined',
        'applied',
      ]);
    },
  );

  test('X2 what the ledger refuses is the intent’s fault, though other statements fail behind it', async () => {
    const site = await makeTestSite(database.pool);
    const slotId = await site.addSlot('A');
    const unbalanced: typeof decide = (state, intent, context) => {
      const decision = decide(state, intent, context);
      if (decision.status === 'refused') return decision;
      const changes = decision.changes.map((change) =>
        change.table === 'movements'
          ? { ...change, row: { ...change.row, entries: change.row.entries.slice(0, 1) } }
          : change,
      );
      return { ...decision, changes };
    };
    const device = new TestDevice(site, await site.join(), site.arbiter({ decide: unbalanced }));
    expect(await device.reserve(slotId, 1, 2)).toMatchObject({
      status: 'quarantined',
      code: 'intent_quarantined',
    });
    expect(await device.do('reservation.cancel@1', { reservationId: newId() })).toMatchObject({
      status: 'refused',
    });
  });

  test('X2 a pass that no key reaches quarantines its intent, and the queue goes on', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const passIssuer = { issue: () => Promise.reject(new RangeError('out of reach')) };
    const device = new TestDevice(site, await site.join(), site.arbiter({ passIssuer }));
    expect(await device.reserve(slot, 1, 2)).toMatchObject({
      status: 'quarantined',
      code: 'intent_quarantined',
    });
  });

  test('a database that stays away makes the push unavailable, with nothing changed', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const device = new TestDevice(
      site,
      await site.join(),
      site.arbiter({
        decide: () => {
          throw Object.assign(new Error('injected'), { code: '40001' });
        },
      }),
    );
    const intent = device.intent('reservation.create@1', {
      reservationId: newId(),
      slotId: slot,
      start: NOW,
      end: NOW + HOUR,
    });
    expect(await device.push(intent)).toEqual({ ok: false, code: 'unavailable' });
    const { rows } = await site.pool.query('select from intents where site_id = $1', [site.siteId]);
    expect(rows).toHaveLength(0);
  });

  test('drain waits for what is queued and for the status list', async () => {
    const site = await makeTestSite(database.pool);
    const slot = await site.addSlot('A');
    const arbiter = site.arbiter();
    const device = new TestDevice(site, await site.join(), arbiter);
    const reservationId = newId();
    await device.reserve(slot, 1, 2, reservationId);
    void device.do('reservation.cancel@1', { reservationId });
    await arbiter.drain();
    expect(site.committed.at(-1)).toEqual([`gate:${site.siteId}`]);
    const { rows } = await site.pool.query('select from status_lists where site_id = $1', [site.siteId]);
    expect(rows).toHaveLength(1);
  });
});
